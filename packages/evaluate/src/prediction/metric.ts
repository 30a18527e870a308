import type { Interval } from '../statistics/interval.js';
import type { Classified, Estimated, Outcome, Sample } from './outcome.js';

/** How many rows a number rests on, and which. */
export interface Support {
  readonly count: number;
  /** As in "12 rows of the class". */
  readonly of: string;
  /** Whether fewer than the minimum of events are too few, rather than fewer than the minimum of rows. */
  readonly events: boolean;
}

/** An interval by a formula. */
export interface ClosedInterval<O extends Outcome> {
  readonly name: string;
  /** At z standard deviations to either side; undefined where there is none. */
  readonly at: (sample: Sample<O>, k: number, z: number) => Interval | undefined;
}

/** One way to say with a number how right predictions are. */
export interface Metric<O extends Outcome = Outcome> {
  readonly name: string;
  readonly title: string;
  /** What it measures, as a sentence that ends in its formula. */
  readonly meaning: string;
  readonly source: string;
  readonly task: O['kind'];
  /** Of the predictions as a whole, or of each class against the others. */
  readonly per: 'model' | 'class';
  readonly needs: 'labels' | 'scores' | 'probabilities';
  readonly better: 'higher' | 'lower';
  /** NaN where it is not defined. k is the class, where it is of one. */
  readonly of: (sample: Sample<O>, k: number) => number;
  /** Why it may be NaN. */
  readonly undefinedWhere: string;
  readonly support: (sample: Sample<O>, k: number) => Support;
  readonly interval: ClosedInterval<O> | 'bootstrap';
}

export type ClassificationMetric = Metric<Classified>;
export type RegressionMetric = Metric<Estimated>;

export const allRows = ({ counts }: Sample): Support => ({ count: total(counts), of: 'rows', events: false });

export function total(counts: Float64Array): number {
  let sum = 0;
  for (const count of counts) sum += count;
  return sum;
}
