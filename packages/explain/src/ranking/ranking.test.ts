import { random } from '@vitrine/data';
import { describe, expect, test } from 'vitest';
import { concordance, kendallTau, weightedConcordance } from './agreement.js';
import { explainRanking, type RankingMethodName } from './rankingMethods.js';
import type { RankingFound, RankingInquiry } from './rankingMethod.js';

type Rows = readonly (readonly number[])[];

/** Documents 0 … n−1, and behind them rows that stand in. */
function inquiry(
  rows: Rows,
  documents: number,
  model: (row: readonly number[]) => number,
  seed = 0,
  grades?: readonly number[],
): RankingInquiry {
  return {
    features: rows[0]!.length,
    documents: Array.from({ length: documents }, (_, i) => i),
    standIns: Array.from({ length: rows.length - documents }, (_, i) => documents + i),
    score: async (points) => Float64Array.from(points, (point) => model(Array.from(point, (row, feature) => rows[row]![feature]!))),
    quality: grades && ((scores) => kendallTau(grades, scores)),
    random: (label) => random(seed, label),
  };
}
const asked = (name: RankingMethodName, q: RankingInquiry, options = {}): Promise<RankingFound> => explainRanking(name, q, options);

const uniform = random(5, 'documents');
const drawn = (count: number, features: number): Rows =>
  Array.from({ length: count }, () => Array.from({ length: features }, () => uniform()));

describe('agreement of two orders', () => {
  test('τ is 1, −1, and between; ties are left out; nothing is told by ties alone', () => {
    expect(kendallTau([1, 2, 3], [10, 20, 30])).toBe(1);
    expect(kendallTau([1, 2, 3], [3, 2, 1])).toBe(-1);
    // Five of six pairs, one the other way: (5 − 1) / 6.
    expect(kendallTau([1, 2, 3, 4], [1, 2, 4, 3])).toBeCloseTo(4 / 6, 12);
    // scipy.stats.kendalltau([1, 2, 2, 3], [1, 3, 2, 2])
    expect(kendallTau([1, 2, 2, 3], [1, 3, 2, 2])).toBeCloseTo(0.4, 12);
    expect(kendallTau([1, 1, 1], [1, 2, 3])).toBe(0);
  });

  test('what scores tie is not kept, what the reference ties is not asked', () => {
    expect(concordance([1, 2, 3, 4], [1, 2, 4, 3])).toBeCloseTo(4 / 6, 12);
    expect(concordance([1, 2, 3, 4], [0, 0, 1, 1])).toBeCloseTo(4 / 6, 12);
    expect(concordance([0, 0, 1], [5, 7, 9])).toBe(1);
    expect(concordance([1, 1], [1, 2])).toBe(0);
  });

  test('pairs that are far apart weigh more', () => {
    expect(weightedConcordance([0, 1, 10], [0, 1, 2])).toBe(1);
    // Apart by 1, 10 and 9: the first is turned around.
    expect(weightedConcordance([0, 1, 10], [1, 0, 2])).toBeCloseTo((10 + 9 - 1) / 20, 12);
    expect(weightedConcordance([2, 2], [1, 0])).toBe(0);
  });
});

describe('validity', () => {
  test('of a sum, the features that weigh most are selected in their order, and with all that count nothing is lost', async () => {
    const rows = drawn(32, 5);
    const model = (row: readonly number[]): number => 100 * row[3]! + 5 * row[1]! + 0.2 * row[0]!;
    const { values, evaluations } = await asked('ranking-validity', inquiry(rows, 12, model));
    expect(values.map(({ feature }) => feature).slice(0, 2)).toEqual([3, 1]);
    expect(values.at(-1)!.value).toBe(1);
    expect(values.every(({ feature }) => [3, 1, 0].includes(feature))).toBe(true);
    // Without the weightiest, what is left says less than half.
    expect(values[0]!.without).toBeLessThan(0.5);
    expect(evaluations).toBeGreaterThan(12 * 20 * 5);
  });

  test('of a sum stand-ins shift all documents alike: no error, and validity is the τ of the features’ own sum', async () => {
    const rows = drawn(24, 3);
    const model = (row: readonly number[]): number => 2 * row[0]! + row[1]! + row[2]!;
    const [first] = (await asked('ranking-validity', inquiry(rows, 10, model), { features: 1 })).values;
    const own = rows.slice(0, 10);
    const tau = (feature: number): number =>
      kendallTau(
        own.map(model),
        own.map((row) => row[feature]!),
      );
    expect(first!.value).toBeCloseTo(Math.max(tau(0), tau(1), tau(2)), 12);
    expect(first!.standardError).toBeCloseTo(0, 12);
  });

  test('features that count only together are found together, and what is behind them is left out', async () => {
    const rows = Array.from({ length: 24 }, (_, i) => [i % 2, Math.floor(i / 2) % 2, uniform(), uniform()]);
    const model = ([a, b]: readonly number[]): number => (a === b ? 1 : 0);
    const { values, notes } = await asked('ranking-validity', inquiry(rows, 8, model), { features: 4 });
    expect(values.at(-1)!.value).toBe(1);
    expect(values.map(({ feature }) => feature)).toEqual(expect.arrayContaining([0, 1]));
    expect(notes).toEqual([]);
  });

  test('an order that nothing decides keeps nothing', async () => {
    const { values } = await asked(
      'ranking-validity',
      inquiry(drawn(12, 2), 6, () => 1),
    );
    expect(values.map(({ value, without }) => [value, without])).toEqual([[0, 0]]);
  });
});

describe('permutation', () => {
  test('a feature that decides alone loses the order, one that is not read loses nothing, exactly', async () => {
    const { values } = await asked(
      'ranking-permutation',
      inquiry(drawn(20, 2), 12, (row) => row[0]!),
      { samples: 400 },
    );
    // A random order agrees with another as often as not.
    expect(Math.abs(values[0]!.value - 1)).toBeLessThan(4 * values[0]!.standardError!);
    expect(values[1]).toMatchObject({ value: 0, standardError: 0 });
  });

  test('95 % intervals hold the mean over all permutations in 93 to 97 % of 500 runs', async () => {
    const rows = drawn(6, 2);
    const model = (row: readonly number[]): number => row[0]! + 0.8 * row[1]!;
    const own = rows.slice(0, 4);
    const orders = permutations([0, 1, 2, 3]);
    const truth =
      orders.reduce(
        (sum, order) =>
          sum +
          1 -
          kendallTau(
            own.map(model),
            own.map((row, i) => own[order[i]!]![0]! + 0.8 * row[1]!),
          ),
        0,
      ) / orders.length;
    let held = 0;
    for (let seed = 0; seed < 500; seed++) {
      const [{ value, standardError }] = (await asked('ranking-permutation', inquiry(rows, 4, model, seed), { samples: 200 })).values as [
        RankingFound['values'][number],
      ];
      held += Number(Math.abs(value - truth) <= 1.96 * standardError!);
    }
    expect(held / 500).toBeGreaterThan(0.93);
    expect(held / 500).toBeLessThan(0.97);
  });

  test('draws stop when errors are small; values of other queries, and grades, as asked', async () => {
    const q = inquiry(drawn(30, 2), 10, (row) => row[0]!, 3, [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
    const small = await asked('ranking-permutation', q, { samples: 5000, until: 0.05 });
    expect(small.values[0]!.standardError).toBeLessThanOrEqual(0.05);
    expect(small.evaluations).toBeLessThan(5000 * 20);
    const others = await asked('ranking-permutation', q, { from: 'others', measure: 'ndcg', samples: 50 });
    expect(others.values[1]!.value).toBe(0);
    expect(others.values).not.toEqual((await asked('ranking-permutation', q, { measure: 'ndcg', samples: 50 })).values);
  });

  test('the same seed gives the same', async () => {
    const values = async (seed: number) => (await asked('ranking-permutation', inquiry(drawn(0, 0).concat([[1, 2], [2, 1], [3, 3], [0, 1]]), 3, ([a, b]) => a! + b!, seed))).values; // prettier-ignore
    expect(await values(1)).toEqual(await values(1));
  });
});

describe('what cannot be asked is told in one sentence', () => {
  test.each<readonly [RankingMethodName, number, object, string]>([
    ['ranking-validity', 1, {}, 'the query has one row: an order needs two or more'],
    ['ranking-permutation', 4, {}, 'there is no row that may stand in for others'],
    [
      'ranking-permutation',
      3,
      { measure: 'ndcg' },
      'ranking-permutation: measure=ndcg needs grades: say with --label-column which column holds them',
    ],
    ['ranking-validity', 3, { features: '0' }, 'ranking-validity: option features must be a whole number of at least 1, not 0'],
    ['ranking-permutation', 3, { measure: 'map' }, 'ranking-permutation: option measure must be one of order, ndcg, not map'],
  ])('%s of %d %j', async (name, documents, options, message) => {
    await expect(
      asked(
        name,
        inquiry(drawn(4, 2), documents, ([a]) => a!),
        options,
      ),
    ).rejects.toThrow(message);
  });
});

function permutations(items: readonly number[]): readonly (readonly number[])[] {
  if (items.length < 2) return [items];
  return items.flatMap((first) => permutations(items.filter((item) => item !== first)).map((rest) => [first, ...rest]));
}
