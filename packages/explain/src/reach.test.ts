import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { memory, readModel, tensorOf, type Tensor } from '@vitrine/ir';
import { openModel } from '@vitrine/ir/node';
import { constant, info, modelFile, node } from '@vitrine/ir/testing';
import { nodeRuntime } from '@vitrine/runtime/node';
import type { Runtime } from '@vitrine/runtime';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { example } from './explain.js';
import { beyondTables } from './reach.js';
import { subject, type Subject } from './subject.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
let runtime: Runtime;
beforeAll(async () => {
  runtime = await nodeRuntime();
});
afterAll(() => runtime.close());

const ids = (values: readonly number[]): Tensor => tensorOf('int64', [1, values.length], values);
const row = (length: number, value = 7): Tensor => ids(Array.from({ length }, () => value));
const made = (parts: Parameters<typeof modelFile>[0]): Subject => subject(readModel(memory(modelFile(parts))), 'made.onnx', '');
const table = (name: string, rows: number, width = 2): ReturnType<typeof constant> =>
  constant(
    name,
    'float32',
    [rows, width],
    Array.from({ length: rows * width }, (_, i) => Math.sin(i)),
  );
const tokens = { input: [info('ids', 'int64', [1, 'S'])], output: [info('y', 'float32', [1, 'S', 2])] };
const found = (model: Subject, feeds: { readonly [name: string]: Tensor }) => beyondTables(model, new Map(Object.entries(feeds)), runtime);

describe('tables say how many positions a model reads', () => {
  test.each(['bert_mini_sst2_ts_opset14', 'bert_mini_sst2_dynamo_opset18'])('positions cut out of a constant: %s', async (name) => {
    const model = subject(openModel(path.join(root, 'models', `${name}.onnx`)), name, '');
    const feeds = (length: number) => ({ input_ids: row(length), attention_mask: row(length, 1), token_type_ids: row(length, 0) });
    expect(await found(model, feeds(64))).toEqual([]);
    expect(await found(model, feeds(65))).toEqual([{ input: undefined, rows: 64, asked: 65, fits: 64 }]);
  });

  test('rotations cut out of a table', async () => {
    const model = subject(openModel(path.join(root, 'models/stories260k_ts_opset14.onnx')), 'stories', '');
    expect(await found(model, { input_ids: row(512) })).toEqual([]);
    expect((await found(model, { input_ids: row(513) })).map(({ fits }) => fits)).toContain(512);
  });

  test('positions that are counted from the tokens, behind an offset, as RoBERTa has them', async () => {
    const int = (name: string, value: number) => constant(name, 'int64', [], [value]);
    const model = made({
      ...tokens,
      initializer: [table('words', 100), table('places', 10), int('padding', 1), int('axis', 1)],
      node: [
        node('Gather', ['words', 'ids'], ['w']),
        node('Equal', ['ids', 'padding'], ['is']),
        node('Not', ['is'], ['isNot']),
        node('Cast', ['isNot'], ['one'], { name: 'to', type: 2, i: 7 }),
        node('CumSum', ['one', 'axis'], ['count']),
        node('Mul', ['count', 'one'], ['own']),
        node('Add', ['own', 'padding'], ['at']),
        node('Gather', ['places', 'at'], ['p']),
        node('Add', ['w', 'p'], ['y']),
      ],
    });
    expect(await found(model, { ids: row(8) })).toEqual([]);
    expect(await found(model, { ids: row(12) })).toEqual([{ input: undefined, rows: 10, asked: 10, fits: 8 }]);
    // Padding takes no place.
    expect(await found(model, { ids: ids([7, 7, 7, 7, 7, 7, 7, 7, 1, 1]) })).toEqual([]);
    await expect(example(model, new Map([['ids', row(12)]]), runtime)).rejects.toThrow(
      'the inputs are longer than made.onnx reads: it has places for 8 positions',
    );
  });
});

test('a number that no row belongs to is named', async () => {
  const model = made({
    ...tokens,
    initializer: [table('words', 100)],
    node: [node('Gather', ['words', 'ids'], ['w']), node('Tanh', ['w'], ['y'])],
  });
  expect(await found(model, { ids: ids([0, 99, -100]) })).toEqual([]);
  expect(await found(model, { ids: ids([0, 100, 5]) })).toEqual([{ input: 'ids', rows: 100, asked: 100, fits: 2 }]);
  await expect(example(model, new Map([['ids', ids([5, 4000])]]), runtime)).rejects.toThrow(
    'input ids holds 4000, and the table of made.onnx that it is looked up in has 100 rows',
  );
});

test('what is computed from floats is not computed ahead', async () => {
  const model = made({
    input: [info('x', 'float32', [1, 4])],
    output: [info('y', 'float32', [1, 4, 2])],
    initializer: [table('words', 3)],
    node: [node('Cast', ['x'], ['i'], { name: 'to', type: 2, i: 7 }), node('Gather', ['words', 'i'], ['y'])],
  });
  expect(await found(model, { x: tensorOf('float32', [1, 4], [0, 1, 2, 9]) })).toEqual([]);
});
