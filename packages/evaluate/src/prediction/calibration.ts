import { lazily } from '../lazily.js';
import type { Classified, Sample } from './outcome.js';
import { placesOf } from '../statistics/order.js';

/** As Guo et al. 2017 have it. */
export const BINS = 15;

/** Probabilities, and whether what they speak of was true, from the lowest to the highest. */
export interface Claims {
  readonly rows: Int32Array;
  readonly probability: Float64Array;
  readonly held: Uint8Array;
}

function claims(outcome: Classified, classOf: (row: number) => number): Claims {
  const width = outcome.classes.length;
  const at = (row: number): number => outcome.scores![row * width + classOf(row)]!;
  const rows = placesOf(outcome.truth.length).sort((a, b) => at(a) - at(b));
  return {
    rows,
    probability: Float64Array.from(rows, at),
    held: Uint8Array.from(rows, (row) => (outcome.truth[row] === classOf(row) ? 1 : 0)),
  };
}

/** Of each row, that it is of the class predicted. */
const ofPredicted = lazily((outcome: Classified) => claims(outcome, (row) => outcome.predicted[row]!));
const ofClass = lazily<Classified, Map<number, Claims>>(() => new Map());

/** Of the class predicted, or that each row is of class k. */
export function claimsOf(outcome: Classified, k?: number): Claims {
  if (k === undefined) return ofPredicted(outcome);
  const kept = ofClass(outcome);
  const found = kept.get(k) ?? claims(outcome, () => k);
  kept.set(k, found);
  return found;
}

/** Rows of about one probability. */
export interface Bin {
  readonly count: number;
  /** Means over the bin, NaN where it is empty. */
  readonly probability: number;
  readonly frequency: number;
  readonly held: number;
  readonly low: number;
  readonly high: number;
}

/** Bins as wide as each other. */
export function evenBins({ rows, probability, held }: Claims, counts: Float64Array, bins = BINS): readonly Bin[] {
  const [size, sum, right] = [new Float64Array(bins), new Float64Array(bins), new Float64Array(bins)];
  for (let i = 0; i < rows.length; i++) {
    const count = counts[rows[i]!]!;
    const bin = binAt(probability[i]!, bins);
    size[bin]! += count;
    sum[bin]! += count * probability[i]!;
    right[bin]! += count * held[i]!;
  }
  return Array.from(size, (count, bin) => binOf(count, sum[bin]!, right[bin]!, bin / bins, (bin + 1) / bins));
}

/** Which of (0, 1/bins], (1/bins, 2/bins] … a probability lies in, 0 in the first. */
function binAt(p: number, bins: number): number {
  const about = Math.min(bins - 1, Math.max(0, Math.ceil(p * bins) - 1));
  // The product may be rounded across the edge.
  if (about > 0 && p <= about / bins) return about - 1;
  return about < bins - 1 && p > (about + 1) / bins ? about + 1 : about;
}

/** Bins that hold as many rows as each other, as far as equal probabilities stay together. */
export function fullBins({ rows, probability, held }: Claims, counts: Float64Array, bins = BINS): readonly Bin[] {
  const all = counts.reduce((sum, count) => sum + count, 0);
  const result: Bin[] = [];
  let [size, sum, right, before, low] = [0, 0, 0, 0, NaN];
  for (let i = 0; i < rows.length; i++) {
    const count = counts[rows[i]!]!;
    if (count === 0) continue;
    if (size === 0) low = probability[i]!;
    size += count;
    sum += count * probability[i]!;
    right += count * held[i]!;
    if (probability[i] !== probability[i + 1] && before + size >= ((result.length + 1) * all) / bins - 1e-9) {
      result.push(binOf(size, sum, right, low, probability[i]!));
      before += size;
      [size, sum, right] = [0, 0, 0];
    }
  }
  return size > 0 ? [...result, binOf(size, sum, right, low, probability.at(-1)!)] : result;
}

const binOf = (count: number, sum: number, held: number, low: number, high: number): Bin => ({
  count,
  probability: sum / count,
  frequency: held / count,
  held,
  low,
  high,
});

/** How far what was said is from what came, bin by bin: the mean, and the most. */
export function gaps(bins: readonly Bin[]): { readonly mean: number; readonly most: number } {
  const own = bins.filter(({ count }) => count > 0);
  const all = own.reduce((sum, { count }) => sum + count, 0);
  const gap = ({ probability, frequency }: Bin): number => Math.abs(probability - frequency);
  return { mean: own.reduce((sum, bin) => sum + (bin.count / all) * gap(bin), 0), most: Math.max(...own.map(gap)) };
}

export type Binning = (claims: Claims, counts: Float64Array) => readonly Bin[];
export const gapsOf = ({ outcome, counts }: Sample<Classified>, binning: Binning, k?: number): ReturnType<typeof gaps> =>
  gaps(binning(claimsOf(outcome, k), counts));
