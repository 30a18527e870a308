import { dtypes, type Value } from '@vitrine/ir';
import { extents, rankOf } from '../../fit.js';
import type { DecompositionContext, DecompositionTable } from '../decomposition.js';

/** Groups of channels normalized, channels in front or behind; then silu where asked for. */
function groupNorm(c: DecompositionContext<'com.microsoft.GroupNorm' | 'com.microsoft.SkipGroupNorm'>, x: Value): Value {
  const { op, node, attrs } = c;
  const [, scale, bias] = c.x;
  const spatial = Array.from({ length: rankOf(x, node) - 2 }, (_, i) => i + 1);
  const behind = attrs.channels_last === 1;
  const front = behind ? op.Transpose(x, { perm: [0, spatial.length + 1, ...spatial] }) : x;
  const alike = (v: Value): Value => (v.type.dtype === x.type.dtype ? v : op.CastLike(v, x));
  const normal = op.GroupNormalization(front, alike(scale), alike(bias), { num_groups: attrs.groups, epsilon: attrs.epsilon });
  const y = behind ? op.Transpose(normal, { perm: [0, ...spatial.map((axis) => axis + 1), 1] }) : normal;
  if (attrs.activation > 1) c.fail(`fuses the activation ${attrs.activation}; 0 is none and 1 is silu`);
  return attrs.activation === 1 ? op.Mul(y, op.Sigmoid(y)) : y;
}

/** The sum of what a skip connection brings together. */
const sum = ({ op }: Pick<DecompositionContext, 'op'>, ...parts: readonly (Value | undefined)[]): Value =>
  parts.filter((part) => part !== undefined).reduce((a, b) => op.Add(a, b));

/** Rows of an embedding at integer positions. */
const rows = ({ op }: Pick<DecompositionContext, 'op'>, table: Value, at: Value): Value => op.Gather(table, at);

/** Normalizations that ONNX Runtime fuses with what comes before them. */
export const fusedNormalize = {
  'com.microsoft.EmbedLayerNormalization': (c) => {
    const { op, b, node, attrs } = c;
    const [ids, segments, words, positions, segmentTable, gamma, beta, mask, places] = c.x;
    const [n, t] = extents(ids, node) as [number, number];
    const at = places ?? b.ints(Array.from({ length: t }, (_, i) => i));
    const segment = segments === undefined || segmentTable === undefined ? undefined : rows(c, segmentTable, segments);
    const embedded = sum(c, rows(c, words, ids), rows(c, positions, at), segment);
    const length = (): Value => op.ReduceSum(op.Cast(mask!, { to: dtypes.int32.code }), b.ints([1]), { keepdims: 0 });
    const none = (): Value => op.Expand(b.scalar(0, 'int32'), b.ints([n]));
    const wanted = node.outputs[1] !== undefined;
    return [
      op.LayerNormalization(embedded, gamma, beta, { axis: -1, epsilon: attrs.epsilon }),
      wanted ? (mask === undefined ? none() : length()) : undefined,
      embedded,
    ];
  },
  /** Y = x/ρ · scale · silu(gate), ρ over groups as long as the scale. */
  'com.microsoft.GatedRMSNorm': ({ op, b, node, x: [x, scale, gate], attrs: { epsilon } }) => {
    const dims = extents(x, node);
    const size = extents(scale, node)[0]!;
    const apart = op.Reshape(x, b.ints([...dims.slice(0, -1), dims.at(-1)! / size, size]));
    const normal = op.Reshape(op.RMSNormalization(apart, scale, { axis: -1, epsilon }), b.ints(dims));
    return [op.Mul(normal, op.Mul(gate, op.Sigmoid(gate)))];
  },
  'com.microsoft.GroupNorm': (c) => [groupNorm(c, c.x[0])],
  'com.microsoft.SkipGroupNorm': (c) => {
    const { op, b, node } = c;
    const [x, , , skip, bias] = c.x;
    const dims = extents(x, node);
    const behind = c.attrs.channels_last === 1;
    const channels = dims.at(behind ? -1 : 1)!;
    const along = b.ints(dims.map((d, i) => (i === 0 ? d : i === (behind ? dims.length - 1 : 1) ? channels : 1)));
    const placed = rankOf(skip, node) === 2 ? op.Reshape(skip, along) : skip;
    const laid = bias && (behind ? bias : op.Reshape(bias, b.ints([1, channels, ...dims.slice(2).map(() => 1)])));
    const s = sum(c, x, placed, laid);
    return [groupNorm(c, s), s];
  },
  'com.microsoft.SkipLayerNormalization': (c) => {
    const [x, skip, gamma, beta, bias] = c.x;
    const s = sum(c, x, skip, bias);
    return [c.op.LayerNormalization(s, gamma, beta, { axis: -1, epsilon: c.attrs.epsilon }), undefined, undefined, s];
  },
  'com.microsoft.SkipSimplifiedLayerNormalization': (c) => {
    const [x, skip, gamma, bias] = c.x;
    const s = sum(c, x, skip, bias);
    return [c.op.RMSNormalization(s, gamma, { axis: -1, epsilon: c.attrs.epsilon }), undefined, undefined, s];
  },
} satisfies DecompositionTable;
