import { builder, tensorOf, type Builder, type Tensor, type Value } from '@vitrine/ir';
import { caching, type Runtime } from '@vitrine/runtime';
import { nodeRuntime } from '@vitrine/runtime/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Explanation } from '../explanation.js';
import { asking, caseOf, type Case } from '../testing/asking.js';

let runtime: Runtime;
beforeAll(async () => {
  runtime = caching(await nodeRuntime({ threads: 1 }));
});
afterAll(() => runtime.close());

const N = 12;
const count = Array.from({ length: N }, (_, i) => i);
const HEIGHTS = count.map((i) => 0.3 + i * 0.25 + 0.1 * Math.sin(5 * i));
const WEIGHTS = count.map((i) => Math.sin(2 * i + 1));
const PAIRS = count.map((i) => count.map((j) => (i < j ? Math.cos(3 * i + 7 * j) / 4 : 0)));
const carrier = [1, 6, 9, 10];

/** A model of x [N,12] beside zeros, and what is known of it in closed form. */
interface Known {
  readonly x: readonly number[];
  readonly write: (b: Builder, x: Value) => Value;
  readonly shapley: (i: number) => number;
  /** Grabisch and Roubens, and Sundararajan et al. */
  readonly pair: (i: number, j: number) => readonly [shapley: number, taylor: number];
  /** Along halves of the columns, in their order. */
  readonly owen?: (i: number) => number;
}

const row = (b: Builder, values: readonly number[]): Value => b.initializer(tensorOf('float32', [1, values.length], values));
const column = (b: Builder, x: Value, i: number): Value => b.op.Slice(x, b.ints([i]), b.ints([i + 1]), b.ints([1]));
const bend = (size: number): number => Math.tanh(0.2 * size);
/** Those that a greatest number is reached by are fewer from step to step. */
const steps = HEIGHTS.toSorted((a, b) => a - b).map((h, k, all) => ({ rise: h - (all[k - 1] ?? 0), top: h, reaching: N - k }));
const upTo = (height: number, share: (reaching: number) => number): number =>
  steps.reduce((sum, { rise, top, reaching }) => (top <= height ? sum + rise * share(reaching) : sum), 0);

const games: { readonly [name: string]: Known } = {
  'a linear model': {
    x: HEIGHTS,
    write: (b, x) => b.op.ReduceSum(b.op.Mul(x, row(b, WEIGHTS)), b.ints([1]), { keepdims: 1 }),
    shapley: (i) => WEIGHTS[i]! * HEIGHTS[i]!,
    pair: () => [0, 0],
    owen: (i) => WEIGHTS[i]! * HEIGHTS[i]!,
  },
  'a product, the game of unanimity': {
    x: count.map(() => 1),
    write: (b, x) => carrier.map((i) => column(b, x, i)).reduce((product, one) => b.op.Mul(product, one)),
    shapley: (i) => (carrier.includes(i) ? 1 / 4 : 0),
    pair: (i, j) => (carrier.includes(i) && carrier.includes(j) ? [1 / 3, 1 / 6] : [0, 0]),
    // Column 1 lies in one half, the others in the other: 6 in its first half, 9 and 10 in its second, one in each half of that.
    owen: (i) => [1 / 2, 1 / 4, 1 / 8, 1 / 8][carrier.indexOf(i)] ?? 0,
  },
  'a sum over pairs': {
    x: HEIGHTS,
    write: (b, x) => {
      const matrix = b.initializer(tensorOf('float32', [N, N], PAIRS.flat()));
      return b.op.ReduceSum(b.op.Mul(b.op.MatMul(x, matrix), x), b.ints([1]), { keepdims: 1 });
    },
    shapley: (i) => count.reduce((sum, j) => sum + ((PAIRS[i]![j]! + PAIRS[j]![i]!) * HEIGHTS[i]! * HEIGHTS[j]!) / 2, 0),
    pair: (i, j) => {
      const both = (PAIRS[i]![j]! + PAIRS[j]![i]!) * HEIGHTS[i]! * HEIGHTS[j]!;
      return [both, both];
    },
  },
  'a symmetric game': {
    x: count.map(() => 0.2),
    write: (b, x) => b.op.Tanh(b.op.ReduceSum(x, b.ints([1]), { keepdims: 1 })),
    shapley: () => bend(N) / N,
    pair: () => [(bend(N) - bend(N - 1) - bend(1)) / (N - 1), (bend(N) - N * bend(1)) / ((N * (N - 1)) / 2)],
  },
  'a greatest number, the game of the airport': {
    x: HEIGHTS,
    write: (b, x) => b.op.ReduceMax(x, b.ints([1]), { keepdims: 1 }),
    shapley: (i) => upTo(HEIGHTS[i]!, (m) => 1 / m),
    pair: (i, j) => {
      const lower = Math.min(HEIGHTS[i]!, HEIGHTS[j]!);
      return [-upTo(lower, (m) => 1 / (m - 1)), -upTo(lower, (m) => 2 / m)];
    },
  },
};

async function model({ x, write }: Known): Promise<Case> {
  const b = builder();
  const y = write(b, b.input('x', { dtype: 'float32', shape: ['N', N] }));
  return caseOf(b.build([y]), runtime, new Map([['x', tensorOf('float32', [1, N], x) as Tensor]]), { kind: 'index', index: [0] });
}

const EVERY_SET = 2 ** N;
const exact: { readonly [method: string]: object } = {
  'shapley-values': {},
  'kernel-shap': { samples: EVERY_SET },
  'shapley-interactions': { samples: EVERY_SET, order: 1 },
  'shapley-taylor': { samples: EVERY_SET, order: 1 },
};
const sampled: { readonly [method: string]: object } = {
  'shapley-sampling': { samples: 200 },
  'permutation-shap': { samples: 200 },
  'kernel-shap': { samples: 800 },
  'shapley-interactions': { samples: 2000, order: 1 },
};

describe.each(Object.entries(games))('%s', (_, game) => {
  const ask = async (method: string, options: object): Promise<Explanation> => asking(runtime)(await model(game), method, { ...options });

  test.each(Object.entries(exact))('by %s: every Shapley value, exactly', async (method, options) => {
    const { parts } = await ask(method, options);
    parts!.values.forEach(({ value, standardError }, i) => {
      expect(value).toBeCloseTo(game.shapley(i), 5);
      expect(standardError).toBeUndefined();
    });
  });

  test.each(Object.entries(sampled))('by %s: within what errors say, from the runs that are told', async (method, options) => {
    const { parts, evaluations, completeness } = await ask(method, options);
    parts!.values.forEach(({ value, standardError }, i) =>
      expect(Math.abs(value - game.shapley(i))).toBeLessThan(5 * standardError! + 1e-5),
    );
    expect(evaluations).toBeGreaterThan(N);
    expect(evaluations).toBeLessThan(EVERY_SET);
    expect(Math.abs(completeness!.gap)).toBeLessThan(1e-5);
  });

  test.each(['shapley-interactions', 'shapley-taylor'])('by %s: every pair, exactly or within what errors say', async (method) => {
    const which = method === 'shapley-interactions' ? 0 : 1;
    const place = new Map<string, number>(
      count.flatMap((i) => count.slice(i + 1).map((j) => [`${i} and ${j}`, game.pair(i, j)[which]] as const)),
    );
    const [all, some] = [await ask(method, { samples: EVERY_SET }), await ask(method, { samples: 3000 })];
    for (const { name, value } of all.parts!.values) if (place.has(name)) expect(value).toBeCloseTo(place.get(name)!, 5);
    const held = some.parts!.values.filter(({ name, interval }) => {
      const truth = place.get(name);
      return truth === undefined || (interval![0] - 1e-5 <= truth && truth <= interval![1] + 1e-5);
    });
    expect(held.length / some.parts!.values.length).toBeGreaterThan(0.85);
  });

  test.runIf(game.owen !== undefined)('by partition-shap: every Owen value, exactly', async () => {
    const { parts } = await ask('partition-shap', { hierarchy: 'order' });
    parts!.values.forEach(({ value }, i) => expect(value).toBeCloseTo(game.owen!(i), 5));
  });
});
