import { binomialCdf } from './distributions.js';
import { levelOf, type Interval } from './interval.js';

/** 0, 1, … as places of all rows. */
export function placesOf(count: number): Int32Array<ArrayBuffer> {
  const places = new Int32Array(count);
  for (let i = 0; i < count; i++) places[i] = i;
  return places;
}

/** Ranks from 1, those who tie sharing the mean of theirs. */
export function ranks(values: ArrayLike<number>): Float64Array {
  const order = placesOf(values.length).sort((a, b) => values[a]! - values[b]!);
  const result = new Float64Array(values.length);
  for (let start = 0; start < order.length;) {
    let end = start;
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++;
    for (let i = start; i < end; i++) result[order[i]!] = (start + end + 1) / 2;
    start = end;
  }
  return result;
}

/**
 * Of the p-quantile of what sorted values were drawn from, whatever its distribution: two of the values, or nothing where so few of them reach no
 * such confidence. Hahn & Meeker 1991, 5.2.
 */
export function quantileInterval(sorted: ArrayLike<number>, p: number, z: number): Interval | undefined {
  const n = sorted.length;
  const outside = (1 - levelOf(z)) / 2;
  const low = first(n, (k) => binomialCdf(k, n, p) > outside);
  const high = first(n, (k) => binomialCdf(k, n, p) >= 1 - outside);
  return low === 0 || high === n ? undefined : { low: sorted[low - 1]!, high: sorted[high]! };
}

/** The first whole number below n from which on something holds, or n. */
function first(n: number, holds: (k: number) => boolean): number {
  let [low, high] = [0, n];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
