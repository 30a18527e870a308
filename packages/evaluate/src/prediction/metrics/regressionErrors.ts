import { lazily } from '../../lazily.js';
import { quantileInterval } from '../../statistics/order.js';
import { allRows, total, type RegressionMetric } from '../metric.js';
import type { Estimated, Sample } from '../outcome.js';

const common = { task: 'regression', per: 'model', needs: 'labels', support: allRows } as const;

/** The mean over rows of an error that each row has by itself. */
const mean =
  (error: (truth: number, predicted: number) => number) =>
  ({ outcome: { truth, predicted }, counts }: Sample<Estimated>): number => {
    let sum = 0;
    for (let i = 0; i < truth.length; i++) if (counts[i]! > 0) sum += counts[i]! * error(truth[i]!, predicted[i]!);
    return sum / total(counts);
  };

const squared = mean((truth, predicted) => (truth - predicted) ** 2);

const averaged = (
  row: Pick<RegressionMetric, 'name' | 'title' | 'meaning' | 'source' | 'of'> & Partial<RegressionMetric>,
): RegressionMetric => ({
  ...common,
  better: 'lower',
  undefinedWhere: 'there are no rows',
  interval: 'bootstrap',
  ...row,
});

export const mae = averaged({
  name: 'mae',
  title: 'Mean absolute error',
  meaning: 'the mean of |y − ŷ|',
  source: 'Willmott & Matsuura 2005',
  of: mean((truth, predicted) => Math.abs(truth - predicted)),
});

export const mse = averaged({
  name: 'mse',
  title: 'Mean squared error',
  meaning: 'the mean of (y − ŷ)²',
  source: 'Hastie et al. 2009, 2.4',
  of: squared,
});

export const rmse = averaged({
  name: 'rmse',
  title: 'Root mean squared error',
  meaning: 'the root of the mean of (y − ŷ)²: in the unit of y, large errors counting more',
  source: 'Willmott & Matsuura 2005',
  of: (sample) => Math.sqrt(squared(sample)),
});

export const mape = averaged({
  name: 'mape',
  title: 'Mean absolute percentage error',
  meaning: 'the mean of |y − ŷ| / |y|: 0.1 is 10 %',
  source: 'de Myttenaere et al. 2016',
  of: mean((truth, predicted) => (truth === 0 ? NaN : Math.abs((truth - predicted) / truth))),
  undefinedWhere: 'a true value is 0',
});

export const r2 = averaged({
  name: 'r2',
  title: 'R²',
  meaning: 'how much less the predictions miss than the mean does: 1 − Σ(y − ŷ)² / Σ(y − ȳ)²',
  source: 'Draper & Smith 1998, 1.3',
  better: 'higher',
  of(sample) {
    const { outcome, counts } = sample;
    const rows = total(counts);
    const centre = outcome.truth.reduce((sum, y, i) => sum + counts[i]! * y, 0) / rows;
    const spread = outcome.truth.reduce((sum, y, i) => sum + counts[i]! * (y - centre) ** 2, 0);
    return spread === 0 ? NaN : 1 - (squared(sample) * rows) / spread;
  },
  undefinedWhere: 'all true values are the same',
});

const absoluteErrors = lazily(({ truth, predicted }: Estimated) => truth.map((y, i) => Math.abs(y - predicted[i]!)));
const inOrder = lazily((outcome: Estimated) => {
  const errors = absoluteErrors(outcome);
  return Int32Array.from(errors.keys()).sort((a, b) => errors[a]! - errors[b]!);
});

export const medianAbsoluteError = averaged({
  name: 'median-ae',
  title: 'Median absolute error',
  meaning: 'what |y − ŷ| stays below in half of the rows',
  source: 'Hahn & Meeker 1991, 5.2 (interval)',
  of({ outcome, counts }) {
    const [errors, half] = [absoluteErrors(outcome), total(counts) / 2];
    let [seen, below] = [0, NaN];
    for (const i of inOrder(outcome)) {
      if (counts[i] === 0) continue;
      if (!Number.isNaN(below)) return (below + errors[i]!) / 2;
      seen += counts[i]!;
      if (seen > half) return errors[i]!;
      if (seen === half) below = errors[i]!;
    }
    return below;
  },
  interval: {
    name: 'order statistics',
    at: ({ outcome }, _, z) => quantileInterval(absoluteErrors(outcome).toSorted(), 0.5, z),
  },
});
