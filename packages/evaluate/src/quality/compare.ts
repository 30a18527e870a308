import { bca, leaveOut, redraw } from '../statistics/bootstrap.js';
import { holm } from '../statistics/holm.js';
import { Z_95 } from '../statistics/interval.js';

/** A metric's values over examples, as one number with its interval. */
export interface Summed {
  /** The mean over examples where it is defined; NaN where there is none. */
  readonly mean: number;
  /** Ends of the interval of 95 %; undefined where examples do not differ, or there are fewer than three. */
  readonly low: number | undefined;
  readonly high: number | undefined;
  readonly count: number;
  /** Examples where it is not defined, or failed. */
  readonly missing: number;
}

const RESAMPLES = 2000;
const FEWEST = 3;

/** The mean of values, NaN left out, with its interval by resampling examples. Efron 1987. */
export function summed(values: readonly number[], uniform: () => number): Summed {
  const known = values.filter((v) => !Number.isNaN(v));
  const mean = known.reduce((a, b) => a + b, 0) / known.length;
  const base = { mean, count: known.length, missing: values.length - known.length };
  if (known.length < FEWEST) return { ...base, low: undefined, high: undefined };
  const counts = new Float64Array(known.length);
  const weighted = (): number => {
    let [sum, total] = [0, 0];
    for (const [i, v] of known.entries()) {
      sum += counts[i]! * v;
      total += counts[i]!;
    }
    return sum / total;
  };
  const replicates = Float64Array.from({ length: RESAMPLES }, () => (redraw(counts, uniform), weighted()));
  const interval = bca(mean, replicates, Array.from(leaveOut(counts), weighted), Z_95);
  return { ...base, low: interval?.low, high: interval?.high };
}

/** Whether two methods differ on the same examples. */
export interface Tested {
  readonly first: string;
  readonly second: string;
  /** The mean of first − second over examples where both are defined. */
  readonly difference: number;
  readonly count: number;
  /** How often chance alone gives as large a difference; NaN where there are fewer than two examples. */
  readonly p: number;
  /** The same, raised for all pairs that are looked at together. Holm 1979. */
  readonly adjusted: number;
}

const FLIPS = 9999;
/** With no more examples all flips of signs are looked at. */
const ALL_FLIPS = 13;

/** Each pair of methods, tested by flipping the signs of differences at random. Fisher 1935, section 21. */
export function tested(byMethod: ReadonlyMap<string, readonly number[]>, uniform: () => number): readonly Tested[] {
  const all = [...byMethod];
  const pairs = all.flatMap(([first, a], i) =>
    all.slice(i + 1).map(([second, b]) => {
      const differences = a.map((v, k) => v - b[k]!).filter((d) => !Number.isNaN(d));
      return {
        first,
        second,
        difference: differences.reduce((s, d) => s + d, 0) / differences.length,
        count: differences.length,
        p: flipped(differences, uniform),
      };
    }),
  );
  const adjusted = holm(pairs.map(({ p }) => p));
  return pairs.map((pair, i) => ({ ...pair, adjusted: adjusted[i]! }));
}

function flipped(differences: readonly number[], uniform: () => number): number {
  const count = differences.length;
  if (count < 2) return NaN;
  const size = (signs: (i: number) => number): number => Math.abs(differences.reduce((sum, d, i) => sum + signs(i) * d, 0));
  const seen = size(() => 1);
  // Rounding must not tell apart what is the same.
  const reaches = (s: number): boolean => s >= seen * (1 - 1e-12);
  let [extreme, all] = [0, 0];
  if (count <= ALL_FLIPS) {
    all = 2 ** count;
    for (let bits = 0; bits < all; bits++) if (reaches(size((i) => ((bits >> i) & 1 ? -1 : 1)))) extreme++;
    return extreme / all;
  }
  for (let k = 0; k < FLIPS; k++) if (reaches(size(() => (uniform() < 0.5 ? -1 : 1)))) extreme++;
  return (extreme + 1) / (FLIPS + 1);
}
