import { expect, test } from 'vitest';
import { classificationCases, regressionCase } from '../testing/golden.js';
import { confusions, reliability } from './confusion.js';
import { classified } from './outcome.js';
import { residuals } from './residuals.js';

const [three] = classificationCases();
const outcome = classified({ truth: three!.truth, scores: new Map(Object.entries(three!.scores)) });

test('the confusion matrix is scikit-learn’s; shares of a row add up to 1 and lie in their intervals', () => {
  const cells = confusions(outcome);
  expect(cells.map(({ count }) => count)).toEqual(three!.confusion.flat());
  for (const truth of three!.classes)
    expect(cells.filter((cell) => cell.truth === truth).reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 12);
  for (const { share, low, high } of cells) expect(low <= share && share <= high).toBe(true);
});

test('bins of reliability hold all rows, each probability in its bin', () => {
  for (const k of [undefined, 0, 1, 2]) {
    const bins = reliability(outcome, k);
    expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(three!.truth.length);
    for (const { from, to, probability, frequency, low, high } of bins) {
      expect(probability).toBeGreaterThanOrEqual(from - 1e-12);
      expect(probability).toBeLessThanOrEqual(to + 1e-12);
      expect(low <= frequency && frequency <= high).toBe(true);
    }
  }
});

test('residuals have numpy’s quantiles; a ratio that cannot be told is left out and counted', () => {
  const { truth, predicted, residualQuantiles } = regressionCase();
  const [differences] = residuals({ kind: 'regression', truth: Float64Array.from(truth), predicted: Float64Array.from(predicted) });
  differences!.quantiles.forEach(({ value }, i) => expect(value).toBeCloseTo(residualQuantiles[i]!, 12));
  const [, ratios, logs] = residuals({ kind: 'regression', truth: Float64Array.of(2, 3, -1, 0), predicted: Float64Array.of(1, 0, 1, 1) });
  expect([...ratios!.values]).toEqual([2, NaN, -1, 0]);
  expect(ratios!.left).toBe(1);
  expect([...logs!.values]).toEqual([Math.log(2), NaN, NaN, NaN]);
  expect(logs!.left).toBe(3);
});

test('the interval of a median is two of the values, and holds it 95 % of the time', () => {
  const [{ quantiles }] = residuals({
    kind: 'regression',
    truth: Float64Array.from({ length: 100 }, (_, i) => i + 1),
    predicted: new Float64Array(100),
  }) as [ReturnType<typeof residuals>[number], ...unknown[]];
  // Of 100 values the 40th and the 61st. Hahn & Meeker 1991, table A.15.
  expect(quantiles.find(({ p }) => p === 0.5)).toEqual({ p: 0.5, value: 50.5, low: 40, high: 61 });
  expect(quantiles.find(({ p }) => p === 1)).toEqual({ p: 1, value: 100 });
});
