import { random } from '@vitrine/data';
import { builder, tensorOf, type Builder, type Tensor, type Value } from '@vitrine/ir';
import { caching, type Runtime } from '@vitrine/runtime';
import { nodeRuntime } from '@vitrine/runtime/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Explanation } from '../explanation.js';
import { asking, caseOf, listed, type Case } from '../testing/asking.js';
import { costOf } from './fista.js';
import { snapped } from './snapping.js';
import { spaceFor } from './space.js';

let runtime: Runtime;
beforeAll(async () => {
  runtime = caching(await nodeRuntime({ threads: 1 }));
});
afterAll(() => runtime.close());

const ask = (c: Case, options = {}, more = {}): Promise<Explanation> => asking(runtime)(c, 'cem', options, more);
const row = (b: Builder, values: readonly number[]): Value => b.initializer(tensorOf('float32', [1, values.length], values));

/** Classes whose scores are x W + b. */
async function linear(x: readonly number[], columns: readonly (readonly number[])[], bias: readonly number[]): Promise<Case> {
  const b = builder();
  const input = b.input('x', { dtype: 'float32', shape: ['N', x.length] });
  const weights = tensorOf(
    'float32',
    [x.length, columns.length],
    x.flatMap((_, i) => columns.map((column) => column[i]!)),
  );
  const y = b.op.Add(b.op.MatMul(input, b.initializer(weights)), row(b, bias));
  return caseOf(b.build([y]), runtime, new Map([['x', tensorOf('float32', [1, x.length], x) as Tensor]]), { kind: 'top' });
}

/** The least of β ‖δ‖₁ + ‖δ‖₂² with Σ slope δ ≥ gain and 0 ≤ δ ≤ most, where slopes are positive: by its conditions, δ = (λ slope − β) / 2 within bounds. */
function least(slopes: readonly number[], most: readonly number[], gain: number, beta: number): Float64Array {
  const at = (multiplier: number): Float64Array =>
    Float64Array.from(slopes, (s, i) => Math.min(most[i]!, Math.max(0, (multiplier * s - beta) / 2)));
  const total = (delta: Float64Array): number => delta.reduce((sum, d, i) => sum + d * slopes[i]!, 0);
  let [low, high] = [0, 1e6];
  for (let k = 0; k < 200; k++) {
    const middle = (low + high) / 2;
    if (total(at(middle)) < gain) low = middle;
    else high = middle;
  }
  return at(high);
}

const BETA = 0.1;
const margin = (x: ArrayLike<number>, w: readonly number[], b: number): number => w.reduce((sum, v, i) => sum + v * x[i]!, b);

describe('of a linear model', () => {
  /** A background makes every element's range 2: from −1 to 1. */
  const size = 12;
  const draw = random(3, 'linear');
  const W = Array.from({ length: size }, () => 2 * draw() - 1);
  const X = Array.from({ length: size }, () => 2 * draw() - 1);
  const background = tensorOf('float32', [2, size], [...X.map(() => -1), ...X.map(() => 1)]);
  // The first class is ahead by 1.2.
  const bias = 1.2 - margin(X, W, 0);

  test('the pertinent negative is the cheapest move across the boundary', async () => {
    const found = await ask(await linear(X, [W, W.map(() => 0)], [bias, 0]), { baseline: background, additions: false });
    const delta = listed(found.attributions[0]!.tensor);
    expect(found.contrast!.reached).toBe(true);
    expect(
      margin(
        X.map((v, i) => v + delta[i]!),
        W,
        bias,
      ),
    ).toBeLessThan(0);
    expect(found.contrast).toMatchObject({ kind: 'negative', before: { class: 0 }, after: { class: 1 }, of: size });
    const best = least(W.map((w) => 2 * Math.abs(w)), X.map((v, i) => (W[i]! > 0 ? (v + 1) / 2 : (1 - v) / 2)), 1.2, BETA); // prettier-ignore
    const cost = costOf(
      Float64Array.from(delta, (d) => d / 2),
      BETA,
    );
    expect(cost).toBeGreaterThan(0.999 * costOf(best, BETA));
    expect(cost).toBeLessThan(1.05 * costOf(best, BETA));
    // It moves what the cheapest move moves, the other way than the class's weights.
    best.forEach((d, i) => {
      if (d > 0.03) expect(Math.sign(delta[i]!)).toBe(-Math.sign(W[i]!));
    });
    expect(found.contrast!.l1).toBeCloseTo(
      delta.reduce((sum, d) => sum + Math.abs(d) / 2, 0),
      5,
    );
    expect(listed(found.contrast!.point.get('x')!)).toEqual(X.map((v, i) => expect.closeTo(v + delta[i]!, 5)));
  });

  test('the pertinent positive is the cheapest part that is enough', async () => {
    const x = W.map((w) => (w > 0 ? 0.9 : 0.2));
    const needed = 0.6;
    const found = await ask(await linear(x, [W, W.map(() => 0)], [-needed, 0]), { kind: 'positive' });
    const kept = listed(found.attributions[0]!.tensor);
    expect(found.contrast!.reached).toBe(true);
    expect(margin(kept, W, -needed)).toBeGreaterThan(0);
    kept.forEach((v, i) => {
      expect(v).toBeGreaterThanOrEqual(0);
      expect(v).toBeLessThanOrEqual(x[i]! + 1e-6);
      if (W[i]! < 0) expect(v).toBe(0);
    });
    // Ranges are from 0, the baseline, to the greatest number of the example.
    const best = least(W.map((w) => 0.9 * Math.max(0, w)), x.map((v) => v / 0.9), needed, BETA); // prettier-ignore
    const cost = costOf(
      Float64Array.from(kept, (d) => d / 0.9),
      BETA,
    );
    expect(cost).toBeGreaterThan(0.999 * costOf(best, BETA));
    expect(cost).toBeLessThan(1.05 * costOf(best, BETA));
    expect(found.contrast).toMatchObject({ before: { class: 0 }, after: { class: 0 } });
  });

  test('kappa asks for more than a change', async () => {
    const c = await linear(X, [W, W.map(() => 0)], [bias, 0]);
    const [near, far] = await Promise.all([0, 0.5].map((kappa) => ask(c, { baseline: background, additions: false, kappa })));
    const at = ({ attributions }: Explanation): number =>
      margin(
        X.map((v, i) => v + listed(attributions[0]!.tensor)[i]!),
        W,
        bias,
      );
    expect(at(near!)).toBeGreaterThan(-0.1);
    expect(at(far!)).toBeLessThanOrEqual(-0.5 + 1e-5);
  });

  test('additions only move away from the baseline', async () => {
    const found = await ask(await linear(X, [W, W.map(() => 0)], [0.3 - margin(X, W, 0), 0]), { baseline: 0 });
    listed(found.attributions[0]!.tensor).forEach((d, i) => expect(d * X[i]!).toBeGreaterThanOrEqual(0));
  });

  test('the class that it becomes is the one that is nearest', async () => {
    const found = await ask(await linear([1, 0.5, 0.5], [[1, 0, 0], [0, 3, 0], [0, 0, 0.1]], [1.5, 0, 0]), { additions: false, baseline: tensorOf('float32', [2, 3], [0, 0, 0, 1, 1, 1]) }, { labels: ['a', 'b', 'c'] }); // prettier-ignore
    expect(found.contrast!.before).toEqual({ class: 0, label: 'a', score: expect.closeTo(2.5, 5) });
    expect(found.contrast!.after.label).toBe('b');
  });
});

test('a decision that nothing within bounds changes is said to stay', async () => {
  const found = await ask(await linear([0.5, 0.5], [[1, 1], [0, 0]], [10, 0])); // prettier-ignore
  expect(found.contrast!.reached).toBe(false);
  expect(found.contrast!.after.class).toBe(0);
  expect(found.warnings[0]).toMatch(/^no pertinent negative was found: nothing that was tried changes the decision/);
});

test('where the baseline alone is enough, nothing need be left', async () => {
  const found = await ask(await linear([0.5, 0.5], [[1, 1], [0, 0]], [10, 0]), { kind: 'positive' }); // prettier-ignore
  expect(found.contrast).toMatchObject({ reached: true, moved: 0, l1: 0 });
  expect(found.warnings).toEqual([]);
});

test('one probability crosses a half, or the number that is given', async () => {
  const b = builder();
  const input = b.input('x', { dtype: 'float32', shape: ['N', 2] });
  const y = b.op.Sigmoid(b.op.ReduceSum(b.op.Mul(input, row(b, [2, -1])), b.ints([1])));
  const c = await caseOf(b.build([y]), runtime, new Map([['x', tensorOf('float32', [1, 2], [0.8, 0.2])]]), { kind: 'top' });
  const options = { additions: false, baseline: tensorOf('float32', [2, 2], [0, 0, 1, 1]) };
  const found = await ask(c, options);
  expect(found.contrast!.decision).toEqual({ kind: 'side', cut: 0.5, above: true });
  expect(found.contrast!.after.score).toBeLessThanOrEqual(0.5);
  expect(found.contrast!.after.score).toBeGreaterThan(0.49);
  const less = await ask(c, { ...options, cut: 0.7 });
  expect(less.contrast!.after.score).toBeGreaterThan(0.69);
  expect(less.contrast!.l2).toBeLessThan(found.contrast!.l2);
});

test('slopes are those of the margin at the place that the target names', async () => {
  // Scores [1,2,3]: the second place is explained.
  const b = builder();
  const input = b.input('x', { dtype: 'float32', shape: ['N', 2] });
  const y = b.op.Reshape(
    b.op.MatMul(input, b.initializer(tensorOf('float32', [2, 6], [9, 0, 0, 1, 0, 0, 0, 9, 0, 0, 1, 0]))),
    b.ints([-1, 2, 3]),
  );
  const c = await caseOf(b.build([y]), runtime, new Map([['x', tensorOf('float32', [1, 2], [0.9, 0.5])]]), {
    kind: 'index',
    index: [1, 0],
  });
  const found = await ask(c, { additions: false, baseline: tensorOf('float32', [2, 2], [0, 0, 1, 1]) });
  expect(found.contrast).toMatchObject({ reached: true, before: { class: 0 }, after: { class: 1 } });
  const [first, second] = listed(found.contrast!.point.get('x')!);
  expect(second! - first!).toBeGreaterThan(0);
  expect(second! - first!).toBeLessThan(0.02);
});

test('categories are one or another', () => {
  const x = new Map([['x', tensorOf('float32', [1, 4], [0.3, 0, 1, 0]) as Tensor]]);
  const oneHots = [[1, 2, 3]];
  const negative = spaceFor({ x, baselines: [new Map([['x', tensorOf('float32', [1, 4], [0, 0, 0, 0]) as Tensor]])], oneHots }, { kind: 'negative', additions: false }); // prettier-ignore
  expect([...negative.low, ...negative.high].map((v) => Math.round(10 * v) || 0)).toEqual([-3, 0, -10, 0, 7, 10, 0, 10]);
  const rounded = (delta: readonly number[]): readonly number[] => [...snapped(Float64Array.from(delta), negative, oneHots, 'negative')];
  expect(rounded([0.1, 0.2, -0.3, 0])).toEqual([0.1, 0, 0, 0]);
  expect(rounded([0.1, 0.6, -0.5, 0])).toEqual([0.1, 1, -1, 0]);
});

test('the same question gives the same bits', async () => {
  const c = await linear([0.4, 0.8, 0.1], [[1, 2, 3], [3, 2, 1], [0, 1, 0]], [1, 0, 0]); // prettier-ignore
  const [first, again] = [await ask(c), await ask(c)];
  expect(again).toEqual(first);
});

test('what cannot be asked for ends in a sentence', async () => {
  const c = await linear([0.4, 0.8], [[1, 2], [0, 0]], [1, 0]); // prettier-ignore
  await expect(ask({ ...c, target: { kind: 'index', index: [1] } })).rejects.toThrow(
    'cem looks for another decision, and the target is none',
  );
  await expect(ask(c, { kind: 'neutral' })).rejects.toThrow('cem: option kind must be one of negative, positive, not neutral');
  await expect(ask(c, { cut: 'half' })).rejects.toThrow('cem: option cut must be a number, not half');
  await expect(ask(c, { baseline: 'grey' })).rejects.toThrow('there is no baseline called grey');
});
