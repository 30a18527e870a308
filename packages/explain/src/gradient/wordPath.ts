import type { Vocabulary } from './vocabulary.js';

/** How the next word of a path is chosen among the neighbours of the last. */
export const strategies = ['greedy', 'maxcount'] as const;
export type Strategy = (typeof strategies)[number];

export interface WordPathOptions {
  readonly steps: number;
  readonly strategy: Strategy;
  readonly neighbours: number;
}

export interface WordPath {
  readonly points: readonly Float32Array[];
  /** The words by which it goes, in order. */
  readonly words: readonly number[];
}

/**
 * A path from each vector `from` to its `to` by way of words: `from`, then for each step a point as near to a word as stays between
 * the point before and `to` in every element, and `to` at the end. Words are chosen among the neighbours of the word before, none
 * twice. Sanyal and Ren 2021, section 3.
 */
export async function wordPaths(
  vocabulary: Vocabulary,
  ends: readonly { readonly from: Float32Array; readonly to: Float32Array }[],
  { steps, strategy, neighbours }: WordPathOptions,
): Promise<readonly WordPath[]> {
  const walks = ends.map(({ from, to }) => ({ to, word: from as Float32Array | undefined, seen: new Set<number>(), path: [from] }));
  const near = new Map<Float32Array, readonly number[]>();
  for (let step = 0; step < steps; step++) {
    const walking = walks.flatMap(({ word }) => (word === undefined ? [] : [word]));
    const fresh = [...new Set(walking)].filter((word) => !near.has(word));
    // One more, because a word is the nearest to itself.
    (await vocabulary.nearest(fresh, neighbours + 1)).forEach((ids, i) => near.set(fresh[i]!, ids));
    for (const walk of walks) {
      const { word, to, seen, path } = walk;
      const next = word && (await nextWord(vocabulary, word, to, { ids: near.get(word)!, seen, start: path[0]!, steps, strategy }));
      // Where no word is left, the path goes straight to its end.
      walk.word = next?.vector;
      if (next !== undefined) seen.add(next.id);
      path.push(monotonic(next?.vector ?? to, path.at(-1)!, to, steps));
    }
  }
  return walks.map(({ path, to, seen }) => ({ points: [...path, to], words: [...seen] }));
}

interface Choice {
  readonly ids: readonly number[];
  readonly seen: ReadonlySet<number>;
  readonly start: Float32Array;
  readonly steps: number;
  readonly strategy: Strategy;
}

/** The neighbour that has to be moved least to lie between the word and the end: by distance, or by the number of elements that have to move. */
async function nextWord(
  vocabulary: Vocabulary,
  word: Float32Array,
  to: Float32Array,
  { ids, seen, start, steps, strategy }: Choice,
): Promise<{ readonly id: number; readonly vector: Float32Array } | undefined> {
  const open = ids.filter((id) => !seen.has(id));
  const vectors = await vocabulary.rows(open);
  let best: { readonly id: number; readonly vector: Float32Array } | undefined;
  let least = Infinity;
  vectors.forEach((vector, i) => {
    if (same(vector, word) || same(vector, to) || same(vector, start)) return;
    const cost = costs[strategy](vector, word, to, steps);
    if (cost < least) [best, least] = [{ id: open[i]!, vector }, cost];
  });
  return best;
}

const between = (v: number, from: number, to: number): boolean => (from <= to ? v >= from && v <= to : v <= from && v >= to);

/** `vector`, its elements that do not lie between `from` and `to` replaced by a step on the straight line. */
function monotonic(vector: Float32Array, from: Float32Array, to: Float32Array, steps: number): Float32Array {
  return vector.map((v, i) => (between(v, from[i]!, to[i]!) ? v : from[i]! - (from[i]! - to[i]!) / steps));
}

type Cost = (vector: Float32Array, from: Float32Array, to: Float32Array, steps: number) => number;

const costs: { readonly [S in Strategy]: Cost } = {
  greedy(vector, from, to, steps) {
    let sum = 0;
    for (let i = 0; i < vector.length; i++) {
      const v = vector[i]!;
      if (!between(v, from[i]!, to[i]!)) sum += (v - from[i]! + (from[i]! - to[i]!) / steps) ** 2;
    }
    return sum;
  },
  maxcount(vector, from, to) {
    let moved = 0;
    for (let i = 0; i < vector.length; i++) if (!between(vector[i]!, from[i]!, to[i]!)) moved++;
    return moved;
  },
};

function same(a: Float32Array, b: Float32Array): boolean {
  return a.every((v, i) => v === b[i]);
}
