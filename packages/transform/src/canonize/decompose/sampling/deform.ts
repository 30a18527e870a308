import { sizeOf, tensorOf, windows, type Value } from '@vitrine/ir';
import { extents } from '../../../fit.js';
import type { DecompositionContext, DecompositionTable } from '../../decomposition.js';
import { combined, interpolations, sampled } from './interpolate.js';

type Context = DecompositionContext<'DeformConv'>;

/** Where each kernel element would stand without offsets, along one axis: [kernel elements, output positions]. */
function regular(
  c: Context,
  axis: number,
  kernel: readonly number[],
  output: readonly number[],
  input: readonly number[],
): readonly number[] {
  const { stride, dilation, padBegin } = windows(c, c.attrs, kernel, input)[axis]!;
  const along = (i: number, dims: readonly number[]): number => Math.floor(i / sizeOf(dims.slice(axis + 1))) % dims[axis]!;
  const positions = Array.from({ length: sizeOf(output) }, (_, p) => along(p, output) * stride - padBegin);
  return Array.from({ length: sizeOf(kernel) }, (_, k) => positions.map((p) => p + along(k, kernel) * dilation)).flat();
}

/** A convolution whose kernel elements stand where offsets move them. Dai et al. 2017; with a mask, Zhu et al. 2019. */
function deformConv(c: Context): readonly [Value] {
  const { op, b, node, x, attrs } = c;
  const [image, weight, offset, bias, mask] = x;
  const [n, channels, ...input] = extents(image, node) as readonly [number, number, ...number[]];
  const [out, perGroup, ...kernel] = extents(weight, node) as readonly [number, number, ...number[]];
  const output = extents(offset, node).slice(2);
  const { group, offset_group: parts } = attrs;
  const [taps, places, rank] = [sizeOf(kernel), sizeOf(output), kernel.length];
  const dtype = image.type.dtype as 'float32';

  const moved = op.Split(op.Reshape(offset, b.ints([n, parts, taps, rank, places])), b.ints(kernel.map(() => 1)), {
    axis: 3,
    outputs: rank,
  });
  const axes = input.map((extent, axis) => {
    const base = b.initializer(tensorOf(dtype, [taps, places], regular(c, axis, kernel, output, input)), 'regular');
    const position = op.Add(op.Squeeze(moved[axis]!, b.ints([3])), base);
    return interpolations['linear']!(c, position, { extent, outside: 'zeros', edge: [0, extent - 1] });
  });
  const { at, weight: shares } = combined(c, axes, input);
  const starts = op.Reshape(b.ints(Array.from({ length: n * parts }, (_, i) => i * sizeOf(input))), b.ints([n, parts, 1, 1, 1]));
  const apart = op.Reshape(image, b.ints([n, parts, channels / parts, sizeOf(input)]));
  const rows = op.Reshape(op.Transpose(apart, { perm: [0, 1, 3, 2] }), b.ints([n * parts * sizeOf(input), channels / parts]));
  const values = sampled(c, rows, { at: op.Add(at, starts), weight: shares });
  const seen = mask === undefined ? values : op.Mul(values, op.Reshape(mask, b.ints([n, parts, taps, places, 1])));

  // [N, parts, taps, places, C/parts] as columns [N, groups, C/groups × taps, places].
  const columns = op.Reshape(op.Transpose(seen, { perm: [0, 1, 4, 2, 3] }), b.ints([n, group, perGroup * taps, places]));
  const product = op.MatMul(op.Reshape(weight, b.ints([group, out / group, perGroup * taps])), columns);
  const y = op.Reshape(product, b.ints([n, out, ...output]));
  return [bias === undefined ? y : op.Add(y, op.Reshape(bias, b.ints([1, out, ...output.map(() => 1)])))];
}

export const deformable = { DeformConv: deformConv } satisfies DecompositionTable;
