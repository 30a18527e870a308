import type { Value } from '@vitrine/ir';
import { positions, seenPositions } from './layers.js';
import { cast, widthOf, type Net } from './net.js';

/** Queries [B,H,S,D], keys and values [B,K,S,D], or longer by those read before: K divides H, and each serves H/K heads of queries. */
export interface Heads {
  readonly queries: Value;
  readonly keys: Value;
  readonly values: Value;
}

/** [B,S,H·D] as [B,H,S,D]. */
export const split = ({ op, b }: Net, x: Value, heads: number): Value =>
  op.Transpose(op.Reshape(x, b.ints([0, 0, heads, widthOf(x) / heads])), { perm: [0, 2, 1, 3] });

/** Which keys hold tokens, not padding: bool [B,1,1,S]. Undefined where nothing is padded. */
export function padding(net: Net): Value | undefined {
  const { op, b, mask } = net;
  return mask && net.once('padding', () => cast(net, op.Unsqueeze(mask, b.ints([1, 2])), 'bool'));
}

/** Which keys each query may see: those up to itself, the nearest `window` of them, and no padding. bool [B,1,S,P+S], or [S,P+S] where nothing is padded */
export const causal = (net: Net, window?: number): Value =>
  net.once(`causal ${window}`, () => {
    const { op, b } = net;
    const keys = op.Unsqueeze(seenPositions(net), b.ints([0]));
    const queries = op.Unsqueeze(positions(net), b.ints([1]));
    const past = op.LessOrEqual(keys, queries);
    const seen = window === undefined ? past : op.And(past, op.Greater(keys, op.Sub(queries, window)));
    const real = padding(net);
    return real === undefined ? seen : op.And(seen, real);
  });

/** The least float32, as transformers fills masked scores: a row without any key is even, not NaN. */
const LEAST = -3.4028234663852886e38;

/** How scores become weights: the keys that are `allowed` (all unless given), what products are multiplied by, and what is added to them: [B,H,S,S]. */
export interface Scoring {
  readonly allowed?: Value | undefined;
  readonly scale?: number;
  readonly added?: Value;
}

/** softmax(scale Q Kᵀ + added, where `allowed`) V, as [B,S,H·D]. */
export function attend(net: Net, { queries, keys, values }: Heads, { allowed, scale = widthOf(queries) ** -0.5, added }: Scoring): Value {
  const { op, b } = net;
  const heads = extent(queries, 1);
  const transposed = op.Transpose(repeatedHeads(net, keys, heads), { perm: [0, 1, 3, 2] });
  const products = op.Mul(op.MatMul(queries, transposed), scale);
  const scores = added === undefined ? products : op.Add(products, added);
  // Where beats Add: what is masked has no share in a sum.
  const weights = op.Softmax(allowed === undefined ? scores : op.Where(allowed, scores, LEAST), { axis: -1 });
  const mixed = op.Transpose(op.MatMul(weights, repeatedHeads(net, values, heads)), { perm: [0, 2, 1, 3] });
  return op.Reshape(mixed, b.ints([0, 0, heads * widthOf(values)]));
}

/** [B,K,S,D] as [B,H,S,D], each head H/K times in a row. */
function repeatedHeads({ op, b }: Net, x: Value, heads: number): Value {
  const own = extent(x, 1);
  if (own === heads) return x;
  const grown = op.Expand(op.Unsqueeze(x, b.ints([2])), b.ints([1, 1, heads / own, 1, 1]));
  return op.Reshape(grown, b.ints([0, heads, -1, widthOf(x)]));
}

const extent = ({ type: { shape } }: Value, axis: number): number => shape![axis] as number;
