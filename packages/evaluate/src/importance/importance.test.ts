import { normal, random } from '@vitrine/data';
import { expect, test } from 'vitest';
import { auc } from '../prediction/metrics/auc.js';
import { mse } from '../prediction/metrics/regressionErrors.js';
import { classified, type Estimated } from '../prediction/outcome.js';
import { importanceOf, judgedBy, placesOf } from './importance.js';

const SLOPES = [2, 1, 0.5, 0] as const;
const NOISE = 1;

/** Rows of independent normal features, and what a linear model misses of them with one permuted. */
function drawn(seed: number, rows: number) {
  const gauss = normal(random(seed, 'rows'));
  const uniform = random(seed, 'permutation');
  const x = Array.from({ length: rows }, () => SLOPES.map(() => gauss()));
  const truth = Float64Array.from(x, (row) => row.reduce((sum, v, j) => sum + SLOPES[j]! * v, 0) + NOISE * gauss());
  let before: Estimated | undefined;
  const judged = (feature?: number) => {
    const order = Array.from({ length: rows }, (_, i) => i);
    for (let i = rows - 1; i > 0; i--) {
      const j = Math.floor(uniform() * (i + 1));
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    const outcome: Estimated = {
      kind: 'regression',
      truth,
      predicted: Float64Array.from(x, (row, i) => row.reduce((sum, v, j) => sum + SLOPES[j]! * (j === feature ? x[order[i]!]![j]! : v), 0)),
    };
    before ??= outcome;
    return judgedBy(outcome, mse, -1, feature === undefined ? undefined : { donors: order, before });
  };
  return { judged };
}

test('of a linear model squared error grows by 2 β² Var(x), and intervals hold that in 93 to 97 % of 500 runs', () => {
  const [runs, rows, repeats] = [500, 500, 5];
  const held = [0, 0, 0];
  const sums = [0, 0, 0];
  for (let run = 0; run < runs; run++) {
    const { judged } = drawn(run, rows);
    const base = judged();
    [0, 1, 2].forEach((feature) => {
      const found = importanceOf(
        base,
        Array.from({ length: repeats }, () => judged(feature)),
        'lower',
      );
      const truth = 2 * SLOPES[feature]! ** 2;
      sums[feature]! += found.importance / truth / runs;
      held[feature]! += Number(found.low <= truth && truth <= found.high);
    });
  }
  for (const sum of sums) expect(sum).toBeCloseTo(1, 1);
  const share = held.reduce((a, b) => a + b) / (3 * runs);
  expect(share).toBeGreaterThanOrEqual(0.93);
  expect(share).toBeLessThanOrEqual(0.97);
});

test('a feature that the model does not use has importance 0, and the greatest comes first for sure', () => {
  const { judged } = drawn(1, 400);
  const base = judged();
  const all = SLOPES.map((_, feature) => importanceOf(base, [judged(feature), judged(feature)], 'lower'));
  expect([all[3]!.importance, all[3]!.standardError, all[3]!.ratio]).toEqual([0, 0, 1]);
  expect(placesOf(all, 0).map(({ place }) => place)).toEqual([1, 2, 3, 4]);
  expect(placesOf(all, 0)[0]!.certainty).toBeGreaterThan(0.99);
  expect(all[0]!.ratio).toBeCloseTo((base.value + all[0]!.importance) / base.value, 12);
});

test('where more is better, importance is what is lost', () => {
  const outcome = (scores: readonly number[]) =>
    classified({ truth: ['no', 'no', 'yes', 'yes'], scores: new Map([['yes', scores], ['no', scores.map((s) => 1 - s)]]) }); // prettier-ignore
  const [ofClass] = auc;
  const base = judgedBy(outcome([0.1, 0.2, 0.8, 0.9]), ofClass!, 1);
  const permuted = judgedBy(outcome([0.9, 0.2, 0.8, 0.1]), ofClass!, 1);
  expect([base.value, permuted.value]).toEqual([1, 0.25]);
  expect(importanceOf(base, [permuted], 'higher').importance).toBe(0.75);
});
