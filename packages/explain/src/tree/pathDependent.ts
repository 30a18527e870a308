import { quadratures } from '../quadrature.js';
import { branches, type Forest } from './forest.js';

/**
 * Shapley values of trees where an absent feature lets examples go both ways at a node, by cover (Lundberg et al. 2020, algorithm 1).
 *
 * At a leaf of value v whose path asks features j, v(S) = v Π over j in S of o_j · Π over the others of z_j: o_j is 1 where x passes all tests of
 * j on the way, z_j the share of examples that do. As s!(n−s−1)!/n! = ∫ tˢ(1−t)ⁿ⁻ˢ⁻¹ dt on [0,1] (Owen 1972), feature i counts
 * v (o_i − z_i) ∫ Π over j ≠ i of (t o_j + (1−t) z_j) dt, a polynomial that Gauss's rule integrates exactly with half as many points as there are features.
 * Products are carried down a tree and sums up it, so that a row takes time linear in its nodes (as in Yu et al. 2022, with points of another rule).
 */

/** What does not depend on the row, for one tree: nodes are counted from its root. */
export interface Tables {
  /** Points of the rule. */
  readonly points: number;
  readonly parent: Int32Array;
  /** Nearest node above whose feature is of the same player; −1 where there is none. */
  readonly before: Int32Array;
  readonly player: Int32Array;
  /** What the product is multiplied by, at each point. [3, nodes, points]: see `caseOf`. */
  readonly factor: Float64Array;
  /** What the sum below counts for the node's player, at each point, weighed. [3, nodes, points] */
  readonly share: Float64Array;
}

/** Whether x passes: 0, all tests so far and this one; 1, all so far and not this one; 2, not all so far. */
const [PASSES, LEAVES, LEFT] = [0, 1, 2] as const;

/** Tests that lead to a node: the player of the last, and the share of examples that pass those of the same player. */
export function edges(
  forest: Forest,
  tree: number,
  cover: Float64Array,
  players: Int32Array,
): { readonly before: Int32Array; readonly player: Int32Array; readonly zero: Float64Array; readonly most: number } {
  const { roots, parent, feature } = forest;
  const start = roots[tree]!;
  const size = roots[tree + 1]! - start;
  const [before, player, zero, distinct] = [
    new Int32Array(size).fill(-1),
    new Int32Array(size).fill(-1),
    new Float64Array(size),
    new Int32Array(size),
  ];
  zero[0] = 1;
  let most = 0;
  for (let i = 1; i < size; i++) {
    const up = parent[start + i]! - start;
    const own = players[feature[start + up]!]!;
    let above = up;
    while (above > 0 && player[above] !== own) above = parent[start + above]! - start;
    before[i] = above > 0 ? above : -1;
    player[i] = own;
    // Where no example came, both branches count the same.
    const ratio = cover[start + up] === 0 ? 0.5 : cover[start + i]! / cover[start + up]!;
    zero[i] = above > 0 ? ratio * zero[above]! : ratio;
    distinct[i] = distinct[up]! + (above > 0 ? 0 : 1);
    most = Math.max(most, distinct[i]!);
  }
  return { before, player, zero, most };
}

function tablesOf(forest: Forest, tree: number, cover: Float64Array, players: Int32Array): Tables {
  const start = forest.roots[tree]!;
  const size = forest.roots[tree + 1]! - start;
  const { before, player, zero, most } = edges(forest, tree, cover, players);
  const points = Math.max(1, Math.ceil(most / 2));
  const { points: at, weights } = quadratures['gauss-legendre'](points);
  const [factor, share] = [new Float64Array(3 * size * points), new Float64Array(3 * size * points)];
  const term = (one: 0 | 1, z: number, t: number): number => one * t + (1 - t) * z;
  const part = (one: 0 | 1, z: number, t: number): number => (one === 0 && z === 0 ? 0 : (one - z) / term(one, z, t));
  for (let i = 1; i < size; i++) {
    const q = before[i]!;
    const [z, y] = [zero[i]!, q < 0 ? 1 : zero[q]!];
    for (let k = 0; k < points; k++) {
      const t = at[k]!;
      for (const [kind, one, was] of [
        [PASSES, 1, 1],
        [LEAVES, 0, 1],
        [LEFT, 0, 0],
      ] as const) {
        const place = (kind * size + i) * points + k;
        const [old, oldPart] = q < 0 ? [1, 0] : [term(was, y, t), part(was, y, t)];
        factor[place] = old === 0 ? 0 : term(one, z, t) / old;
        share[place] = weights[k]! * (part(one, z, t) - oldPart);
      }
    }
  }
  return { points, parent: forest.parent.subarray(start, start + size).map((up) => up - start), before, player, factor, share };
}

/** Adds values to `values` [R, players], for rows of [columns]. */
export function pathDependent(
  forest: Forest,
  cover: Float64Array,
  players: Int32Array,
  count: number,
  rows: readonly Float64Array[],
  values: Float64Array,
): void {
  const { roots, value } = forest;
  for (let tree = 0; tree + 1 < roots.length; tree++) {
    const start = roots[tree]!;
    const size = roots[tree + 1]! - start;
    if (size === 1) continue;
    const tables = tablesOf(forest, tree, cover, players);
    const leaves = value.subarray(start, start + size);
    const isLeaf = Uint8Array.from({ length: size }, (_, i) => (forest.feature[start + i]! < 0 ? 1 : 0));
    const taken = new Int32Array(size);
    const scratch = {
      product: new Float64Array(size * tables.points),
      sum: new Float64Array(size * tables.points),
      passes: new Uint8Array(size),
      place: new Int32Array(size),
    };
    rows.forEach((x, r) => {
      branches(forest, tree, x, taken);
      down(tables, taken, isLeaf, leaves, scratch);
      up(tables, scratch, values, r * count);
    });
  }
}

interface Scratch {
  readonly product: Float64Array;
  readonly sum: Float64Array;
  readonly passes: Uint8Array;
  /** Where a node's row of the tables begins. */
  readonly place: Int32Array;
}

function down(
  { points, parent, before, factor }: Tables,
  taken: Int32Array,
  isLeaf: Uint8Array,
  leaves: Float64Array,
  { product, sum, passes, place }: Scratch,
): void {
  const size = parent.length;
  product.fill(1, 0, points);
  sum.fill(0, 0, points);
  for (let i = 1; i < size; i++) {
    const [from, q] = [parent[i]!, before[i]!];
    const so = q < 0 ? 1 : passes[q]!;
    const now = so & (taken[from] === i ? 1 : 0);
    passes[i] = now;
    const row = ((so === 0 ? LEFT : now === 1 ? PASSES : LEAVES) * size + i) * points;
    place[i] = row;
    const [own, above] = [i * points, from * points];
    const leaf = isLeaf[i] === 1 ? leaves[i]! : 0;
    for (let k = 0; k < points; k++) {
      const p = product[above + k]! * factor[row + k]!;
      product[own + k] = p;
      sum[own + k] = leaf * p;
    }
  }
}

function up({ points, parent, player, share }: Tables, { sum, place }: Scratch, values: Float64Array, at: number): void {
  for (let i = parent.length - 1; i > 0; i--) {
    const [own, above, row] = [i * points, parent[i]! * points, place[i]!];
    let part = 0;
    for (let k = 0; k < points; k++) {
      const s = sum[own + k]!;
      sum[above + k]! += s;
      part += share[row + k]! * s;
    }
    values[at + player[i]!]! += part;
  }
}

/** The mean over examples, as the covers have it. */
export function expectation(forest: Forest, cover: Float64Array): number {
  const { parent, feature, value } = forest;
  const reach = new Float64Array(parent.length);
  let sum = 0;
  for (let i = 0; i < parent.length; i++) {
    const from = parent[i]!;
    reach[i] = from < 0 ? 1 : reach[from]! * (cover[from] === 0 ? 0.5 : cover[i]! / cover[from]!);
    if (feature[i]! < 0) sum += reach[i]! * value[i]!;
  }
  return sum;
}
