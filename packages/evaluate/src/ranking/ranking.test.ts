import { random } from '@vitrine/data';
import { describe, expect, test } from 'vitest';
import { analyze } from '../analyze.js';
import { categories, numbers } from '../column/column.js';
import { sheetsOf } from '../sheets/sheets.js';
import { evaluateRanking, queriesIn } from './evaluateRanking.js';
import type { RankedQuery } from './rankingMetric.js';
import { rankingMetrics } from './rankingMetrics.js';

const metric = (name: string, query: RankedQuery): number => rankingMetrics.find((row) => row.name === name)!.of(query);

describe('metrics of one query, by hand', () => {
  // Grades down the list: 3, 2, 3, 0, 1, 2.
  const query = { grades: [3, 2, 3, 0, 1, 2], scores: [6, 5, 4, 3, 2, 1] };
  const gain = (grades: readonly number[]): number =>
    grades.reduce((sum, grade, place) => sum + (2 ** grade - 1) / Math.log2(place + 2), 0);

  test('NDCG is the gain of the order over that of the best', () => {
    expect(metric('ndcg', query)).toBeCloseTo(gain([3, 2, 3, 0, 1, 2]) / gain([3, 3, 2, 2, 1, 0]), 12);
    // sklearn.metrics.ndcg_score([[7, 3, 7, 0, 1, 3]], [[6, 5, 4, 3, 2, 1]])
    expect(metric('ndcg', query)).toBeCloseTo(0.9488107485678984, 10);
    expect(metric('ndcg', { grades: [2, 0, 1], scores: [9, -1, 3] })).toBe(1);
  });

  test('documents that tie share their gain, whatever order they come in', () => {
    const tied = { grades: [2, 0, 1], scores: [1, 1, 0] };
    const [first, second] = [1, 1 / Math.log2(3)];
    expect(metric('ndcg', tied)).toBeCloseTo((1.5 * (first + second) + 1 / 2) / gain([2, 1, 0]), 12);
    expect(metric('ndcg', { grades: [0, 2, 1], scores: [1, 1, 0] })).toBe(metric('ndcg', tied));
  });

  test('NDCG of the first ten does not see the eleventh', () => {
    const scores = Array.from({ length: 12 }, (_, i) => -i);
    const grades = scores.map((_, i) => (i === 10 ? 1 : 0));
    expect(metric('ndcg-10', { grades, scores })).toBe(0);
    expect(metric('ndcg', { grades, scores })).toBeCloseTo(1 / Math.log2(12), 12);
  });

  test('average precision and reciprocal rank, ties winning nothing', () => {
    const found = { grades: [0, 1, 0, 1], scores: [4, 3, 2, 1] };
    expect(metric('map', found)).toBeCloseTo((1 / 2 + 2 / 4) / 2, 12);
    expect(metric('mrr', found)).toBe(0.5);
    expect(metric('mrr', { grades: [0, 1], scores: [1, 1] })).toBe(0.5);
  });

  test('Kendall’s τ of grades and scores', () => {
    expect(metric('kendall-tau', { grades: [1, 2, 3], scores: [1, 2, 3] })).toBe(1);
    expect(metric('kendall-tau', { grades: [1, 2, 3], scores: [3, 2, 1] })).toBe(-1);
  });

  test('what no document is relevant to is not defined', () => {
    for (const { name, of } of rankingMetrics) expect(of({ grades: [0, 0], scores: [1, 2] }), name).toBeNaN();
  });
});

test('95 % intervals of the mean over queries hold the truth in 92 to 98 % of 300 runs', () => {
  // Each query has one relevant document, which comes first with probability 0.6, else second: the mean of 1/place is 0.8.
  let held = 0;
  for (let run = 0; run < 300; run++) {
    const uniform = random(run, 'queries');
    const named = new Map(Array.from({ length: 80 }, (_, i) => [String(i), { grades: [1, 0], scores: uniform() < 0.6 ? [1, 0] : [0, 1] }]));
    const { estimate } = evaluateRanking('q', { named, left: 0 }, { resamples: 400, seed: run }).metrics.find(
      (one) => one.metric === 'mrr',
    )!;
    if (estimate.verdict === 'estimated') held += Number(estimate.low! <= 0.8 && estimate.high! >= 0.8);
  }
  expect(held / 300).toBeGreaterThan(0.92);
  expect(held / 300).toBeLessThan(0.98);
});

const N = 200;
const columns = [
  numbers(
    'q',
    Array.from({ length: N }, (_, i) => (i === 0 ? NaN : Math.floor(i / 5))),
  ),
  numbers(
    'grade',
    Array.from({ length: N }, (_, i) => (i < 10 ? 0 : i % 5)),
  ),
  numbers(
    'score',
    Array.from({ length: N }, (_, i) => (i % 5) + (i % 3)),
  ),
  categories(
    'name',
    Array.from({ length: N }, (_, i) => `n${i}`),
  ),
];

test('an analysis with queries tells the order in place of predictions', () => {
  const { ranking, predictions, table } = analyze(columns, {
    label: 'grade',
    prediction: 'score',
    query: 'q',
    resamples: 50,
    permutations: 9,
  });
  expect(predictions).toBeUndefined();
  expect(ranking).toMatchObject({ query: 'q', queries: 40, left: 1 });
  expect(ranking!.metrics.map(({ left }) => left)).toEqual([2, 2, 2, 2, 2]);
  expect(table.associations.pairs.some(({ a, b }) => a === 'q' || b === 'q')).toBe(false);
  const sheets = sheetsOf({
    table,
    ranking: ranking!,
    settings: { level: 0.95, resamples: 50, seed: 0, minimum: { rows: 30, events: 10 } },
  });
  expect(sheets.find(({ name }) => name === 'queries')!.rows).toHaveLength(40);
  expect(sheets[0]!.rows[0]!.slice(0, 1)).toEqual(['ndcg']);
});

test('too few queries are said, and what is no order is refused', () => {
  const few = analyze(columns.map((column) => (column.kind === 'number' ? { ...column, values: column.values.slice(0, 40) } : { ...column, codes: column.codes.slice(0, 40) })), { label: 'grade', prediction: 'score', query: 'q' }); // prettier-ignore
  expect(few.ranking!.metrics[0]!.estimate).toEqual({ verdict: 'insufficient', support: 6, needed: 30, of: 'queries' });
  const [q, grade, score, name] = columns as [(typeof columns)[0], (typeof columns)[1], (typeof columns)[2], (typeof columns)[3]];
  expect(() => queriesIn(q, name, score)).toThrow('column name holds names, and an order is measured by numbers');
  expect(() => queriesIn(q, numbers('grade', new Float64Array(N).fill(-1)), score)).toThrow(
    'column grade holds -1: grades are numbers from 0',
  );
  expect(() => queriesIn(numbers('q', new Float64Array(N).fill(NaN)), grade, score)).toThrow('no row has q, grade and score');
});
