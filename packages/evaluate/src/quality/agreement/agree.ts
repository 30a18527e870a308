import { ranks } from '../../statistics/order.js';
import { spearman } from '../correlation.js';

/** How far two explanations agree, as vectors over the same parts; their first k by size where that matters. Krishna et al. 2022, section 3.2. */
export const agreements = {
  /** The share of the first k that both name. */
  feature: (a: Float64Array, b: Float64Array, k: number): number => shared(a, b, k, () => true),
  /** … at the same place. */
  rank: (a: Float64Array, b: Float64Array, k: number): number => {
    const [first, second] = [placesIn(a, k), placesIn(b, k)];
    return shared(a, b, k, (i) => first.get(i) === second.get(i));
  },
  /** … with the same sign. */
  sign: (a: Float64Array, b: Float64Array, k: number): number => shared(a, b, k, (i) => Math.sign(a[i]!) === Math.sign(b[i]!)),
  /** … both. */
  'signed-rank': (a: Float64Array, b: Float64Array, k: number): number => {
    const [first, second] = [placesIn(a, k), placesIn(b, k)];
    return shared(a, b, k, (i) => first.get(i) === second.get(i) && Math.sign(a[i]!) === Math.sign(b[i]!));
  },
  /** Correlation of the order of all by size. */
  'rank-correlation': (a: Float64Array, b: Float64Array): number => spearman(a.map(Math.abs), b.map(Math.abs)),
  /** The share of pairs that both order alike by size, a tie counting as an order of its own. */
  'pairwise-rank': (a: Float64Array, b: Float64Array): number => pairwise(ranks(a.map(Math.abs)), ranks(b.map(Math.abs))),
} as const;

export type AgreementName = keyof typeof agreements;

/** The first k by size, and the place of each. Those of one size stand in order of their number. */
function placesIn(values: Float64Array, k: number): ReadonlyMap<number, number> {
  const order = Array.from(values.keys()).toSorted((i, j) => Math.abs(values[j]!) - Math.abs(values[i]!) || i - j);
  return new Map(order.slice(0, k).map((i, place) => [i, place]));
}

function shared(a: Float64Array, b: Float64Array, k: number, agree: (i: number) => boolean): number {
  const other = placesIn(b, k);
  return [...placesIn(a, k).keys()].filter((i) => other.has(i) && agree(i)).length / k;
}

function pairwise(a: Float64Array, b: Float64Array): number {
  let same = 0;
  for (let i = 0; i < a.length; i++) for (let j = 0; j < i; j++) if (Math.sign(a[i]! - a[j]!) === Math.sign(b[i]! - b[j]!)) same++;
  return a.length < 2 ? NaN : same / ((a.length * (a.length - 1)) / 2);
}
