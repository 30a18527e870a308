import { normalCdf, normalQuantile } from './distributions.js';
import { levelOf, type Interval } from './interval.js';

/** How often each of n rows is drawn, n times with replacement. Efron 1979. */
export function redraw(counts: Float64Array, uniform: () => number): Float64Array {
  counts.fill(0);
  for (let i = 0; i < counts.length; i++) counts[Math.floor(uniform() * counts.length)]!++;
  return counts;
}

/** More than this many groups add nothing to what the jackknife is for. */
const MOST_GROUPS = 200;

/** Leaves out each row in turn; of many rows, each of 200 groups in turn. */
export function* leaveOut(counts: Float64Array): Generator<Float64Array, undefined> {
  const groups = Math.min(counts.length, MOST_GROUPS);
  for (let group = 0; group < groups; group++) {
    for (let i = 0; i < counts.length; i++) counts[i] = i % groups === group ? 0 : 1;
    yield counts;
  }
}

/** Of replicates at least this share must exist. */
const LEAST_SHARE = 0.9;

/**
 * Bias-corrected and accelerated interval (BCa). Efron 1987. Undefined where the replicates do not differ, or where too many of them are NaN:
 * resampling tells nothing then.
 */
export function bca(value: number, replicates: ArrayLike<number>, leftOut: readonly number[], z: number): Interval | undefined {
  const sorted = Float64Array.from(replicates)
    .filter((v) => !Number.isNaN(v))
    .toSorted();
  const count = sorted.length;
  if (count < LEAST_SHARE * replicates.length || sorted[0] === sorted[count - 1]) return undefined;
  const below = sorted.reduce((sum, v) => sum + (v < value ? 1 : v === value ? 0.5 : 0), 0);
  // Where all replicates lie to one side, the correction is as large as their number can show.
  const bias = normalQuantile(Math.min(1 - 0.5 / count, Math.max(0.5 / count, below / count)));
  const acceleration = accelerationOf(leftOut.filter((v) => !Number.isNaN(v)));
  const end = (side: number): number => {
    const shifted = bias + side;
    return quantileOfSorted(sorted, normalCdf(bias + shifted / (1 - acceleration * shifted)));
  };
  return { low: end(-z), high: end(z) };
}

function accelerationOf(leftOut: readonly number[]): number {
  const mean = leftOut.reduce((sum, v) => sum + v, 0) / leftOut.length;
  let [square, cube] = [0, 0];
  for (const v of leftOut) {
    square += (mean - v) ** 2;
    cube += (mean - v) ** 3;
  }
  return square === 0 ? 0 : cube / (6 * square ** 1.5);
}

/** With the share p below it, on a line between neighbours. Hyndman & Fan 1996, type 7. */
export function quantileOfSorted(sorted: ArrayLike<number>, p: number): number {
  const at = p * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(at)]!, sorted[Math.ceil(at)]!];
  return low === high ? low : low + (high - low) * (at - Math.floor(at));
}

/** The middle of replicates that the level asks for. */
export function percentiles(replicates: readonly number[], z: number): Interval {
  const sorted = replicates.filter((v) => !Number.isNaN(v)).toSorted((a, b) => a - b);
  const outside = (1 - levelOf(z)) / 2;
  return { low: quantileOfSorted(sorted, outside), high: quantileOfSorted(sorted, 1 - outside) };
}

export function deviation(values: ArrayLike<number>): number {
  const own = Array.from(values).filter((v) => !Number.isNaN(v));
  const mean = own.reduce((sum, v) => sum + v, 0) / own.length;
  return Math.sqrt(own.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (own.length - 1));
}
