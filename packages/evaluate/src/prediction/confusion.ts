import { lazily } from '../lazily.js';
import { wilson, Z_95 } from '../statistics/interval.js';
import { claimsOf, evenBins } from './calibration.js';
import { whole, type Classified, type Sample } from './outcome.js';

/** How often class i was taken for class j: [C,C], row by row. */
export const confusionOf = lazily(({ outcome, counts }: Sample<Classified>): Float64Array => {
  const { classes, truth, predicted } = outcome;
  const matrix = new Float64Array(classes.length ** 2);
  for (let i = 0; i < truth.length; i++) matrix[truth[i]! * classes.length + predicted[i]!]! += counts[i]!;
  return matrix;
});

/** Rows of one class that were predicted to be of one. */
export interface Confused {
  readonly truth: string;
  readonly predicted: string;
  readonly count: number;
  /** Of the rows of the true class, with its interval (Wilson); NaN where there are none. */
  readonly share: number;
  readonly low: number;
  readonly high: number;
}

/** All pairs of classes, row by row. */
export function confusions(outcome: Classified, z = Z_95): readonly Confused[] {
  const { classes } = outcome;
  const matrix = confusionOf(whole(outcome));
  return classes.flatMap((truth, i) => {
    const row = matrix.subarray(i * classes.length, (i + 1) * classes.length);
    const all = row.reduce((sum, count) => sum + count, 0);
    return classes.map((predicted, j) => ({ truth, predicted, count: row[j]!, share: row[j]! / all, ...wilson(row[j]!, all, z) }));
  });
}

/** Rows that were given about the same probability. */
export interface ReliabilityBin {
  /** Bounds of the bin. */
  readonly from: number;
  readonly to: number;
  readonly count: number;
  /** The mean of what was said, and how often it came, with its interval (Wilson). */
  readonly probability: number;
  readonly frequency: number;
  readonly low: number;
  readonly high: number;
}

/** Of class k, or of the class predicted. Empty bins are left out. */
export const reliability = (outcome: Classified, k: number | undefined, z = Z_95): readonly ReliabilityBin[] =>
  evenBins(claimsOf(outcome, k), whole(outcome).counts)
    .filter(({ count }) => count > 0)
    .map(({ count, probability, frequency, held, low, high }) => ({
      from: low,
      to: high,
      count,
      probability,
      frequency,
      ...wilson(held, count, z),
    }));
