import {
  builder,
  joinedBytes,
  memory,
  numbers,
  readModel,
  sizeOf,
  tensorOf,
  writeModel,
  type Builder,
  type Tensor,
  type Value,
} from '@vitrine/ir';
import { caching, type Runtime } from '@vitrine/runtime';
import { nodeRuntime } from '@vitrine/runtime/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { example, explain, type Request } from '../explain.js';
import type { Explanation } from '../explanation.js';
import { subject } from '../subject.js';
import type { Target } from '../target.js';

let runtime: Runtime;
beforeAll(async () => {
  runtime = caching(await nodeRuntime({ threads: 1 }));
});
afterAll(() => runtime.close());

type Make = (b: Builder, x: Value) => Value;

/** Explains a network of one input by DL-Backtrace. */
async function asked(x: Tensor, make: Make, options: Request['options'], target?: Target): Promise<Explanation> {
  const b = builder();
  const input = b.input('x', { dtype: 'float32', shape: x.dims });
  const [y] = b.named({ opType: 'Identity', name: 'end', inputs: [make(b, input)], attrs: {} }, ['y']) as readonly Value[];
  const model = readModel(memory(joinedBytes(writeModel(b.build([y!])))));
  const inputs = new Map([['x', x]]);
  const ex = await example(subject(model, 'network', ''), inputs, runtime);
  return explain(ex, runtime, { method: 'dl-backtrace', inputs, target, options: { multiplier: 1, ...options } });
}

const partOf = ({ attributions }: Explanation, part?: string): readonly number[] => [
  ...(numbers(attributions.find((a) => a.part === part)!.tensor) as Iterable<number>),
];
const row = (...values: readonly number[]): Tensor => tensorOf('float32', [1, values.length], values);
const same: Make = (b, x) => b.op.Mul(x, 1);
const index = (...at: readonly number[]): Target => ({ kind: 'index', index: at });

describe('relevance starts', () => {
  test('at the chosen class with its value, times 100 unless told otherwise', async () => {
    expect(partOf(await asked(row(3, 5, 2), same, {}))).toEqual([0, 5, 0]);
    expect(partOf(await asked(row(3, 5, 2), same, { multiplier: 100 }, index(2)))).toEqual([0, 0, 200]);
    expect(partOf(await asked(row(3, 5, 2), same, { scaler: 4 }))).toEqual([0, 4, 0]);
  });

  test('for contrasts with all other classes against it, or with the one that the target subtracts', async () => {
    const all = await asked(row(3, 5, 2), same, { mode: 'contrast' });
    expect([partOf(all, 'positive'), partOf(all, 'negative')]).toEqual([
      [0, 5, 0],
      [3, 0, 2],
    ]);
    expect(partOf(all)).toEqual([-3, 5, -2]);
    const one = await asked(row(3, 5, 2), same, { mode: 'contrast' }, { kind: 'difference', of: index(0), minus: index(2) });
    expect([partOf(one, 'positive'), partOf(one, 'negative')]).toEqual([
      [3, 0, 0],
      [0, 0, 2],
    ]);
    const scaled = await asked(row(3, 5, 2), same, { mode: 'contrast', scaler: 10 });
    expect([partOf(scaled, 'positive'), partOf(scaled, 'negative')]).toEqual([
      [0, 10, 0],
      [6, 0, 4],
    ]);
  });

  test('of a single probability with the other answer against it', async () => {
    const one = await asked(row(0), (b, x) => b.op.Sigmoid(x), { mode: 'contrast' });
    expect([partOf(one, 'positive'), partOf(one, 'negative')]).toEqual([[0.5], [0.5]]);
  });

  test('of a picture of classes with the other classes at its places', async () => {
    const x = tensorOf('float32', [1, 3, 1, 2], [1, 2, 3, 4, 5, 6]);
    const mask = tensorOf('float32', [1, 2], [0, 1]);
    const found = await asked(x, same, { mode: 'contrast' }, { kind: 'class', class: 1, mask });
    expect(partOf(found, 'positive')).toEqual([0, 0, 0, 4, 0, 0]);
    expect(partOf(found, 'negative')).toEqual([0, 2, 0, 0, 0, 6]);
  });

  test('for segmentation where the output is above the threshold', async () => {
    const x = tensorOf('float32', [1, 1, 2, 2], [0.25, 0.75, 0.5, 1]);
    const target = { kind: 'class', class: 0 } as const;
    const task = { task: 'binary-segmentation' };
    expect(partOf(await asked(x, same, task, target))).toEqual([0, 0.75, 0, 1]);
    expect(partOf(await asked(x, same, { ...task, threshold: 0.2, scaler: 2 }, target))).toEqual([0.5, 0.5, 0.5, 0.5]);
    const contrast = await asked(x, same, { ...task, mode: 'contrast' }, target);
    expect(partOf(contrast, 'negative')).toEqual([0.25, 0.25, 0.5, 0]);
  });

  test('for boxes at all numbers alike, and for generation with 1 at the chosen token', async () => {
    expect(partOf(await asked(row(3, 5, 2, 1), same, { task: 'bbox-regression', scaler: 1 }))).toEqual([0.25, 0.25, 0.25, 0.25]);
    expect(partOf(await asked(row(3, 5, 2, 1), same, { task: 'bbox-regression' }))).toEqual([0, 5, 0, 0]);
    const x = tensorOf('float32', [1, 2, 3], [1, 2, 3, 4, 5, 6]);
    expect(partOf(await asked(x, same, { task: 'generation' }, index(1, 1)))).toEqual([0, 0, 0, 0, 1, 0]);
  });
});

test('what does not fit the output is refused in one sentence', async () => {
  const refused = (x: Tensor, options: Request['options'], target?: Target) => expect(asked(x, same, options, target)).rejects;
  await refused(row(3), { mode: 'contrast' }).toThrow(/contrast needs other classes.*regression: use mode default/);
  await refused(row(3, 1), { task: 'binary-segmentation' }).toThrow(/binary-segmentation needs an output of pixels/);
  await refused(row(3, 1), { task: 'generation' }).toThrow(/generation needs an output of tokens/);
  await refused(row(3, 1), { task: 'generation', mode: 'contrast' }).toThrow(/generation has no contrast/);
});

test('layers are told in both lanes, and the books close', async () => {
  const x = row(1, -2, 3, 0.5);
  const w = (b: Builder, seed: number, ...dims: readonly number[]): Value =>
    b.initializer(
      tensorOf(
        'float32',
        dims,
        Array.from({ length: sizeOf(dims) }, (_, i) => Math.sin(seed + 7 * i)),
      ),
    );
  const net: Make = (b, v) => b.op.Softmax(b.op.Gemm(b.op.Relu(b.op.Gemm(v, w(b, 1, 4, 6), w(b, 2, 6))), w(b, 3, 6, 3), w(b, 4, 3)));
  const found = await asked(x, net, { mode: 'contrast', layers: 'all' });
  expect(new Set(found.layers!.map(({ part }) => part))).toEqual(new Set(['positive', 'negative']));
  expect(found.conservation!.map(({ name }) => name)).toEqual(['positive', 'negative']);
  for (const { start, arrived, bias, dropped, gap } of found.conservation!) {
    expect(Math.abs(gap)).toBeLessThan(1e-6 * start);
    expect(bias).toBe(0);
    expect(arrived + dropped).toBeCloseTo(start, 6);
  }
  const [p, n] = [partOf(found, 'positive'), partOf(found, 'negative')];
  partOf(found).forEach((v, i) => expect(v).toBeCloseTo(p[i]! - n[i]!, 6));
});
