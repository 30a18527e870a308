import type { Dim, Shape } from '../graph.js';
import { axisOf, shapeOf, type InferContext, type InferTable } from './context.js';

/** Attention, embeddings and other fused blocks. */
export const attention = {
  Attention: (c) => {
    const [q, k, v, , past] = c.x.map((value) => value && shapeOf(value)) as [Shape, Shape, Shape, Shape?, Shape?];
    const heads = (shape: Shape, n: number | undefined): Shape =>
      shape.length === 4
        ? shape
        : [shape[0]!, n ?? c.fail('3-D inputs need q_num_heads and kv_num_heads'), shape[1]!, divided(c, shape[2]!, n!)];
    const [hq, hk, hv] = [heads(q, c.attrs.q_num_heads), heads(k, c.attrs.kv_num_heads), heads(v, c.attrs.kv_num_heads)];
    const total = past === undefined ? hk[2]! : plus(c, past[2]!, hk[2]!);
    const y: Shape = q.length === 4 ? [hq[0]!, hq[1]!, hq[2]!, hv[3]!] : [q[0]!, q[1]!, times(c, hq[1]!, hv[3]!)];
    return [y, [hk[0]!, hk[1]!, total, hk[3]!], [hv[0]!, hv[1]!, total, hv[3]!], [hq[0]!, hq[1]!, hq[2]!, total]].slice(0, c.outputs);
  },
  'com.microsoft.Attention': (c) => {
    const x = shapeOf(c.x[0]);
    const width = shapeOf(c.x[1])[1]!;
    const hidden = c.attrs.qkv_hidden_sizes?.[2] ?? divided(c, width, 3);
    const heads = c.attrs.num_heads;
    const total = c.x[4] === undefined ? x[1]! : plus(c, shapeOf(c.x[4])[3]!, x[1]!);
    return [
      [x[0]!, x[1]!, hidden],
      [2, x[0]!, heads, total, divided(c, hidden, heads)],
    ].slice(0, c.outputs);
  },
  'com.microsoft.MultiHeadAttention': (c) => {
    const [q, k, v, , , , past] = c.x.map((value) => value && shapeOf(value)) as readonly (Shape | undefined)[] as readonly [
      Shape,
      ...Shape[],
    ];
    const heads = c.attrs.num_heads;
    const packed = q.length === 5;
    const size = packed ? q[4]! : divided(c, q[2]!, heads);
    const apart = v?.length === 4;
    const width = v === undefined ? times(c, heads, size) : apart ? times(c, heads, v[3]!) : v[2]!;
    const keys = packed ? q[1]! : apart ? v[2]! : (k?.[1] ?? c.fresh());
    const total = past === undefined ? keys : plus(c, past[2]!, keys);
    const dtype = c.x[0].type.dtype;
    const scores = { dtype: dtype === 'opaque' ? 'unknown' : dtype, shape: [q[0]!, heads, q[1]!, total] } as const;
    return [[q[0]!, q[1]!, width], [q[0]!, heads, total, size], [q[0]!, heads, total, divided(c, width, heads)], scores].slice(
      0,
      c.outputs,
    );
  },
  'com.microsoft.GroupQueryAttention': (c) => {
    const q = shapeOf(c.x[0]);
    const { num_heads: heads, kv_num_heads: kv } = c.attrs;
    const width = c.x[1] === undefined && typeof q[2] === 'number' ? (q[2] / (heads + 2 * kv)) * heads : q[2]!;
    return [[q[0]!, q[1]!, width], undefined, undefined, undefined].slice(0, c.outputs);
  },
  'com.microsoft.EmbedLayerNormalization': ({ x: [ids, , words], outputs }) => {
    const [n, t] = shapeOf(ids) as [Dim, Dim];
    const y = [n, t, shapeOf(words)[1]!];
    return [y, [n], y].slice(0, outputs);
  },
  'com.microsoft.ExpandDims': (c) => {
    const axis = c.x[1].known?.values[0];
    const x = shapeOf(c.x[0]);
    if (typeof axis !== 'number') return [undefined];
    const at = axisOf(c, axis, x.length + 1);
    return [[...x.slice(0, at), 1, ...x.slice(at)]];
  },
} satisfies InferTable;

type Fresh = Pick<InferContext, 'fail' | 'fresh'>;
const divided = (c: Fresh, dim: Dim, by: number): Dim =>
  typeof dim === 'number' ? (dim % by === 0 ? dim / by : c.fail(`${dim} does not divide by ${by}`)) : c.fresh();
const times = (c: Fresh, a: Dim, b: Dim): Dim => (typeof a === 'number' && typeof b === 'number' ? a * b : c.fresh());
const plus = (c: Fresh, a: Dim, b: Dim): Dim => (typeof a === 'number' && typeof b === 'number' ? a + b : c.fresh());
