import { fPValue } from '../../statistics/distributions.js';
import { noncentralFCdf, noncentrality } from '../../statistics/noncentral.js';
import type { Associated } from './correlation.js';

/**
 * η: how much of the spread of numbers lies between groups, as the root of its share. Pearson 1905; p-value by analysis of variance, interval by
 * the noncentral F distribution (Steiger 2004). NaN where numbers are constant or there is one group.
 */
export function correlationRatio(codes: Int32Array, values: Float64Array, z: number): Associated {
  const [sums, counts] = [new Map<number, number>(), new Map<number, number>()];
  for (const [i, code] of codes.entries()) {
    sums.set(code, (sums.get(code) ?? 0) + values[i]!);
    counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  const n = codes.length;
  const mean = values.reduce((sum, v) => sum + v, 0) / n;
  const all = values.reduce((sum, v) => sum + (v - mean) ** 2, 0);
  const between = [...sums].reduce((sum, [code, total]) => sum + counts.get(code)! * (total / counts.get(code)! - mean) ** 2, 0);
  const [above, below] = [counts.size - 1, n - counts.size];
  if (all === 0 || above === 0 || below <= 0) return { value: NaN, low: NaN, high: NaN, p: NaN };
  const share = Math.min(1, between / all);
  if (share === 1) return { value: 1, low: 1, high: 1, p: 0 };
  const f = share / above / ((1 - share) / below);
  const lambda = noncentrality((l) => noncentralFCdf(f, above, below, l), above * f, z);
  const eta = (l: number): number => Math.sqrt(l / (l + n));
  return { value: Math.sqrt(share), low: eta(lambda.low), high: eta(lambda.high), p: fPValue(f, above, below) };
}
