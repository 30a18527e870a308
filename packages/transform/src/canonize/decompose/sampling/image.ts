import { numbersOf, sizeOf, span, tensorOf, windows, type Value } from '@vitrine/ir';
import { extents } from '../../../fit.js';
import type { DecompositionContext, DecompositionTable } from '../../decomposition.js';

/** What is too long is cut at both ends, what is too short gets zeros there; the odd one at the end. */
function centerCropPad(c: DecompositionContext<'CenterCropPad'>): readonly [Value] {
  const { op, b, node, x, attrs } = c;
  const dims = extents(x[0], node);
  const target = numbersOf(x[1]) ?? c.fail('has a shape that only running tells');
  const axes = attrs.axes?.map((axis) => (axis < 0 ? axis + dims.length : axis)) ?? dims.map((_, i) => i);
  const lacking = axes.map((axis, i) => target[i]! - dims[axis]!);
  const before = lacking.map((more) => (more < 0 ? -Math.floor(-more / 2) : Math.floor(more / 2)));
  return [op.Pad(x[0], b.ints([...before, ...lacking.map((more, i) => more - before[i]!)]), undefined, b.ints(axes))];
}

/** Blocks [N, C × block, positions] added up where they overlap: a transposed convolution whose kernel puts each element in its place. */
function col2Im(c: DecompositionContext<'Col2Im'>): readonly [Value] {
  const { op, b, node, x, attrs } = c;
  const [columns, imageShape, blockShape] = x;
  const image = numbersOf(imageShape) ?? c.fail('has an image_shape that only running tells');
  const block = numbersOf(blockShape) ?? c.fail('has a block_shape that only running tells');
  const [n, rows] = extents(columns, node) as [number, number];
  const size = sizeOf(block);
  const spatial = windows(c, attrs, block, image);
  const counts = spatial.map((w, i) => Math.floor((image[i]! + w.padBegin + w.padEnd - span(w)) / w.stride) + 1);
  const identity = Array.from({ length: size * size }, (_, i) => (Math.floor(i / size) === i % size ? 1 : 0));
  const kernel = b.initializer(tensorOf(columns.type.dtype as 'float32', [size, 1, ...block], identity), 'identity');
  const placed = op.ConvTranspose(op.Reshape(columns, b.ints([(n * rows) / size, size, ...counts])), kernel, {
    kernel_shape: block,
    strides: spatial.map((w) => w.stride),
    dilations: spatial.map((w) => w.dilation),
    pads: [...spatial.map((w) => w.padBegin), ...spatial.map((w) => w.padEnd)],
    output_padding: spatial.map((w, i) => image[i]! - ((counts[i]! - 1) * w.stride + span(w) - w.padBegin - w.padEnd)),
  });
  return [op.Reshape(placed, b.ints([n, rows / size, ...image]))];
}

/** Images taken apart and put together. */
export const images = { CenterCropPad: centerCropPad, Col2Im: col2Im } satisfies DecompositionTable;
