import type { Value } from '@vitrine/ir';
import { extents, rankOf } from '../../fit.js';
import type { DecompositionContext, DecompositionTable } from '../decomposition.js';

/** (x − mean)/√(var + ε) over axes. */
function standardized({ op, b }: Pick<DecompositionContext, 'op' | 'b'>, x: Value, axes: readonly number[], epsilon: number): Value {
  const over = b.ints(axes);
  const centred = op.Sub(x, op.ReduceMean(x, over));
  return op.Div(centred, op.Sqrt(op.Add(op.ReduceMean(op.Mul(centred, centred), over), epsilon)));
}

/** Normalizations by group, instance or neighbourhood. */
export const normalize = {
  GroupNormalization: (c) => {
    const {
      op,
      b,
      node,
      x: [x, scale, bias],
      attrs,
    } = c;
    const [n, channels, ...spatial] = extents(x, node) as readonly [number, number, ...number[]];
    const grouped = op.Reshape(x, b.ints([n, attrs.num_groups, -1]));
    const normal = op.Reshape(standardized(c, grouped, [2], attrs.epsilon), b.ints([n, channels, ...spatial]));
    const along = b.ints([1, channels, ...spatial.map(() => 1)]);
    return [op.Add(op.Mul(normal, op.Reshape(scale, along)), op.Reshape(bias, along))];
  },
  InstanceNormalization: (c) => {
    const {
      op,
      b,
      node,
      x: [x, scale, bias],
      attrs,
    } = c;
    const rank = rankOf(x, node);
    const spatial = Array.from({ length: rank - 2 }, (_, i) => i + 2);
    const along = b.ints([1, -1, ...spatial.map(() => 1)]);
    return [op.Add(op.Mul(standardized(c, x, spatial, attrs.epsilon), op.Reshape(scale, along)), op.Reshape(bias, along))];
  },
  /** Krizhevsky et al. 2012: x / (bias + alpha/size Σ x²)^beta, the sum over neighbouring channels. */
  LRN: ({ op, b, node, x: [x], attrs: { alpha, beta, bias, size } }) => {
    const [n, channels, ...spatial] = extents(x, node) as readonly [number, number, ...number[]];
    const before = Math.floor((size - 1) / 2);
    const planes = op.Reshape(op.Mul(x, x), b.ints([n, 1, channels, -1]));
    const mean = op.AveragePool(planes, { kernel_shape: [size, 1], pads: [before, 0, size - 1 - before, 0], count_include_pad: 1 });
    const scale = op.Pow(op.Add(op.Mul(op.Reshape(mean, b.ints([n, channels, ...spatial])), alpha), bias), beta);
    return [op.Div(x, scale)];
  },
  MeanVarianceNormalization: (c) => [standardized(c, c.x[0], c.attrs.axes, 1e-9)],
} satisfies DecompositionTable;
