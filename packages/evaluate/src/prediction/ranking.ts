import { lazily } from '../lazily.js';
import type { Classified } from './outcome.js';

/** Rows from the highest score to the lowest. */
export interface Ranking {
  /** The row at each rank. */
  readonly rows: Int32Array;
  /** Whether it is what is looked for. */
  readonly positive: Uint8Array;
  readonly scores: Float64Array;
  /** Whether the next has another score: ties are told together. */
  readonly last: Uint8Array;
}

/** For all classes together: each score of each row stands for itself. */
export const ALL = -1;

const kept = lazily<Classified, Map<number, Ranking>>(() => new Map());

/** By the scores of class k, or of ALL. */
export function rankingOf(outcome: Classified, k: number): Ranking {
  const own = kept(outcome);
  const found = own.get(k) ?? ranked(outcome, k);
  own.set(k, found);
  return found;
}

function ranked({ classes, truth, scores }: Classified, k: number): Ranking {
  const width = classes.length;
  const places = Int32Array.from({ length: k === ALL ? scores!.length : truth.length }, (_, i) => (k === ALL ? i : i * width + k));
  places.sort((a, b) => scores![b]! - scores![a]!);
  const rows = places.map((place) => Math.floor(place / width));
  const inOrder = Float64Array.from(places, (place) => scores![place]!);
  return {
    rows,
    positive: Uint8Array.from(places, (place, rank) => (truth[rows[rank]!] === place % width ? 1 : 0)),
    scores: inOrder,
    last: Uint8Array.from(places, (_, rank) => (rank + 1 === places.length || inOrder[rank + 1] !== inOrder[rank] ? 1 : 0)),
  };
}

/** How many are found, and how many others with them, down to each score. */
export function walk(
  { rows, positive, last }: Ranking,
  counts: Float64Array,
  step: (found: number, others: number, rank: number) => void,
): void {
  let [found, others] = [0, 0];
  for (let rank = 0; rank < rows.length; rank++) {
    const count = counts[rows[rank]!]!;
    if (positive[rank]) found += count;
    else others += count;
    if (last[rank]) step(found, others, rank);
  }
}
