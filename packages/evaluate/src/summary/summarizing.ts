import { random } from '@vitrine/data';
import { percentiles, deviation } from '../statistics/bootstrap.js';
import { Z_95 } from '../statistics/interval.js';

/** What one feature counts over all rows. A row that lacks it, as a text lacks a word, counts 0. */
export interface FeatureSummary {
  readonly feature: number;
  /** Rows that have it. */
  readonly rows: number;
  readonly mean: number;
  /** Of the mean. */
  readonly meanError: number;
  readonly meanAbs: number;
  /** Of `meanAbs`, over resampled rows. */
  readonly standardError: number;
  readonly low: number;
  readonly high: number;
  /** Among rows that have it and in which it counts something, the share where that is above 0; NaN where there are none. */
  readonly positive: number;
  /** Among all features by `meanAbs`, 1 for the greatest. */
  readonly place: number;
  /** The share of resamples in which it is among the first `place`. */
  readonly certainty: number;
}

/** Takes rows one after the other and keeps none. */
export interface Summarizing {
  /** `features` by place, each once, and what each counts in the row. */
  add(features: ArrayLike<number>, values: ArrayLike<number>): void;
  /** The greatest first. */
  done(): readonly FeatureSummary[];
}

interface Sums {
  rows: number;
  sum: number;
  squares: number;
  abs: number;
  above: number;
  below: number;
  /** Of absolute values, in each resample. */
  readonly resampled: Float64Array;
}

/** Resamples, and numbers that they may take together. */
const [RESAMPLES, FEWEST, MOST_SUMS] = [1000, 200, 4e6];

/**
 * Sums over rows, and over Poisson resamples of them: each row is in each resample as often as a Poisson number of mean 1 says, so that no row needs to be kept
 * (Chamandy et al. 2012, "Estimating uncertainty for massive data streams"). The same rows in the same order and the same seed give the same numbers.
 * `features` is how many there are, where that is known.
 */
export function summarizing({ seed = 0, features }: { readonly seed?: number; readonly features?: number | undefined } = {}): Summarizing {
  const resamples = features === undefined ? FEWEST : Math.max(FEWEST, Math.min(RESAMPLES, Math.floor(MOST_SUMS / Math.max(1, features))));
  const uniform = random(seed, 'rows of the summary');
  const weights = new Uint8Array(resamples);
  const drawn = new Float64Array(resamples);
  const known = new Map<number, Sums>();
  let rows = 0;
  return {
    add(own, values) {
      rows++;
      for (let b = 0; b < resamples; b++) drawn[b]! += weights[b] = poisson(uniform());
      for (let i = 0; i < own.length; i++) {
        const sums = known.get(own[i]!) ?? {
          rows: 0,
          sum: 0,
          squares: 0,
          abs: 0,
          above: 0,
          below: 0,
          resampled: new Float64Array(resamples),
        };
        known.set(own[i]!, sums);
        const value = values[i]!;
        const abs = Math.abs(value);
        sums.rows++;
        sums.sum += value;
        sums.squares += value * value;
        sums.abs += abs;
        sums.above += Number(value > 0);
        sums.below += Number(value < 0);
        if (abs > 0) for (let b = 0; b < resamples; b++) sums.resampled[b]! += weights[b]! * abs;
      }
    },
    done() {
      const order = [...known].toSorted(([i, a], [j, b]) => b.abs - a.abs || i - j);
      const means = order.map(([, { resampled }]) => resampled.map((sum, b) => (drawn[b]! > 0 ? sum / drawn[b]! : NaN)));
      const certainties = certaintiesOf(means, resamples);
      return order.map(([feature, sums], k) => {
        const mean = sums.sum / rows;
        const { low, high } = percentiles([...means[k]!], Z_95);
        return {
          feature,
          rows: sums.rows,
          mean,
          meanError: Math.sqrt(Math.max(0, sums.squares / rows - mean * mean) / Math.max(1, rows - 1)),
          meanAbs: sums.abs / rows,
          standardError: deviation(means[k]!),
          low,
          high,
          positive: sums.above / (sums.above + sums.below),
          place: k + 1,
          certainty: certainties[k]!,
        };
      });
    },
  };
}

/** P(X ≤ k) of a Poisson number of mean 1. */
const UP_TO = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((_, k) =>
  Array.from({ length: k + 1 }, (__, i) => Math.exp(-1) / factorial(i)).reduce((a, b) => a + b),
);
function factorial(n: number): number {
  return n < 2 ? 1 : n * factorial(n - 1);
}
function poisson(u: number): number {
  let k = 0;
  while (k < UP_TO.length && u > UP_TO[k]!) k++;
  return k;
}

/** Of features in order, how often each is among the first so many as it is. means: [features] of [resamples] */
function certaintiesOf(means: readonly Float64Array[], resamples: number): Float64Array {
  const within = new Float64Array(means.length);
  const own = new Float64Array(means.length);
  for (let b = 0; b < resamples; b++) {
    means.forEach((mean, k) => (own[k] = mean[b]!));
    const sorted = own.toSorted();
    // Among the first k + 1: no smaller than the one in that place.
    means.forEach((_, k) => (within[k]! += Number(own[k]! >= sorted[means.length - 1 - k]!)));
  }
  return within.map((count) => count / resamples);
}
