import { RuntimeError } from '@vitrine/runtime';
import { permutation } from '../perturbation/coalition.js';
import { growForest, leavesOf, nearness, rootGains, type Forest, type ForestOptions } from '../training/forest.js';
import type { Table } from '../training/tree.js';
import { explained, lineOf, sumsOf, type Line } from './line.js';

/** Every fifth example is held out, and at least so many. */
const [HELD_OUT, LEAST] = [0.2, 5];
/** Most columns that the number of parts is chosen among, and most held-out examples that it is chosen on. */
const [MOST_COLUMNS, MOST_TRIED] = [100, 200];

export interface LinesOptions extends ForestOptions {
  /** How many parts lines use; 0 for as many as predict held-out examples best. */
  readonly features: number;
  /** What the squares of slopes cost, in columns that vary by 1. */
  readonly ridge: number;
}

/** Examples and their scores. */
export interface Scored {
  readonly table: Table;
  readonly y: Float64Array;
}

/** A forest of scores, and the lines that are fitted to the neighbours it tells. */
export interface Lines {
  readonly forest: Forest;
  /** Examples that the forest was grown on, and others. */
  readonly grown: Scored;
  readonly heldOut: Scored;
  /** The share of the scores' variance that lines tell of held-out examples, each near its own, and of how many. */
  readonly tells: { readonly share: number | undefined; readonly count: number };
  /** The line near an example, and what its neighbours weigh: of those the forest was grown on, and of those held out. */
  near(x: Float64Array): { readonly line: Line; readonly weights: Float64Array; readonly others: Float64Array };
}

/**
 * Learns a forest and how many parts its lines take; `of` are the columns of each part. Those that the roots of the trees gain most by come
 * first. @throws RuntimeError 'cancelled'
 */
export async function learnLines(
  { table, y }: Scored,
  of: readonly (readonly number[])[],
  given: LinesOptions,
  random: (label: string) => () => number,
  signal?: AbortSignal,
): Promise<Lines> {
  const drawn = permutation(y.length, random('held-out'));
  const cut = y.length - Math.max(LEAST, Math.round(HELD_OUT * y.length));
  const [grown, heldOut] = [taken({ table, y }, drawn.subarray(0, cut).toSorted()), taken({ table, y }, drawn.subarray(cut).toSorted())];
  const forest = await growForest(grown.table, grown.y, given, random('forest'), pausing(signal));
  const parts = ranked(rootGains(forest, table.columns), of);
  const widths = parts.map((_, i) => parts.slice(0, i + 1).reduce((n, p) => n + of[p]!.length, 0));
  const counts = given.features > 0 ? [Math.min(given.features, parts.length)] : tried(widths);
  const tries = counts.map((count) => widths[count - 1]!);
  const order = parts.slice(0, counts.at(-1)).flatMap((p) => of[p]!);
  const told = heldOutTold(grown, heldOut, forest, order, tries, given.ridge);
  const errors = told.map((list) => list.reduce((sum, v, i) => sum + (v - heldOut.y[i]!) ** 2, 0));
  const best = errors.indexOf(Math.min(...errors));
  const [used, count] = [tries[best]!, told[best]!.length];
  const leaves = leavesOf(forest.trees, heldOut.table);
  return {
    forest,
    grown,
    heldOut,
    tells: { share: explained(heldOut.y.subarray(0, count), told[best]!, new Float64Array(count).fill(1)), count },
    near(x) {
      const weights = nearness(forest, x);
      const line = lineOf(sumsOf(grown.table, grown.y, weights, order.slice(0, used)), used, given.ridge);
      return { line, weights, others: nearness(forest, x, 0, leaves) };
    },
  };
}

function taken({ table: { values, columns }, y }: Scored, rows: Uint32Array): Scored {
  const some = new Float64Array(rows.length * columns);
  rows.forEach((row, i) => some.set(values.subarray(row * columns, (row + 1) * columns), i * columns));
  return { table: { values: some, columns }, y: Float64Array.from(rows, (row) => y[row]!) };
}

/** Parts that have columns, those with the greatest gains first. */
function ranked(gains: Float64Array, of: readonly (readonly number[])[]): readonly number[] {
  const gainOf = (p: number): number => of[p]!.reduce((sum, c) => sum + gains[c]!, 0);
  return [...of.keys()].filter((p) => of[p]!.length > 0).toSorted((a, b) => gainOf(b) - gainOf(a) || a - b);
}

/** Numbers of parts to try: one more each time, later half as many more, while their columns are few enough. */
function tried(widths: readonly number[]): readonly number[] {
  const counts: number[] = [];
  for (let n = 1; n <= widths.length && (n === 1 || widths[n - 1]! <= MOST_COLUMNS); n = Math.max(n + 1, Math.floor(n * 1.3)))
    counts.push(n);
  return counts;
}

/** What lines of so many columns say of held-out examples, each line fitted near its example. */
function heldOutTold(
  { table, y }: Scored,
  heldOut: Scored,
  forest: Forest,
  order: readonly number[],
  widths: readonly number[],
  ridge: number,
): readonly Float64Array[] {
  const count = Math.min(MOST_TRIED, heldOut.y.length);
  const told = widths.map(() => new Float64Array(count));
  for (let row = 0; row < count; row++) {
    const start = row * table.columns;
    const sums = sumsOf(table, y, nearness(forest, heldOut.table.values, start), order);
    widths.forEach((width, k) => (told[k]![row] = lineOf(sums, width, ridge).at(heldOut.table.values, start)));
  }
  return told;
}

/** Lets others have a turn between trees, and stops where the question is cancelled. */
const pausing = (signal: AbortSignal | undefined) => async (): Promise<void> => {
  await new Promise((resolve) => setTimeout(resolve, 0));
  if (signal?.aborted) throw new RuntimeError('cancelled', 'cancelled');
};
