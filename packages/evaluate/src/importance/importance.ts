import { normal, random } from '@vitrine/data';
import type { ClassificationMetric, Metric, RegressionMetric } from '../prediction/metric.js';
import { whole, type Outcome } from '../prediction/outcome.js';
import { deviation } from '../statistics/bootstrap.js';

/** Groups of rows that are left out in turn. */
const GROUPS = 20;
/** Student's t of 95 %, for 19 degrees of freedom down to 1. */
const T_95 = [
  12.71, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11, 2.101, 2.093,
];

/** A metric of all rows, and without each group of rows in turn. */
export interface MetricJudged {
  readonly value: number;
  readonly leftOut: Float64Array;
  /**
   * Where a feature is permuted: by how much the metric changes with it, without the rows that got it from a row of the group.
   */
  readonly withoutDonors: Float64Array | undefined;
}

/** Predictions with a feature permuted: the row that each row has it from, and the predictions as they were. */
export interface Exchanged {
  readonly donors: ArrayLike<number>;
  readonly before: Outcome;
}

/** What a metric says of predictions; `k` is the class, where it is of one. */
export function judgedBy(outcome: Outcome, metric: AnyMetric, k = -1, exchanged?: Exchanged): MetricJudged {
  const { counts } = whole(outcome);
  const rows = counts.length;
  const groups = Math.min(GROUPS, rows);
  const of = metric.of as Metric['of'];
  // Metrics ask a sample as it is given: one array serves all.
  const left = new Float64Array(rows);
  const kept =
    (groupOf: (row: number) => number) =>
    (group: number): Float64Array => {
      for (let row = 0; row < rows; row++) left[row] = Number(groupOf(row) !== group);
      return left;
    };
  const without = kept((row) => row % groups);
  const withoutDonors = exchanged && kept((row) => exchanged.donors[row]! % groups);
  const each = (act: (group: number) => number): Float64Array => Float64Array.from({ length: groups }, (_, group) => act(group));
  return {
    value: of({ outcome, counts }, k),
    leftOut: each((group) => of({ outcome, counts: without(group) }, k)),
    withoutDonors:
      withoutDonors &&
      each((group) => {
        const others = withoutDonors(group);
        return of({ outcome, counts: others }, k) - of({ outcome: exchanged.before, counts: others }, k);
      }),
  };
}

/** A metric of either task: it is asked about predictions of its own. */
type AnyMetric = ClassificationMetric | RegressionMetric | Metric;

/** How much worse predictions become when a feature says nothing. */
export interface Importance {
  /** Mean over repeats. */
  readonly importance: number;
  /** Over other rows and other permutations: delete-a-group jackknife (Kott 2001). */
  readonly standardError: number;
  readonly low: number;
  readonly high: number;
  /** Of the mean over repeats: over other permutations of the same rows. */
  readonly repeatError: number;
  /** The metric with the feature permuted by that as it is (Fisher, Rudin and Dominici 2019, model reliance); NaN where a metric of 0 cannot be compared with. */
  readonly ratio: number;
  readonly repeats: readonly number[];
  /** Without each group of rows in turn. */
  readonly leftOut: Float64Array;
}

/**
 * Permutation importance from a metric as it is and with a feature permuted. Breiman 2001, section 10; Fisher, Rudin and Dominici 2019, eq. 3.
 *
 * A row counts twice: where it is predicted, and where its feature goes to another row. Leaving out a group of rows in both roles moves the mean by its influence, as the
 * jackknife has it, and by chance: by which rows the others of the pairs were. With K repeats that adds as much as one repeat's jackknife over K, which is taken off.
 */
export function importanceOf(base: MetricJudged, permuted: readonly MetricJudged[], better: Metric['better']): Importance {
  const sign = better === 'lower' ? 1 : -1;
  const repeats = permuted.map(({ value }) => sign * (value - base.value));
  const importance = mean(repeats);
  const repeatError = repeats.length < 2 ? NaN : deviation(repeats) / Math.sqrt(repeats.length);
  const leftOut = base.leftOut.map((value, group) => {
    const predicted = mean(permuted.map((one) => one.leftOut[group]!)) - value;
    const given = mean(permuted.map((one) => (one.withoutDonors === undefined ? 0 : one.withoutDonors[group]! - one.value + base.value)));
    return sign * (predicted + given);
  });
  const groups = leftOut.length;
  const single = ({ leftOut: own }: MetricJudged): number => jackknife(own.map((value, group) => value - base.leftOut[group]!));
  const chance = mean(permuted.map((one) => (one.withoutDonors === undefined ? 0 : single(one)))) / permuted.length;
  const standardError = Math.sqrt(Math.max(jackknife(leftOut) - chance, repeatError ** 2 || 0));
  const margin = (T_95[groups - 2] ?? NaN) * standardError;
  return {
    importance,
    standardError: groups < 2 ? NaN : standardError,
    low: importance - margin,
    high: importance + margin,
    repeatError,
    ratio: base.value === 0 ? NaN : mean(permuted.map(({ value }) => value)) / base.value,
    repeats,
    leftOut,
  };
}

/** Variance of what was computed without each group in turn. */
function jackknife(leftOut: Float64Array): number {
  const centre = mean(leftOut);
  return ((leftOut.length - 1) / leftOut.length) * leftOut.reduce((sum, value) => sum + (value - centre) ** 2, 0);
}

function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}

const DRAWS = 1000;

/** Places by importance, 1 for the greatest, and the share of other data sets in which each is among the first so many, as the jackknife tells how they would vary together. */
export function placesOf(all: readonly Importance[], seed: number): readonly { readonly place: number; readonly certainty: number }[] {
  const order = [...all.keys()].toSorted((a, b) => all[b]!.importance - all[a]!.importance || a - b);
  const gauss = normal(random(seed, 'order of importance'));
  const groups = all[0]?.leftOut.length ?? 0;
  const centres = all.map(({ leftOut }) => mean(leftOut));
  const within = new Float64Array(all.length);
  for (let draw = 0; draw < DRAWS; draw++) {
    const z = Array.from({ length: groups }, gauss);
    const drawn = order.map(
      (i) =>
        all[i]!.importance +
        Math.sqrt((groups - 1) / groups) * z.reduce((sum, factor, g) => sum + factor * (all[i]!.leftOut[g]! - centres[i]!), 0),
    );
    const sorted = drawn.toSorted((a, b) => b - a);
    drawn.forEach((value, k) => (within[k]! += Number(value >= sorted[k]!)));
  }
  const places: { readonly place: number; readonly certainty: number }[] = [];
  order.forEach((i, k) => (places[i] = { place: k + 1, certainty: within[k]! / DRAWS }));
  return places;
}
