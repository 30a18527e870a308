import { tensorOf, type Value } from '@vitrine/ir';
import { extents } from '../../../fit.js';
import type { DecompositionContext, DecompositionTable } from '../../decomposition.js';
import { combined, interpolations, sampled, type Taps } from './interpolate.js';

type Context = DecompositionContext<'RoiAlign'>;

/** Sampling positions [R, bins × samples] along one axis, from each region's start to its end [R,1]. */
function positions({ op, b }: Context, start: Value, end: Value, bins: number, samples: number, least: number | undefined): Value {
  const dtype = start.type.dtype as 'float32';
  const size = op.Sub(end, start);
  const length = least === undefined ? size : op.Max(size, b.scalar(least, dtype));
  const shares = Array.from({ length: bins * samples }, (_, i) => (Math.floor(i / samples) + ((i % samples) + 0.5) / samples) / bins);
  return op.Add(op.Mul(length, b.initializer(tensorOf(dtype, [1, bins * samples], shares), 'shares')), start);
}

/** Linear taps; positions a whole element or more outside count nothing, those between there and the input stand at its edge. */
function tapsAlong(c: Context, position: Value, extent: number): Taps {
  const { op, b } = c;
  const { at, weight } = interpolations['linear']!(c, op.Clip(position, 0, extent - 1), {
    extent,
    outside: 'border',
    edge: [0, extent - 1],
  });
  const inside = op.And(op.GreaterOrEqual(position, -1), op.LessOrEqual(position, extent));
  return { at, weight: op.Where(op.Unsqueeze(inside, b.ints([-1])), weight, 0) };
}

/** The mean of linear samples in each bin of each region. He et al. 2017, section 3. */
function roiAlign(c: Context): readonly [Value] {
  const { op, b, node, x, attrs } = c;
  const [image, rois, batch] = x;
  if (attrs.mode !== 'avg') c.fail(`takes the ${attrs.mode} of its samples: only avg is written out`);
  if (attrs.sampling_ratio < 1) c.fail('takes as many samples as a region is large (sampling_ratio 0): export it with a fixed number');
  const [n, channels, height, width] = extents(image, node) as [number, number, number, number];
  const { output_height: rows, output_width: columns, sampling_ratio: samples, spatial_scale: scale } = attrs;
  const regions = extents(rois, node)[0]!;
  const halfPixel = attrs.coordinate_transformation_mode === 'half_pixel';
  const scaled = op.Mul(rois, scale);
  const [x1, y1, x2, y2] = op.Split(halfPixel ? op.Sub(scaled, 0.5) : scaled, b.ints([1, 1, 1, 1]), { axis: 1, outputs: 4 }) as [
    Value,
    Value,
    Value,
    Value,
  ];
  const least = halfPixel ? undefined : 1;
  const y = tapsAlong(c, positions(c, y1, y2, rows, samples, least), height);
  const xs = tapsAlong(c, positions(c, x1, x2, columns, samples, least), width);
  // Every row position with every column position: [R, rows × samples, columns × samples, taps].
  const across = (v: Value, axis: number): Value => op.Unsqueeze(v, b.ints([axis]));
  const grid = b.ints([regions, rows * samples, columns * samples, 2]);
  const spread = (taps: Taps, axis: number): Taps => ({
    at: op.Expand(across(taps.at, axis), grid),
    weight: op.Expand(across(taps.weight, axis), grid),
  });
  const taps = combined(c, [spread(y, 2), spread(xs, 1)], [height, width]);
  const starts = op.Mul(op.Reshape(batch, b.ints([regions, 1, 1, 1])), height * width);
  const flat = op.Reshape(op.Transpose(image, { perm: [0, 2, 3, 1] }), b.ints([n * height * width, channels]));
  const values = sampled(c, flat, { ...taps, at: op.Add(taps.at, starts) });
  const bins = op.Reshape(values, b.ints([regions, rows, samples, columns, samples, channels]));
  return [op.Transpose(op.ReduceMean(bins, b.ints([2, 4]), { keepdims: 0 }), { perm: [0, 3, 1, 2] })];
}

/** Regions of an image brought to one size. */
export const regions = { RoiAlign: roiAlign } satisfies DecompositionTable;
