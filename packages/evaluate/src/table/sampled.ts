import { placesOf } from '../statistics/order.js';

/** All of n rows, or a sample of them without replacement, in their order. Vitter 1985, algorithm R. */
export function sampled(n: number, most: number, uniform: () => number): Int32Array {
  const rows = placesOf(Math.min(n, most));
  for (let i = most; i < n; i++) {
    const at = Math.floor(uniform() * (i + 1));
    if (at < most) rows[at] = i;
  }
  return rows.toSorted();
}

/** A copy in an order of chance. Fisher & Yates 1938. */
export function shuffled<A extends Int32Array | Float64Array>(values: A, uniform: () => number): A {
  const result = values.slice() as A;
  for (let i = result.length - 1; i > 0; i--) {
    const at = Math.floor(uniform() * (i + 1));
    [result[i], result[at]] = [result[at]!, result[i]!];
  }
  return result;
}

/** As large as what chance alone gives at least this often is no finding, and more draws need not be made. Besag & Clifford 1991. */
const ENOUGH = 20;

/** How often chance alone gives as much: of up to `draws` draws, fewer where that is soon clear. */
export function permutationPValue(seen: number, draws: number, draw: () => number): { readonly p: number; readonly draws: number } {
  let reached = 0;
  for (let r = 1; r <= draws; r++) {
    if (draw() >= seen - 1e-12) reached++;
    if (reached === ENOUGH) return { p: reached / r, draws: r };
  }
  return { p: (reached + 1) / (draws + 1), draws };
}
