// Models with several inputs, outputs, examples and files of weights, through the library and the command.
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { readNpy, writeNpy } from '@vitrine/data';
import { bytesOf, numbers, tensorOf, type Tensor } from '@vitrine/ir';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { attr, constant, info, modelFile, node } from '@vitrine/ir/testing';
import { compile, explain, load } from './index.js';

let scratch: string;
const at = (name: string): string => path.join(scratch, name);
beforeAll(() => {
  scratch = mkdtempSync(path.join(os.tmpdir(), 'vitrine-shapes-'));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const wave = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => Math.sin(1 + i));
const main = new URL('../dist/cli/main.js', import.meta.url).pathname;
const command = (...args: readonly string[]) => spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' });
const put = (name: string, tensor: Tensor): string => {
  writeFileSync(at(name), writeNpy(tensor));
  return at(name);
};
const external = (name: string, dims: readonly number[], location: string, offset: number, length: number) => ({
  name,
  dims,
  data_type: 1,
  data_location: 1,
  external_data: Object.entries({ location, offset: String(offset), length: String(length) }).map(([key, value]) => ({ key, value })),
});

describe('two inputs and two outputs', () => {
  // sum = a + 2b, product = a · b
  const file = (): string => {
    writeFileSync(
      at('two.onnx'),
      modelFile({
        input: [info('a', 'float32', ['N', 3]), info('b', 'float32', ['N', 3])],
        output: [info('sum', 'float32', ['N', 3]), info('product', 'float32', ['N', 3])],
        initializer: [constant('two', 'float32', [], [2])],
        node: [node('Mul', ['b', 'two'], ['c']), node('Add', ['a', 'c'], ['sum']), node('Mul', ['a', 'b'], ['product'])],
      }),
    );
    return at('two.onnx');
  };
  const [a, b] = [tensorOf('float32', [1, 3], [1, 2, 3]), tensorOf('float32', [1, 3], [4, 5, 6])];

  test.each([
    ['output:sum,1', { a: [0, 1, 0], b: [0, 2, 0] }],
    ['output:product,2', { a: [0, 0, 6], b: [0, 0, 3] }],
  ])('the target %s', async (target, expected) => {
    const model = await load(file());
    try {
      const { explanation } = await explain(model, { a, b }, { method: 'gradient', target });
      expect(Object.fromEntries(explanation.attributions.map(({ at: name, tensor }) => [name, [...numbers(tensor)]]))).toEqual(expected);
    } finally {
      await model.close();
    }
  });

  test('only at the input that is named', async () => {
    const model = await load(file());
    try {
      const { explanation } = await explain(model, { a, b }, { method: 'gradient', target: 'output:product,2', at: 'b' });
      expect(explanation.attributions.map((a1) => a1.at)).toEqual(['b']);
    } finally {
      await model.close();
    }
  });
});

describe('weights in several files', () => {
  // y = tanh(x w) v, with w at an offset of one file and v at an offset of another, in a folder of its own.
  const made = async (): Promise<string> => {
    const [w, v] = [tensorOf('float32', [32, 8], wave(256)), tensorOf('float32', [8, 5], wave(40))];
    mkdirSync(at('files/more'), { recursive: true });
    writeFileSync(at('files/first.bin'), Buffer.concat([Buffer.alloc(64), bytesOf(w)]));
    writeFileSync(at('files/more/second.bin'), Buffer.concat([Buffer.alloc(128), bytesOf(v), Buffer.alloc(16)]));
    writeFileSync(
      at('files/model.onnx'),
      modelFile({
        input: [info('x', 'float32', ['N', 32])],
        output: [info('y', 'float32', ['N', 5])],
        initializer: [external('w', [32, 8], 'first.bin', 64, 1024), external('v', [8, 5], 'more/second.bin', 128, 160)],
        node: [node('MatMul', ['x', 'w'], ['h']), node('Tanh', ['h'], ['t']), node('MatMul', ['t', 'v'], ['y'])],
      }),
    );
    writeFileSync(
      at('files/whole.onnx'),
      modelFile({
        input: [info('x', 'float32', ['N', 32])],
        output: [info('y', 'float32', ['N', 5])],
        initializer: [constant('w', 'float32', [32, 8], wave(256)), constant('v', 'float32', [8, 5], wave(40))],
        node: [node('MatMul', ['x', 'w'], ['h']), node('Tanh', ['h'], ['t']), node('MatMul', ['t', 'v'], ['y'])],
      }),
    );
    return at('files/model.onnx');
  };
  const x = tensorOf('float32', [1, 32], wave(32));
  const gradientOf = async (file: string): Promise<readonly number[]> => {
    const model = await load(file);
    try {
      const { explanation } = await explain(model, { x }, { method: 'gradient', target: '3' });
      return [...numbers(explanation.attributions[0]!.tensor)];
    } finally {
      await model.close();
    }
  };

  test('explain as those inside the file', async () => {
    const file = await made();
    expect(await gradientOf(file)).toEqual(await gradientOf(at('files/whole.onnx')));
  });

  test.each([true, false])('a compiled explainer that links (%s) to them runs on ONNX Runtime', async (link) => {
    const file = await made();
    const model = await load(file);
    const out = at(link ? 'files/linked.onnx' : 'copied.onnx');
    try {
      await compile(model, { method: 'gradient', target: '3', out, link });
    } finally {
      await model.close();
    }
    const session = await InferenceSession.create(out);
    const results = await session.run({ x: new OrtTensor('float32', x.data as Float32Array, [1, 32]) });
    const name = session.outputNames.find((n) => n.includes('x'))!;
    const expected = await gradientOf(file);
    Array.from(results[name]!.data as Float32Array).forEach((v, i) => expect(v).toBeCloseTo(expected[i]!, 5));
    await session.release();
    expect(statSync(out).size).toBeLessThan(8000);
  });
});

describe('an embedding of more than two gigabytes', () => {
  const ROWS = 2_200_000;
  const DIM = 256;
  /** A hole but for row 7: the file takes no room on the disk. */
  const file = (): string => {
    mkdirSync(at('huge'), { recursive: true });
    const fd = openSync(at('huge/table.bin'), 'w');
    ftruncateSync(fd, ROWS * DIM * 4);
    const row = bytesOf(tensorOf('float32', [DIM], wave(DIM)));
    writeSync(fd, row, 0, row.length, 7 * DIM * 4);
    closeSync(fd);
    writeFileSync(
      at('huge/model.onnx'),
      modelFile({
        input: [info('ids', 'int64', ['N', 4])],
        output: [info('y', 'float32', ['N', 2])],
        initializer: [
          external('table', [ROWS, DIM], 'table.bin', 0, ROWS * DIM * 4),
          constant('v', 'float32', [DIM, 2], wave(2 * DIM)),
          constant('axis', 'int64', [1], [1]),
        ],
        node: [
          node('Gather', ['table', 'ids'], ['e']),
          node('Tanh', ['e'], ['t']),
          node('ReduceMean', ['t', 'axis'], ['m'], attr.int('keepdims', 0)),
          node('MatMul', ['m', 'v'], ['y']),
        ],
      }),
    );
    return at('huge/model.onnx');
  };
  const ids = tensorOf('int64', [1, 4], [7, 0, 7, 1]);

  test('is explained at its output, by path', async () => {
    const model = await load(file());
    try {
      const { explanation } = await explain(model, { ids }, { method: 'input-x-gradient', target: '1' });
      const [e] = explanation.attributions;
      expect(e!.tensor.dims).toEqual([1, 4, DIM]);
      const perToken = Array.from({ length: 4 }, (_, t) =>
        [...numbers(e!.tensor)].slice(t * DIM, (t + 1) * DIM).reduce((s, v) => s + Math.abs(v), 0),
      );
      expect(perToken[0]).toBeGreaterThan(0.1);
      expect(perToken[2]).toBeCloseTo(perToken[0]!, 5);
      expect([perToken[1], perToken[3]]).toEqual([0, 0]);
    } finally {
      await model.close();
    }
  }, 60_000);
});

describe('several examples in one input', () => {
  test('are explained one by one', () => {
    const x = tensorOf('float32', [3, 32], wave(96));
    writeFileSync(
      at('batch.onnx'),
      modelFile({
        input: [info('x', 'float32', ['N', 32])],
        output: [info('y', 'float32', ['N', 5])],
        initializer: [constant('v', 'float32', [32, 5], wave(160))],
        node: [node('Tanh', ['x'], ['t']), node('MatMul', ['t', 'v'], ['y'])],
      }),
    );
    const run = (...args: readonly string[]) => command('explain', at('batch.onnx'), '--method', 'gradient', '--target', '2', ...args);
    const outcome = run('--input', put('three.npy', x), '--save', at('three'));
    expect(outcome.stderr).toBe('');
    expect(outcome.status).toBe(0);
    run('--input', put('second.npy', tensorOf('float32', [1, 32], wave(64).slice(32))), '--save', at('second'));
    const values = (file: string): readonly number[] => [...numbers(readNpy(readFileSync(at(file))))];
    expect(values('three/1/gradient.npy')).toEqual(values('second/gradient.npy'));
    expect(values('three/0/gradient.npy')).not.toEqual(values('second/gradient.npy'));
  });
});

describe('ids of words that the vocabulary does not have', () => {
  test('are refused in one sentence', () => {
    writeFileSync(
      at('words.onnx'),
      modelFile({
        input: [info('ids', 'int64', ['N', 4])],
        output: [info('y', 'float32', ['N', 4, 5])],
        initializer: [constant('table', 'float32', [10, 5], wave(50))],
        node: [node('Gather', ['table', 'ids'], ['y'])],
      }),
    );
    const ids = put('ids.npy', tensorOf('int64', [1, 4], [1, 2, 99, 4]));
    const { status, stderr } = command('explain', at('words.onnx'), '--method', 'gradient', '--target', '0,1', '--input', ids);
    expect(status).toBe(1);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toMatch(/ids|Gather/);
    expect(stderr).toMatch(/99/);
  });
});
