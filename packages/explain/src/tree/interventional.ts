import { branches, valueOf, type Forest } from './forest.js';

/**
 * Shapley values of trees where an absent feature has the value of a background row, averaged over rows (Lundberg et al. 2020, algorithm 3).
 *
 * Only leaves count that an example made of x and a row z can reach. With U the features on the way whose tests only x passes, and V those that only z
 * passes, such a leaf adds its value to every set that holds U and nothing of V: each of U counts (u−1)! v! / (u+v)! of it, each of V minus u! (v−1)! / (u+v)!.
 */

/** Called with a leaf that row number `row` and a background row reach together: its value, and who must come from the one, and from the other. */
type Visit = (row: number, value: number, own: Int32Array, u: number, others: Int32Array, v: number) => void;

const [FREE, OWN, OTHER] = [0, 1, 2] as const;

/** Goes over the leaves that each row and each background row reach together. Nodes where a row turns are looked up once for a tree. */
export function reached(
  forest: Forest,
  players: Int32Array,
  count: number,
  rows: readonly Float64Array[],
  background: readonly Float64Array[],
  visit: Visit,
): void {
  const { roots, feature, value } = forest;
  const largest = roots.reduce((most, root, t) => Math.max(most, root - (roots[t - 1] ?? 0)), 0);
  const side = new Uint8Array(count);
  const [own, others] = [new Int32Array(count), new Int32Array(count)];
  /** Branches for z that are left: node, length of `own`, length of `others`, player. */
  const waiting = new Int32Array(4 * (largest + 1));
  const turns = background.map(() => new Int32Array(largest));
  const mine = new Int32Array(largest);
  const player = new Int32Array(largest);
  for (let tree = 0; tree + 1 < roots.length; tree++) {
    const start = roots[tree]!;
    const size = roots[tree + 1]! - start;
    if (size === 1) continue;
    for (let i = 0; i < size; i++) player[i] = feature[start + i]! < 0 ? -1 : players[feature[start + i]!]!;
    background.forEach((z, b) => branches(forest, tree, z, turns[b]!));
    rows.forEach((x, r) => {
      branches(forest, tree, x, mine);
      for (const theirs of turns) {
        let [node, u, v, left] = [0, 0, 0, 0];
        for (;;) {
          const p = player[node]!;
          if (p >= 0) {
            const [here, there] = [mine[node]!, theirs[node]!];
            if (here === there) node = here;
            else if (side[p] === FREE) {
              waiting[left] = there;
              waiting[left + 1] = u;
              waiting[left + 2] = v;
              waiting[left + 3] = p;
              left += 4;
              side[p] = OWN;
              own[u++] = p;
              node = here;
            } else node = side[p] === OWN ? here : there;
            continue;
          }
          visit(r, value[start + node]!, own, u, others, v);
          if (left === 0) break;
          left -= 4;
          node = waiting[left]!;
          while (u > waiting[left + 1]!) side[own[--u]!] = FREE;
          while (v > waiting[left + 2]!) side[others[--v]!] = FREE;
          const turned = waiting[left + 3]!;
          side[turned] = OTHER;
          others[v++] = turned;
        }
        while (u > 0) side[own[--u]!] = FREE;
        while (v > 0) side[others[--v]!] = FREE;
      }
    });
  }
}

/** a! b! / (a+b+1)!, row by row of most + 1. */
export function betas(most: number): Float64Array {
  const table = new Float64Array((most + 1) * (most + 1));
  for (let a = 0; a <= most; a++) {
    let beta = 1 / (a + 1);
    for (let b = 0; b <= most; b++) {
      if (b > 0) beta *= b / (a + b + 1);
      table[a * (most + 1) + b] = beta;
    }
  }
  return table;
}

/** Adds values to `values` [R, players], for rows and background rows of [columns]. */
export function interventional(
  forest: Forest,
  players: Int32Array,
  count: number,
  rows: readonly Float64Array[],
  background: readonly Float64Array[],
  values: Float64Array,
): void {
  const width = count + 1;
  const beta = betas(count);
  const each = 1 / background.length;
  reached(forest, players, count, rows, background, (row, value, own, u, others, v) => {
    const at = row * count;
    if (u > 0) {
      const part = each * value * beta[(u - 1) * width + v]!;
      for (let k = 0; k < u; k++) values[at + own[k]!]! += part;
    }
    if (v > 0) {
      const part = each * value * beta[(v - 1) * width + u]!;
      for (let k = 0; k < v; k++) values[at + others[k]!]! -= part;
    }
  });
}

/** The mean over background rows. */
export const mean = (forest: Forest, background: readonly Float64Array[]): number =>
  background.reduce((sum, z) => sum + valueOf(forest, z), 0) / background.length;
