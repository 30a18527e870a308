import { dtypes, type Value } from '@vitrine/ir';
import { extents } from '../../../fit.js';
import type { DecompositionContext } from '../../decomposition.js';

export type Making = Pick<DecompositionContext, 'op' | 'b' | 'node'>;

/** [N,T,H × D] as [N,H,T,D]. */
export function toHeads({ op, b, node }: Making, x: Value, heads: number): Value {
  const [n, t, width] = extents(x, node) as [number, number, number];
  return op.Transpose(op.Reshape(x, b.ints([n, t, heads, width / heads])), { perm: [0, 2, 1, 3] });
}

/** [N,H,T,D] as [N,T,H × D]. */
export function fromHeads({ op, b, node }: Making, x: Value): Value {
  const [n, heads, t, size] = extents(x, node) as [number, number, number, number];
  return op.Reshape(op.Transpose(x, { perm: [0, 2, 1, 3] }), b.ints([n, t, heads * size]));
}

/** Every key or value head [N,K,S,D] once for each of the query heads that share it: [N,H,S,D]. Ainslie et al. 2023. */
function shared({ op, b, node }: Making, x: Value, heads: number): Value {
  const [n, own, s, size] = extents(x, node) as [number, number, number, number];
  if (own === heads) return x;
  const apart = op.Expand(op.Unsqueeze(x, b.ints([2])), b.ints([n, own, heads / own, s, size]));
  return op.Reshape(apart, b.ints([n, heads, s, size]));
}

/** Past states before present ones, along the sequence. */
export const joined = ({ op }: Making, past: Value | undefined, present: Value): Value =>
  past === undefined ? present : op.Concat(past, present, { axis: 2 });

/** Where a condition holds 0, else a value that a softmax makes nothing of. */
export const biasFrom = ({ op, b }: Making, allowed: Value, dtype: string, masked = -Infinity): Value =>
  op.Where(allowed, b.scalar(0, dtype as 'float32'), b.scalar(masked, dtype as 'float32'));

/** 0, 1, …, n − 1. */
export const counted = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i);

/** Which keys [T,S] a query sees: those up to its own position, the first standing at `offset`. */
export const causal = ({ op, b }: Making, t: number, s: number, offset: number): Value =>
  op.LessOrEqual(b.ints(counted(s)), op.Unsqueeze(b.ints(counted(t).map((i) => i + offset)), b.ints([1])));

/** What a product of queries and keys goes through. */
export interface Attending {
  /** [N,H,T,D]. */
  readonly q: Value;
  /** [N,K,S,D], K a divisor of H. */
  readonly k: Value;
  readonly v: Value;
  /** 1/√D when undefined. */
  readonly scale: number | undefined;
  /** Bounds scores softly; 0 for none. */
  readonly softcap?: number;
  /** Added to the scores, of a shape that broadcasts to [N,H,T,S]. */
  readonly biases: readonly Value[];
  /** Whether some query may see no key at all: then it gets 0. */
  readonly mayBeBlind?: boolean;
  /** Score of nothing per head, [H]: it takes part in the softmax and gives no value. Xiao et al. 2024. */
  readonly sink?: Value | undefined;
}

/** The result [N,H,T,D] and what came before it, [N,H,T,S] each. */
export interface Attended {
  readonly y: Value;
  readonly scores: Value;
  readonly capped: Value;
  readonly biased: Value;
  readonly weights: Value;
}

/** softmax(q kᵀ · scale + bias) v. Vaswani et al. 2017, eq. 1. */
export function attend(c: Making, { q, k, v, scale, softcap = 0, biases, mayBeBlind = false, sink }: Attending): Attended {
  const { op, node } = c;
  const [, heads, , size] = extents(q, node) as [number, number, number, number];
  const keys = op.Transpose(shared(c, k, heads), { perm: [0, 1, 3, 2] });
  const scores = op.MatMul(op.Mul(q, scale ?? 1 / Math.sqrt(size)), keys);
  const capped = softcap === 0 ? scores : op.Mul(op.Tanh(op.Mul(scores, 1 / softcap)), softcap);
  const bias = biases.length === 0 ? undefined : biases.reduce((sum, part) => op.Add(sum, part));
  const biased = bias === undefined ? capped : op.Add(capped, bias);
  const weights = bias !== undefined && mayBeBlind ? sighted(c, biased, bias, sink) : softmax(c, biased, sink);
  return { y: op.MatMul(weights, shared(c, v, heads)), scores, capped, biased, weights };
}

/** Softmax where a row may be masked as a whole: its weights are 0, and no signal enters it. */
function sighted(c: Making, scores: Value, bias: Value, sink: Value | undefined): Value {
  const { op, b } = c;
  const blind = op.Equal(op.ReduceMax(bias, b.ints([-1])), b.scalar(-Infinity, bias.type.dtype as 'float32'));
  return op.Where(blind, 0, softmax(c, op.Where(blind, 0, scores), sink));
}

function softmax(c: Making, scores: Value, sink: Value | undefined): Value {
  const { op, b, node } = c;
  if (sink === undefined) return op.Softmax(scores, { axis: -1 });
  const [n, heads, t, s] = extents(scores, node) as [number, number, number, number];
  const extra = op.Expand(op.Reshape(sink, b.ints([1, -1, 1, 1])), b.ints([n, heads, t, 1]));
  const weights = op.Softmax(op.Concat(scores, extra, { axis: 3 }), { axis: -1 });
  return op.Slice(weights, b.ints([0]), b.ints([s]), b.ints([3]));
}

/** An integer or boolean mask as a condition: whatever is not 0 is seen. */
export const condition = ({ op }: Making, mask: Value): Value =>
  mask.type.dtype === 'bool' ? mask : op.Cast(mask, { to: dtypes.bool.code });
