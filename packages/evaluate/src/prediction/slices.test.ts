import { random } from '@vitrine/data';
import { expect, test } from 'vitest';
import { categories, numbers } from '../column/column.js';
import { evaluateSlices } from './bySlice.js';
import { classified, type Classified, type Estimated } from './outcome.js';
import { nameOf, slicesBy } from './slices.js';

const sex = categories('sex', ['f', 'm', null, 'f', 'm', 'f']);
const age = numbers('age', [20, 30, 40, 50, NaN, 60]);

test('slices are the values of a column, bins of numbers, and what is missing', () => {
  const told = slicesBy([sex, age], [['sex'], ['age']], { bins: 2 }).map((slice) => [nameOf(slice), [...slice.rows]]);
  expect(told).toEqual([
    ['sex = f', [0, 3, 5]],
    ['sex = m', [1, 4]],
    ['sex = (missing)', [2]],
    ['age ≤ 40', [0, 1, 2]],
    ['age > 40', [3, 5]],
    ['age = (missing)', [4]],
  ]);
});

test('pairs of columns are crossed, and only what occurs is told', () => {
  const told = slicesBy([sex, age], [['sex', 'age']], { bins: 2 }).map((slice) => [nameOf(slice), [...slice.rows]]);
  expect(told).toEqual([
    ['sex = f and age ≤ 40', [0]],
    ['sex = f and age > 40', [3, 5]],
    ['sex = m and age ≤ 40', [1]],
    ['sex = m and age = (missing)', [4]],
    ['sex = (missing) and age ≤ 40', [2]],
  ]);
});

test('numbers with few values are told by value; many categories as the most frequent and the others', () => {
  expect(slicesBy([numbers('n', [3, 1, 1, 2])], [['n']]).map(nameOf)).toEqual(['n = 1', 'n = 2', 'n = 3']);
  const letters = categories('c', [...'aaabbcdefg']);
  expect(slicesBy([letters], [['c']], { most: 3 }).map((slice) => [nameOf(slice), slice.rows.length])).toEqual([
    ['c = a', 3],
    ['c = b', 2],
    ['c = (5 others)', 5],
  ]);
});

test('a column that is not there is named', () => {
  expect(() => slicesBy([sex], [['height']])).toThrow('there is no column height to slice by: there are sex');
});

const uniform = random(3, 'slices');
/** Rows of `groups` groups; a row is predicted right with the probability of its group. */
function grouped(rows: number, right: readonly number[]): { readonly outcome: Classified; readonly group: ReturnType<typeof categories> } {
  const of = Array.from({ length: rows }, () => Math.floor(uniform() * right.length));
  const truth = of.map(() => (uniform() < 0.5 ? 'no' : 'yes'));
  const wrong = { no: 'yes', yes: 'no' };
  const yes = truth.map((label, i) => {
    const said = uniform() < right[of[i]!]! ? label : wrong[label as 'no' | 'yes'];
    return said === 'yes' ? 0.5 + uniform() / 2 : uniform() / 2;
  });
  return {
    outcome: classified({
      truth,
      scores: new Map([
        ['yes', yes],
        ['no', yes.map((p) => 1 - p)],
      ]),
    }),
    group: categories(
      'group',
      of.map((g) => `g${g}`),
    ),
  };
}

const METRICS = ['accuracy', 'auc', 'brier', 'f1', 'mcc'];

test('slices that are alike are marked one time in twenty at most, over all of them together', () => {
  const trials = 60;
  const marked = new Map(METRICS.map((metric) => [metric, 0]));
  for (let trial = 0; trial < trials; trial++) {
    const { outcome, group } = grouped(400, [0.8, 0.8, 0.8, 0.8]);
    const of = evaluateSlices(outcome, slicesBy([group], [['group']]), { metrics: METRICS, classes: [1], resamples: 100, seed: trial });
    for (const metric of METRICS)
      if (of.some(({ measured }) => measured.find((each) => each.metric === metric)!.holm! < 0.05))
        marked.set(metric, marked.get(metric)! + 1);
  }
  // 60 trials at 5 %: more than 9 happen one time in a thousand.
  for (const [metric, times] of marked) expect(times, metric).toBeLessThanOrEqual(9);
});

test('a slice that is worse is found by every metric', () => {
  const { outcome, group } = grouped(1600, [0.9, 0.9, 0.65, 0.9, 0.9, 0.9, 0.9, 0.9]);
  const slices = evaluateSlices(outcome, slicesBy([group], [['group']]), { metrics: METRICS, classes: [1], resamples: 200 });
  for (const metric of METRICS) {
    const pValues = slices.map(({ measured }) => measured.find((each) => each.metric === metric)!.holm!);
    expect(pValues[2], metric).toBeLessThan(1e-4);
    expect(Math.min(...pValues), metric).toBe(pValues[2]);
  }
  const [{ estimate, others }] = slices[2]!.measured as unknown as [{ estimate: { value: number }; others: number }];
  expect(estimate.value).toBeLessThan(others - 0.1);
});

test('a slice of too few rows is said to be so, is not tested, and is not left out', () => {
  const { outcome } = grouped(200, [0.8]);
  const group = categories(
    'group',
    Array.from({ length: 200 }, (_, i) => (i < 12 ? 'small' : 'large')),
  );
  const [large, small] = evaluateSlices(outcome, slicesBy([group], [['group']]), { metrics: ['accuracy'], resamples: 100 });
  expect(small).toMatchObject({ slice: 'group = small', rows: 12 });
  expect(small!.measured).toEqual([
    { metric: 'accuracy', of: undefined, estimate: { verdict: 'insufficient', support: 12, needed: 30, of: 'rows' } },
  ]);
  // The others of the large one are the small one.
  expect(large!.measured[0]!.p).toBeUndefined();
  expect(large!.measured[0]!.estimate.verdict).toBe('estimated');
});

test('slices of regression: the median error has a test of its own', () => {
  const n = 300;
  const outcome: Estimated = {
    kind: 'regression',
    truth: new Float64Array(n),
    predicted: Float64Array.from({ length: n }, (_, i) => (i % 3 === 0 ? 3 : 1) * (uniform() - 0.5)),
  };
  const group = categories(
    'third',
    Array.from({ length: n }, (_, i) => String(i % 3)),
  );
  const [wide] = evaluateSlices(outcome, slicesBy([group], [['third']]), { metrics: ['median-ae', 'mae'], resamples: 200 });
  for (const { holm, others, estimate } of wide!.measured) {
    expect(holm).toBeLessThan(0.01);
    expect(estimate.verdict === 'estimated' && estimate.value > 2 * others!).toBe(true);
  }
});
