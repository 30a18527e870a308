import type { Dim, Shape } from '../graph.js';
import { axisOf, broadcast, numbersOf, shapeOf, type InferContext, type InferTable } from './context.js';
import { conv, fusedMatMul } from './linear.js';
import { pooled } from './pool.js';
import { reduced } from './select.js';
import { padded } from './shape.js';

/** A row for channels in front, used on channels behind: [N,…,C]. */
const channelsLast = (x: Shape, row: (x: Shape) => Shape): Shape => {
  const y = row([x[0]!, x.at(-1)!, ...x.slice(1, -1)]);
  return [y[0]!, ...y.slice(2), y[1]!];
};
const nhwcConv = (c: InferContext<'com.microsoft.NhwcConv' | 'com.microsoft.NhwcFusedConv'>): readonly [Shape] => [
  channelsLast(shapeOf(c.x[0]), (x) => conv(c, x, shapeOf(c.x[1]), c.attrs)),
];

/** Operators of com.microsoft in other layouts, or that are the standard's under another name. */
export const microsoft = {
  'com.microsoft.FusedMatMulActivation': (c) => [fusedMatMul(c)],
  'com.microsoft.GatedAdd': ({ x: [x] }) => [shapeOf(x)],
  'com.microsoft.GatedRMSNorm': ({ x: [x] }) => [shapeOf(x)],
  'com.microsoft.GemmFastGelu': (c) => [[...shapeOf(c.x[0]).slice(0, -1), shapeOf(c.x[1]).at(-1)!]],
  'com.microsoft.GridSample': ({ x: [x, grid] }) => [
    { dtype: x.type.dtype === 'opaque' ? 'unknown' : x.type.dtype, shape: [...shapeOf(x).slice(0, 2), ...shapeOf(grid).slice(1, -1)] },
  ],
  'com.microsoft.NhwcConv': nhwcConv,
  'com.microsoft.NhwcFusedConv': nhwcConv,
  'com.microsoft.NhwcMaxPool': (c) => [channelsLast(shapeOf(c.x[0]), (x) => pooled(c, x, c.attrs.kernel_shape, c.attrs))],
  'com.microsoft.Pad': (c) => [padded(c, shapeOf(c.x[0]), numbersOf(c.x[1]))],
  'com.microsoft.QAttention': (c) => {
    const [x, weight] = c.x.map((value) => value && shapeOf(value)) as [Shape, Shape];
    return [[x[0]!, x[1]!, typeof weight[1] === 'number' ? weight[1] / 3 : c.fresh()], undefined].slice(0, c.outputs);
  },
  'com.microsoft.QEmbedLayerNormalization': ({ x: [ids, , words] }) => [[...shapeOf(ids), shapeOf(words)[1]!], [shapeOf(ids)[0]!]],
  'com.microsoft.QLinearAveragePool': (c) => {
    const pool = (x: Shape): Shape => pooled(c, x, c.attrs.kernel_shape, c.attrs);
    return [c.attrs.channels_last ? channelsLast(shapeOf(c.x[0]), pool) : pool(shapeOf(c.x[0]))];
  },
  'com.microsoft.QLinearConcat': (c) => {
    // Three inputs for each part: elements, scale and zero point.
    const parts = c.x
      .slice(2)
      .filter((_, i) => i % 3 === 0)
      .map(shapeOf);
    const [first] = parts as readonly (Shape | undefined)[];
    if (first === undefined) return c.fail('nothing to join');
    const axis = axisOf(c, c.attrs.axis, first.length);
    const total = parts.reduce<Dim>((sum, s) => (typeof sum === 'number' && typeof s[axis] === 'number' ? sum + s[axis] : c.fresh()), 0);
    return [first.map((dim, i) => (i === axis ? total : dim))];
  },
  'com.microsoft.QLinearConv': (c) => {
    const row = (x: Shape): Shape => conv(c, x, shapeOf(c.x[3]), c.attrs);
    return [c.attrs.channels_last ? channelsLast(shapeOf(c.x[0]), row) : row(shapeOf(c.x[0]))];
  },
  'com.microsoft.QLinearReduceMean': (c) => [reduced(c, shapeOf(c.x[0]), c.attrs.axes, c.attrs.keepdims)],
  'com.microsoft.QLinearWhere': (c) => [broadcast(c, shapeOf(c.x[0]), shapeOf(c.x[1]), shapeOf(c.x[4]))],
  'com.microsoft.SkipGroupNorm': ({ x: [x], outputs }) => [shapeOf(x), shapeOf(x)].slice(0, outputs),
  'com.microsoft.UnfoldTensor': (c) => {
    const x = shapeOf(c.x[0]);
    const axis = axisOf(c, c.attrs.dim, x.length);
    const windows = (dim: Dim): Dim => (typeof dim === 'number' ? Math.floor((dim - c.attrs.size) / c.attrs.step) + 1 : c.fresh());
    return [[...x.map((dim, i) => (i === axis ? windows(dim) : dim)), c.attrs.size]];
  },
} satisfies InferTable;
