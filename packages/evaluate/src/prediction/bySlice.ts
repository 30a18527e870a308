import { MINIMUM, type Estimate, type Estimated as EstimatedValue } from '../estimate.js';
import { normalPValue } from '../statistics/distributions.js';
import { holm } from '../statistics/holm.js';
import { difference, pValueOf, Z_95, type Interval } from '../statistics/interval.js';
import { askedOf, evaluate, type Asked, type EvaluateOptions, type Measured } from './evaluate.js';
import { rowsOf, whole, type Outcome } from './outcome.js';
import { nameOf, type Slice } from './slices.js';
import { placesOf } from '../statistics/order.js';

/** A metric of a slice, beside the rows that are not in it. */
export interface MeasuredOfSlice extends Measured {
  /** The metric of the other rows; undefined where slice or others are too few. */
  readonly others?: number;
  /** How often chance alone makes slice and others as unlike. */
  readonly p?: number;
  /** p among all slices that this metric was told for. Holm 1979. */
  readonly holm?: number;
}

export interface SliceMeasured {
  readonly slice: string;
  readonly by: readonly string[];
  readonly values: readonly string[];
  readonly rows: number;
  readonly measured: readonly MeasuredOfSlice[];
}

/**
 * Metrics of each slice, and whether they differ from those of the other rows by more than chance. Where intervals are closed, the test is
 * whether that of the difference holds 0 (MOVER); else a normal one, the others' standard error being that of all rows, scaled by their number. `known` holds metrics of all rows, where they were told before.
 */
export function evaluateSlices(
  outcome: Outcome,
  slices: readonly Slice[],
  options: EvaluateOptions = {},
  known?: readonly Measured[],
): readonly SliceMeasured[] {
  if (slices.length === 0) return [];
  const { seed = 0 } = options;
  const asked = askedOf(outcome, options);
  const all = known ?? evaluate(outcome, options);
  const overall = asked.map(({ metric, k }) => all.find((one) => one.metric === metric.name && (one.of ?? -1) === k)!);
  const measured = slices.map(({ rows }, at) => {
    const own = rowsOf(outcome, rows);
    const others = rowsOf(outcome, complement(rows, outcome.truth.length));
    return evaluate(own, { ...options, seed: seed + at + 1 }).map((each, i) => ({
      ...each,
      ...compared(asked[i]!, { own, others, estimate: each.estimate, overall: overall[i]!.estimate }, options),
    }));
  });
  const adjusted = asked.map((_, i) => holm(measured.map((of) => of[i]!.p ?? NaN)));
  return slices.map((slice, at) => ({
    slice: nameOf(slice),
    by: slice.by,
    values: slice.values,
    rows: slice.rows.length,
    measured: measured[at]!.map((each, i) => (each.p === undefined ? each : { ...each, holm: adjusted[i]![at]! })),
  }));
}

/** Order statistics reach no further than the rows: beyond, a number may be anything. */
const ANYWHERE: Interval = { low: -Infinity, high: Infinity };

interface Pair {
  readonly own: Outcome;
  readonly others: Outcome;
  readonly estimate: Estimate;
  readonly overall: Estimate;
}

function compared(
  { metric, k }: Asked,
  pair: Pair,
  { minimum, z = Z_95 }: EvaluateOptions,
): { readonly others?: number; readonly p?: number } {
  const { own, others, estimate, overall } = pair;
  const [sample, rest] = [whole(own), whole(others)];
  const least = { ...MINIMUM, ...minimum };
  if (estimate.verdict !== 'estimated' || rest.counts.length < least.rows) return {};
  const support = metric.support(rest, k);
  if (support.events && support.count < least.events) return {};
  const value = metric.of(rest, k);
  if (Number.isNaN(value)) return {};
  if (metric.interval !== 'bootstrap') {
    const { at } = metric.interval;
    // Without an interval of either there is no test.
    if (at(sample, k, z) === undefined || at(rest, k, z) === undefined) return { others: value };
    const apart = (width: number): Interval =>
      difference({ value: estimate.value, ...(at(sample, k, width) ?? ANYWHERE) }, { value, ...(at(rest, k, width) ?? ANYWHERE) });
    return { others: value, p: pValueOf(apart, 0) };
  }
  const error = overall.verdict === 'estimated' ? scaledError(overall, others.truth.length, own.truth.length) : undefined;
  if (error === undefined || estimate.standardError === undefined) return { others: value };
  return { others: value, p: normalPValue((estimate.value - value) / Math.hypot(error, estimate.standardError)) };
}

const scaledError = ({ standardError }: EstimatedValue, others: number, own: number): number | undefined =>
  standardError === undefined ? undefined : standardError * Math.sqrt((others + own) / others);

function complement(rows: Int32Array, all: number): Int32Array {
  const inside = new Uint8Array(all);
  for (const row of rows) inside[row] = 1;
  return placesOf(all).filter((i) => inside[i] === 0);
}
