import { builder, tensorOf, type Builder, type Tensor, type Value } from '@vitrine/ir';
import { caching, type Runtime } from '@vitrine/runtime';
import { nodeRuntime } from '@vitrine/runtime/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Explanation } from '../explanation.js';
import { asking, caseOf, listed, type Case } from '../testing/asking.js';

let runtime: Runtime;
beforeAll(async () => {
  runtime = caching(await nodeRuntime({ threads: 1 }));
});
afterAll(() => runtime.close());

/** A function of x [N,F] as a model with one output. */
async function model(x: readonly number[], write: (b: Builder, x: Value) => Value): Promise<Case> {
  const b = builder();
  const input = b.input('x', { dtype: 'float32', shape: ['N', x.length] });
  const y = b.op.ReduceSum(write(b, input), b.ints([1]), { keepdims: 1 });
  const inputs = new Map([['x', tensorOf('float32', [1, x.length], x) as Tensor]]);
  return caseOf(b.build([y]), runtime, inputs, { kind: 'index', index: [0] });
}
const ask = (c: Case, method: string, options = {}, more = {}): Promise<Explanation> => asking(runtime)(c, method, options, more);
const valuesOf = ({ parts }: Explanation): readonly number[] => parts!.values.map(({ value }) => value);
const column = (b: Builder, values: readonly number[]): Value => b.initializer(tensorOf('float32', [1, values.length], values));

const METHODS = ['occlusion', 'feature-ablation', 'shapley-values', 'shapley-sampling', 'kernel-shap'];
const SHAPLEY = METHODS.slice(2);
const X = [0.5, -1, 2, 3];
const W = [1, -2, 3, 0.25];

describe.each(METHODS)('%s', (method) => {
  test('tells of a linear function w (x − b), whatever stands in', async () => {
    const linear = await model(X, (b, x) => b.op.Mul(x, column(b, W)));
    const background = [1, 0, -1, 2, 3, 2, 1, 0];
    const baselines: readonly (readonly [unknown, readonly number[]])[] = [
      ['auto', [0, 0, 0, 0]],
      [0.5, [0.5, 0.5, 0.5, 0.5]],
      [tensorOf('float32', [2, 4], background), [2, 1, 0, 1]],
    ];
    for (const [baseline, instead] of baselines)
      for (const parts of ['auto', 'elements', 'axis=1']) {
        const { attributions, parts: found } = await ask(linear, method, { baseline, parts });
        const want = X.map((v, i) => W[i]! * (v - instead[i]!));
        expect(listed(attributions[0]!.tensor)).toEqual(want.map((v) => expect.closeTo(v, 4)));
        expect(found!.values.map(({ name }) => name)).toEqual(['0', '1', '2', '3']);
      }
  });

  test('spreads what a part counts evenly over its elements', async () => {
    const linear = await model(X, (b, x) => b.op.Mul(x, column(b, W)));
    const { attributions, parts } = await ask(linear, method, { parts: tensorOf('int64', [1, 4], [0, 0, 1, 0]) });
    expect(parts!.values.map(({ value }) => value)).toEqual([expect.closeTo(3.25, 4), expect.closeTo(6, 4)]);
    expect(listed(attributions[0]!.tensor)).toEqual([3.25 / 3, 3.25 / 3, 6, 3.25 / 3].map((v) => expect.closeTo(v, 4)));
  });

  test('what changes nothing counts nothing', async () => {
    const ignoring = await model(X, (b, x) => b.op.Tanh(b.op.MatMul(x, b.initializer(tensorOf('float32', [4, 1], [1, 0.5, 0, -0.3])))));
    expect(valuesOf(await ask(ignoring, method))[2]).toBeCloseTo(0, 6);
  });

  test('the same seed gives the same bits', async () => {
    const bent = await model([0.5, -1, 2, 3, 1, 1, 0.2, 0.1, -0.4, -0.9], (b, x) => b.op.Tanh(b.op.Mul(x, b.op.ReduceSum(x, b.ints([1])))));
    const options = method === 'kernel-shap' ? { samples: 100 } : {};
    const [first, again] = [await ask(bent, method, options, { seed: 5 }), await ask(bent, method, options, { seed: 5 })];
    expect(again.attributions).toEqual(first.attributions);
    expect(again.parts).toEqual(first.parts);
    const other = await ask(bent, method, options, { seed: 6 });
    const sampled = first.parts!.values[0]!.standardError !== undefined;
    expect(sampled).toBe(method === 'kernel-shap' || method === 'shapley-sampling');
    expect(valuesOf(other).some((v, i) => v !== valuesOf(first)[i])).toBe(sampled);
  });
});

describe.each(SHAPLEY)('%s', (method) => {
  test('shares what two parts do together, and treats alike what is alike', async () => {
    const product = await model([2, 3, 5], (b, x) => {
      const [first, second] = b.op.Split(x, b.ints([1, 1, 1]), { axis: 1, outputs: 3 });
      return b.op.Mul(first!, second!);
    });
    expect(valuesOf(await ask(product, method))).toEqual([expect.closeTo(3, 5), expect.closeTo(3, 5), expect.closeTo(0, 5)]);
    const most = await model([4, 4, 4], (b, x) => b.op.ReduceMax(x, b.ints([1]), { keepdims: 1 }));
    const shares = valuesOf(await ask(most, method, method === 'shapley-sampling' ? { samples: 4000 } : {}));
    for (const share of shares) expect(share).toBeCloseTo(4 / 3, 1);
  });

  test('adds up to what the score gains over everything taken away', async () => {
    const bent = await model(X, (b, x) => b.op.Sigmoid(b.op.Mul(x, b.op.ReduceSum(b.op.Mul(x, x), b.ints([1])))));
    const { completeness, target } = await ask(bent, method, { baseline: 0.1 });
    const nothing = 4 / (1 + Math.exp(-0.1 * 0.04));
    expect(completeness!.expected).toBeCloseTo(target.score - nothing, 5);
    expect(completeness!.gap).toBeCloseTo(0, 5);
  });
});

test('shapley-values refuses more parts than can be enumerated, and names what to use', async () => {
  const wide = await model(Array.from({ length: 13 }, (_, i) => i), (b, x) => b.op.Tanh(x)); // prettier-ignore
  await expect(ask(wide, 'shapley-values')).rejects.toThrow(
    'shapley-values would score 2^13 sets of 13 parts (at most 12 parts): use kernel-shap or shapley-sampling, or larger parts with parts=',
  );
});

test('until stops as soon as errors are small enough, by fewer runs', async () => {
  const bent = await model(
    Array.from({ length: 14 }, (_, i) => Math.sin(i)),
    (b, x) => b.op.Tanh(b.op.Mul(x, b.op.ReduceSum(x, b.ints([1])))),
  );
  for (const [method, samples] of [
    ['shapley-sampling', 400],
    ['kernel-shap', 4000],
  ] as const) {
    // prettier-ignore
    const all = await ask(bent, method, { samples });
    const worst = Math.max(...all.parts!.values.map(({ standardError }) => standardError!));
    const some = await ask(bent, method, { samples, until: 2 * worst });
    expect(Math.max(...some.parts!.values.map(({ standardError }) => standardError!))).toBeLessThanOrEqual(2 * worst);
    expect(some.evaluations).toBeLessThan(all.evaluations / 2);
  }
});

test('a score that is no number without some part is refused', async () => {
  const pole = await model([1, 2], (b, x) => b.op.Log(x));
  await expect(ask(pole, 'occlusion')).rejects.toThrow(
    'with parts taken away the explained number is -Infinity: let something else stand in for them with baseline=',
  );
});

test('windows of occlusion: in parts, over elements, and what is no window', async () => {
  const linear = await model(X, (b, x) => b.op.Mul(x, column(b, W)));
  const [a, b, c, d] = X.map((v, i) => v * W[i]!) as [number, number, number, number];
  const of = async (options: object): Promise<readonly number[]> => valuesOf(await ask(linear, 'occlusion', options));
  expect(await of({ window: '2' })).toEqual([a + b, c + d].map((v) => expect.closeTo(v, 5)));
  expect(await of({ window: '2', stride: '1' })).toEqual([a + b, b + c, c + d].map((v) => expect.closeTo(v, 5)));
  expect(await of({ window: '3', stride: '2', parts: 'axis=1' })).toEqual([a + b + c, c + d].map((v) => expect.closeTo(v, 5)));
  await expect(of({ window: '0' })).rejects.toThrow(
    'occlusion: option window must be parts, as 2, or elements along each axis, as 1x4x4, not 0',
  );
  await expect(of({ window: '2', stride: '1x1' })).rejects.toThrow('occlusion: option stride must be');
});

test('each set of parts is run once, however often it is drawn', async () => {
  const linear = await model(X, (b, x) => b.op.Mul(x, column(b, W)));
  const { evaluations } = await ask(linear, 'shapley-sampling', { samples: 500 });
  expect(evaluations).toBe(2 ** 4 - 1);
});
