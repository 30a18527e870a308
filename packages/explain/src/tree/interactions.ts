import { quadratures } from '../quadrature.js';
import { branches, type Forest } from './forest.js';
import { betas, reached } from './interventional.js';
import { edges } from './pathDependent.js';

/**
 * Shapley interaction values (Lundberg et al. 2020, eq. 8 and 9): half of the Shapley interaction index of two features beside the diagonal, and on it
 * what is left of a feature's value. With s!(n−s−2)!/(n−1)! = ∫ tˢ(1−t)ⁿ⁻ˢ⁻² dt the index is an integral as the value is; see pathDependent.ts.
 * Functions add half-indices to `pairs` [R, players, players], both ways, and leave the diagonal.
 */

/** Features of a path: the last edge of each player. */
interface Path {
  readonly edges: Int32Array;
  length: number;
}

export function pathDependentPairs(
  forest: Forest,
  cover: Float64Array,
  players: Int32Array,
  count: number,
  rows: readonly Float64Array[],
  pairs: Float64Array,
): void {
  const { roots, parent, feature, value } = forest;
  for (let tree = 0; tree + 1 < roots.length; tree++) {
    const start = roots[tree]!;
    const size = roots[tree + 1]! - start;
    const { before, player, zero, most } = edges(forest, tree, cover, players);
    if (most < 2) continue;
    const { points, weights } = quadratures['gauss-legendre'](Math.ceil((most - 1) / 2));
    const [taken, passes] = [new Int32Array(size), new Uint8Array(size)];
    const path: Path = { edges: new Int32Array(most), length: 0 };
    const seen = new Uint8Array(count);
    const [term, part] = [new Float64Array(most), new Float64Array(most)];
    rows.forEach((x, r) => {
      branches(forest, tree, x, taken);
      for (let i = 1; i < size; i++) {
        passes[i] = (before[i]! < 0 ? 1 : passes[before[i]!]!) & (taken[parent[start + i]! - start] === i ? 1 : 0);
        if (feature[start + i]! >= 0) continue;
        path.length = 0;
        for (let e = i; e > 0; e = parent[start + e]! - start) {
          if (seen[player[e]!] === 1) continue;
          seen[player[e]!] = 1;
          path.edges[path.length++] = e;
        }
        for (let a = 0; a < path.length; a++) seen[player[path.edges[a]!]!] = 0;
        points.forEach((t, k) => {
          let product = weights[k]! * value[start + i]!;
          for (let a = 0; a < path.length; a++) {
            const [one, z] = [passes[path.edges[a]!]!, zero[path.edges[a]!]!];
            term[a] = one * t + (1 - t) * z;
            part[a] = term[a] === 0 ? 0 : (one - z) / term[a]!;
            product *= term[a]!;
          }
          for (let a = 0; a < path.length; a++)
            for (let b = 0; b < a; b++)
              addPair(pairs, count, r, player[path.edges[a]!]!, player[path.edges[b]!]!, 0.5 * product * part[a]! * part[b]!);
        });
      }
    });
  }
}

function addPair(pairs: Float64Array, count: number, row: number, p: number, q: number, amount: number): void {
  pairs[(row * count + p) * count + q]! += amount;
  pairs[(row * count + q) * count + p]! += amount;
}

/**
 * A leaf that x and z reach together counts (u−2)! v! / (u+v−1)! of its value for two of U, u! (v−2)! / (u+v−1)! for two of V, and
 * minus (u−1)! (v−1)! / (u+v−1)! for one of each.
 */
export function interventionalPairs(
  forest: Forest,
  players: Int32Array,
  count: number,
  rows: readonly Float64Array[],
  background: readonly Float64Array[],
  pairs: Float64Array,
): void {
  const beta = betas(count);
  const width = count + 1;
  const each = 0.5 / background.length;
  reached(forest, players, count, rows, background, (row, value, own, u, others, v) => {
    for (let a = 0; a < u; a++) {
      for (let b = 0; b < a; b++) addPair(pairs, count, row, own[a]!, own[b]!, each * value * beta[(u - 2) * width + v]!);
      for (let b = 0; b < v; b++) addPair(pairs, count, row, own[a]!, others[b]!, -each * value * beta[(u - 1) * width + v - 1]!);
    }
    for (let a = 0; a < v; a++)
      for (let b = 0; b < a; b++) addPair(pairs, count, row, others[a]!, others[b]!, each * value * beta[u * width + v - 2]!);
  });
}

/** Fills the diagonals of `pairs` [R, players, players] with what is left of `values` [R, players]. */
export function fillDiagonals(pairs: Float64Array, values: Float64Array, count: number): void {
  for (const [i, value] of values.entries()) {
    const [row, player] = [Math.floor(i / count), i % count];
    const start = (row * count + player) * count;
    let others = 0;
    for (let q = 0; q < count; q++) if (q !== player) others += pairs[start + q]!;
    pairs[start + player] = value - others;
  }
}
