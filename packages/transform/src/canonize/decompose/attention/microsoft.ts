import { type Value } from '@vitrine/ir';
import { extents } from '../../../fit.js';
import type { DecompositionContext, DecompositionTable } from '../../decomposition.js';
import { attend, biasFrom, causal, fromHeads, joined, toHeads } from './core.js';
import { visible } from './masks.js';

/** What a masked score gets added unless an attribute says otherwise. */
const MASKED = -10_000;
/** What the score of a later token gets added: about the least float32. */
const UNSEEN = -3.4e38;

/** Masks and biases of the two operators that share them. */
function biases(
  c: DecompositionContext<'com.microsoft.Attention' | 'com.microsoft.MultiHeadAttention'>,
  q: Value,
  k: Value,
  mask: Value | undefined,
  bias: Value | undefined,
): readonly Value[] {
  const { node, attrs } = c;
  const [n, , t] = extents(q, node) as [number, number, number];
  const s = extents(k, node)[2]!;
  const masked = attrs.mask_filter_value ?? MASKED;
  const { dtype } = q.type;
  return [
    ...(bias === undefined ? [] : [bias]),
    ...(mask === undefined ? [] : [biasFrom(c, visible(c, mask, n, t, s), dtype, masked)]),
    ...(attrs.unidirectional ? [biasFrom(c, causal(c, t, s, s - t), dtype, UNSEEN)] : []),
  ];
}

/** Input projections packed in one weight; self-attention. */
function packed(c: DecompositionContext<'com.microsoft.Attention'>): readonly (Value | undefined)[] {
  const {
    op,
    b,
    node,
    x: [x, weights, bias, mask, past, scoreBias, pastLength],
    attrs: { num_heads: heads, qkv_hidden_sizes: sizes, scale, ...attrs },
  } = c;
  if (attrs.do_rotary) c.fail('turns its queries and keys (do_rotary): use GroupQueryAttention or RotaryEmbedding');
  if (attrs.past_present_share_buffer || pastLength !== undefined) c.fail('shares one buffer between past and present');
  const width = extents(weights, node)[1]!;
  const product = op.MatMul(x, weights);
  const parts = op.Split(bias === undefined ? product : op.Add(product, bias), b.ints(sizes ?? [width / 3, width / 3, width / 3]), {
    axis: 2,
    outputs: 3,
  });
  const [q, ownK, ownV] = parts.map((part) => toHeads(c, part, heads)) as [Value, Value, Value];
  const [pastK, pastV] =
    past === undefined ? [] : op.Split(past, b.ints([1, 1]), { axis: 0, outputs: 2 }).map((v) => op.Squeeze(v, b.ints([0])));
  const [k, v] = [joined(c, pastK, ownK), joined(c, pastV, ownV)];
  const { y } = attend(c, { q, k, v, scale, biases: biases(c, q, k, mask, scoreBias) });
  const present = (): Value => op.Concat(op.Unsqueeze(k, b.ints([0])), op.Unsqueeze(v, b.ints([0])), { axis: 0 });
  return [fromHeads(c, y), node.outputs[1] && present()];
}

/** Queries, keys and values [N,H,·,D], from one, two or three inputs. */
function parts(c: DecompositionContext<'com.microsoft.MultiHeadAttention'>): readonly [Value, Value, Value] {
  const {
    op,
    b,
    node,
    x: [query, key, value, bias],
    attrs: { num_heads: heads },
  } = c;
  /** Parts of [N,T,H,parts,D]. */
  const unpacked = (x: Value, count: number): readonly Value[] =>
    op
      .Split(x, b.ints(new Array<number>(count).fill(1)), { axis: 3, outputs: count })
      .map((part) => op.Transpose(op.Squeeze(part, b.ints([3])), { perm: [0, 2, 1, 3] }));
  const headed = (x: Value): Value => (extents(x, node).length === 4 ? x : toHeads(c, x, heads));
  const given =
    extents(query, node).length === 5
      ? unpacked(query, 3)
      : key !== undefined && extents(key, node).length === 5
        ? [headed(query), ...unpacked(key, 2)]
        : [headed(query), headed(key ?? c.fail('has no key')), headed(value ?? c.fail('has no value'))];
  if (bias === undefined) return given as [Value, Value, Value];
  const sizes = given.map((v) => heads * extents(v, node)[3]!);
  const shares = op.Split(bias, b.ints(sizes), { axis: 0, outputs: 3 });
  // Keys that come with their heads apart have their bias already.
  const biased = (x: Value, i: number): Value =>
    i > 0 && key !== undefined && extents(key, node).length === 4
      ? x
      : op.Add(x, op.Reshape(shares[i]!, b.ints([1, heads, 1, sizes[i]! / heads])));
  return given.map(biased) as unknown as [Value, Value, Value];
}

function multiHead(c: DecompositionContext<'com.microsoft.MultiHeadAttention'>): readonly (Value | undefined)[] {
  const {
    x: [, , , , mask, scoreBias, pastK, pastV, pastLength, indirection],
    attrs,
  } = c;
  if (pastLength !== undefined || indirection !== undefined) c.fail('shares one buffer between past and present');
  const [q, ownK, ownV] = parts(c);
  const [k, v] = [joined(c, pastK, ownK), joined(c, pastV, ownV)];
  const { y, biased } = attend(c, { q, k, v, scale: attrs.scale, biases: biases(c, q, k, mask, scoreBias) });
  return [fromHeads(c, y), k, v, biased];
}

/** ONNX Runtime's own attentions. */
export const microsoft = {
  'com.microsoft.Attention': packed,
  'com.microsoft.MultiHeadAttention': multiHead,
} satisfies DecompositionTable;
