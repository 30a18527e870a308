import { repeated } from '../tensor.js';
import type { Shape } from '../graph.js';
import { listOf, shapeOf, type InferContext, type InferTable } from './context.js';
import { positions, windows, type WindowAttrs } from './window.js';

export const pooled = (c: Pick<InferContext, 'fail' | 'fresh'>, x: Shape, kernel: readonly number[], attrs: WindowAttrs): Shape => {
  if (x.length < 3) c.fail(`input [${x.join(',')}] has no spatial axes`);
  return [...x.slice(0, 2), ...windows(c, attrs, kernel, x.slice(2)).map((window, i) => positions(c, x[i + 2]!, window, attrs))];
};
const global = (x: Shape): Shape => [...x.slice(0, 2), ...x.slice(2).map(() => 1)];

/** Pooling, and what undoes it. */
export const pool = {
  AveragePool: (c) => [pooled(c, shapeOf(c.x[0]), c.attrs.kernel_shape, c.attrs)],
  LpPool: (c) => [pooled(c, shapeOf(c.x[0]), c.attrs.kernel_shape, c.attrs)],
  MaxPool: (c) => repeated(c.outputs, pooled(c, shapeOf(c.x[0]), c.attrs.kernel_shape, c.attrs)),
  GlobalAveragePool: ({ x: [x] }) => [global(shapeOf(x))],
  GlobalLpPool: ({ x: [x] }) => [global(shapeOf(x))],
  GlobalMaxPool: ({ x: [x] }) => [global(shapeOf(x))],
  'com.microsoft.QLinearGlobalAveragePool': ({ x: [x], attrs: { channels_last: last } }) => {
    const shape = shapeOf(x);
    return [last ? shape.map((dim, i) => (i > 0 && i < shape.length - 1 ? 1 : dim)) : global(shape)];
  },
  MaxRoiPool: ({ x: [x, rois], attrs: { pooled_shape: size } }) => [[shapeOf(rois)[0]!, shapeOf(x)[1]!, ...size]],
  MaxUnpool: (c) => {
    const [x, , asked] = c.x;
    const { kernel_shape: kernel, pads, strides } = c.attrs;
    if (asked !== undefined) return [listOf(asked) ?? shapeOf(x).map(() => c.fresh())];
    const n = kernel.length;
    return [
      shapeOf(x).map((dim, axis) => {
        const i = axis - 2;
        if (i < 0) return dim;
        if (typeof dim === 'string') return c.fresh();
        return (dim - 1) * (strides?.[i] ?? 1) + kernel[i]! - (pads?.[i] ?? 0) - (pads?.[i + n] ?? 0);
      }),
    ];
  },
  RoiAlign: ({ x: [x, rois], attrs: { output_height: h, output_width: w } }) => [[shapeOf(rois)[0]!, shapeOf(x)[1]!, h, w]],
} satisfies InferTable;
