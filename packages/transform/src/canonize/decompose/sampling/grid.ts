import { numbersOf, sizeOf, tensorOf, type Value } from '@vitrine/ir';
import { extents } from '../../../fit.js';
import type { DecompositionContext, DecompositionTable } from '../../decomposition.js';
import { combined, interpolations, reflected, sampled, type Outside, type Taps } from './interpolate.js';

type Context = DecompositionContext<'GridSample' | 'com.microsoft.GridSample'>;

/** com.microsoft's names for ONNX's modes. */
const modes: { readonly [name: string]: string } = { bilinear: 'linear', bicubic: 'cubic' };

/** Taps along one spatial axis for normalized coordinates, [-1, 1] from one end to the other. */
function tapsAlong(c: Context, coordinate: Value, extent: number): Taps {
  const { op, attrs } = c;
  const mode = modes[attrs.mode] ?? attrs.mode;
  const corners = attrs.align_corners === 1;
  const outside = attrs.padding_mode as Outside;
  const edge: readonly [number, number] = corners ? [0, extent - 1] : [-0.5, extent - 0.5];
  const position = corners
    ? op.Mul(op.Add(coordinate, 1), (extent - 1) / 2)
    : op.Mul(op.Sub(op.Mul(op.Add(coordinate, 1), extent), 1), 0.5);
  const moved = {
    // A cubic kernel keeps its position and finds the border at each of its taps.
    border: () => (mode === 'cubic' ? position : op.Clip(position, 0, extent - 1)),
    reflection: () => reflected(c, position, ...edge),
    zeros: () => position,
  }[outside]();
  const interpolate = Object.hasOwn(interpolations, mode)
    ? interpolations[mode]!
    : c.fail(`samples in mode ${mode}, which ONNX does not define`);
  return interpolate(c, moved, { extent, outside, edge });
}

/** The input [N,C,…] at the grid's points [N,…,axes], the last axis of the input first. Jaderberg et al. 2015. */
function gridSample(c: Context): readonly [Value] {
  const { op, b, node, x } = c;
  const [image, grid] = x;
  const [n, channels, ...spatial] = extents(image, node) as readonly [number, number, ...number[]];
  const points = extents(grid, node).slice(1, -1);
  const last = spatial.length - 1;
  const coordinates = op.Split(grid, b.ints(spatial.map(() => 1)), { axis: -1, outputs: spatial.length });
  const flat = (v: Value): Value => op.Reshape(v, b.ints([n, sizeOf(points)]));
  const axes = spatial.map((extent, axis) => tapsAlong(c, flat(coordinates[last - axis]!), extent));
  const taps = combined(c, axes, spatial);
  const starts = op.Reshape(b.ints(Array.from({ length: n }, (_, i) => i * sizeOf(spatial))), b.ints([n, 1, 1]));
  const behind = spatial.map((_, i) => i + 2);
  const rows = op.Reshape(op.Transpose(image, { perm: [0, ...behind, 1] }), b.ints([n * sizeOf(spatial), channels]));
  const y = sampled(c, rows, { ...taps, at: op.Add(taps.at, starts) });
  return [op.Reshape(op.Transpose(y, { perm: [0, 2, 1] }), b.ints([n, channels, ...points]))];
}

/** The points [N,…,axes] that affine maps [N, axes, axes + 1] take a regular grid to. */
function affineGrid(c: DecompositionContext<'AffineGrid'>): readonly [Value] {
  const { op, b, x, attrs } = c;
  const [theta, size] = x;
  const [n, , ...spatial] = (numbersOf(size) ?? c.fail('has a size that only running tells')) as readonly [number, number, ...number[]];
  const at = (i: number, extent: number): number =>
    attrs.align_corners ? (extent === 1 ? 0 : (2 * i) / (extent - 1) - 1) : (2 * i + 1) / extent - 1;
  const count = sizeOf(spatial);
  const strides = spatial.map((_, axis) => sizeOf(spatial.slice(axis + 1)));
  const point = (i: number): readonly number[] =>
    spatial.map((extent, axis) => at(Math.floor(i / strides[axis]!) % extent, extent)).toReversed();
  const homogeneous = Array.from({ length: count }, (_, i) => [...point(i), 1]).flat();
  const regular = b.initializer(tensorOf(theta.type.dtype as 'float32', [count, spatial.length + 1], homogeneous), 'regular');
  return [op.Reshape(op.MatMul(regular, op.Transpose(theta, { perm: [0, 2, 1] })), b.ints([n, ...spatial, spatial.length]))];
}

/** Spatial transformers. */
export const grids = {
  AffineGrid: affineGrid,
  GridSample: gridSample,
  'com.microsoft.GridSample': gridSample,
} satisfies DecompositionTable;
