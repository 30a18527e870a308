import { ranks } from '../statistics/order.js';

/** Pearson's correlation; NaN where one of both does not vary. */
export function pearson(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const count = a.length;
  let [meanA, meanB] = [0, 0];
  for (let i = 0; i < count; i++) {
    meanA += a[i]! / count;
    meanB += b[i]! / count;
  }
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < count; i++) {
    const [u, v] = [a[i]! - meanA, b[i]! - meanB];
    ab += u * v;
    aa += u * u;
    bb += v * v;
  }
  // Rounding leaves a trace of variance in numbers that are all the same.
  const none = (square: number, mean: number): boolean => square <= count * (1e-12 * Math.abs(mean)) ** 2;
  return count < 2 || none(aa, meanA) || none(bb, meanB) ? NaN : ab / Math.sqrt(aa * bb);
}

/** Spearman's, those who tie sharing their rank. */
export const spearman = (a: ArrayLike<number>, b: ArrayLike<number>): number => pearson(ranks(a), ranks(b));
