import { sizeOf, span, tensorOf, windows, type Builder, type Value } from '@vitrine/ir';
import { extents } from '../fit.js';
import type { RuleContext, RuleTable } from '../rule.js';
import { convBackward, type Geometry } from './conv.js';

type Pool = RuleContext<'AveragePool' | 'LpPool' | 'MaxPool'>;

function poolGeometry(c: Pool): Geometry {
  const {
    node,
    x: [x],
    y,
    attrs,
  } = c;
  const [input, output] = [extents(x, node).slice(2), extents(y, node).slice(2)];
  const spatial = windows(c, attrs, attrs.kernel_shape, input);
  // ceil_mode lets the last window run over the end: as if there were more padding.
  const covered = spatial.map((s, i) => ({
    ...s,
    padEnd: Math.max(s.padEnd, (output[i]! - 1) * s.stride + span(s) - s.padBegin - input[i]!),
  }));
  return { windows: covered, input, output, group: 1 };
}

/** Every window's signal given to each element it covers, added up. g: [N,C,…]. */
function spread(b: Builder, g: Value, { windows: spatial, input, output }: Geometry): Value {
  const { op } = b;
  const [n, channels] = g.type.shape as readonly number[];
  const disjoint = spatial.every(
    (s, i) => s.dilation === 1 && s.kernel === s.stride && s.padBegin === 0 && input[i]! >= output[i]! * s.kernel,
  );
  if (disjoint) {
    const apart = op.Reshape(g, b.ints([n!, channels!, ...output.flatMap((d) => [d, 1])]));
    const repeated = op.Reshape(
      op.Expand(apart, b.ints([n!, channels!, ...spatial.flatMap((s, i) => [output[i]!, s.kernel])])),
      b.ints([n!, channels!, ...spatial.map((s, i) => output[i]! * s.kernel)]),
    );
    const tails = spatial.map((s, i) => input[i]! - output[i]! * s.kernel);
    return tails.every((t) => t === 0) ? repeated : op.Pad(repeated, b.ints([...new Array(input.length + 2).fill(0), 0, 0, ...tails]));
  }
  const kernel = spatial.map((s) => s.kernel);
  const ones = b.initializer(tensorOf(g.type.dtype as 'float32', [1, 1, ...kernel], new Array(sizeOf(kernel)).fill(1)), 'ones');
  const rows = op.Reshape(g, b.ints([n! * channels!, 1, ...output]));
  return op.Reshape(convBackward(b, rows, ones, { windows: spatial, input, output, group: 1 }), b.ints([n!, channels!, ...input]));
}

/** How many elements each window of an average counts, [1,1,…]; a number when all count the same. */
function counts(c: RuleContext<'AveragePool'>, { windows: spatial, input, output }: Geometry): number | readonly number[] {
  const perAxis = spatial.map((s, i) => {
    const declared = windows(c, c.attrs, c.attrs.kernel_shape, input)[i]!;
    // Padding counts when asked to; what ceil_mode adds beyond it never does.
    const [low, high] = c.attrs.count_include_pad ? [-declared.padBegin, input[i]! + declared.padEnd] : [0, input[i]!];
    return Array.from(
      { length: output[i]! },
      (_, o) =>
        Array.from({ length: s.kernel }, (__, k) => o * s.stride - s.padBegin + k * s.dilation).filter((at) => at >= low && at < high)
          .length,
    );
  });
  const all = perAxis.reduce<readonly number[]>((outer, axis) => outer.flatMap((a) => axis.map((v) => a * v)), [1]);
  return all.every((v) => v === all[0]) ? all[0]! : all;
}

const averagePool = (c: RuleContext<'AveragePool'>): readonly [Value] => {
  const { op, b, g } = c;
  const shape = poolGeometry(c);
  const n = counts(c, shape);
  const share =
    typeof n === 'number'
      ? op.Mul(g, 1 / n)
      : op.Mul(
          g,
          b.initializer(
            tensorOf(
              g.type.dtype as 'float32',
              [1, 1, ...shape.output],
              n.map((v) => 1 / v),
            ),
            'shares',
          ),
        );
  return [spread(b, share, shape)];
};

/** d/dx (Σ|x|^p)^(1/p) = sign(x) |x|^(p−1) y^(1−p), 0 where y is 0. */
function lp({ op, g, y }: Pick<RuleContext, 'op' | 'g' | 'y'>, x: Value, p: number, spreading: (share: Value) => Value): Value {
  const zero = op.Equal(y, 0);
  const share = p === 1 ? g : op.Where(zero, 0, op.Div(g, op.Pow(op.Where(zero, 1, y), p - 1)));
  const factor = p === 1 ? op.Sign(x) : p === 2 ? x : op.Mul(op.Sign(x), op.Pow(op.Abs(x), p - 1));
  return op.Mul(factor, spreading(share));
}

/** The maximum of each window, the first in row-major order among ties, gets its signal; overlapping windows add up. */
const maxPool = ({ op, b, node, x: [x], ys, g, attrs }: RuleContext<'MaxPool'>): readonly [Value] => {
  const given = attrs.storage_order === 0 ? ys[1] : undefined;
  const indices = given ?? b.node('MaxPool', [x], { ...attrs, storage_order: 0 } as never, 2)[1]!;
  const dims = extents(x, node);
  const ground = op.Expand(b.scalar(0, g.type.dtype as 'float32'), b.ints([sizeOf(dims)]));
  const flat = b.ints([-1]);
  return [op.Reshape(op.ScatterElements(ground, op.Reshape(indices, flat), op.Reshape(g, flat), { reduction: 'add' }), b.ints(dims))];
};

/** Up to this many positions a signal is spread over by a convolution. */
const SMALL_AREA = 256;

/**
 * Every position gets its share of the signal. Over a small area as a depthwise convolution, which is cheap there and gives its
 * result in the blocked layout that the convolutions behind it work in.
 */
const globalAveragePool = ({ op, b, node, x: [x], g }: RuleContext<'GlobalAveragePool'>): readonly [Value] => {
  const dims = extents(x, node);
  const [channels, spatial] = [dims[1]!, dims.slice(2)];
  const area = sizeOf(spatial);
  if (spatial.length !== 2 || area > SMALL_AREA) return [op.Expand(op.Mul(g, 1 / area), b.ints(dims))];
  const shares = b.initializer(tensorOf(g.type.dtype as 'float32', [1, 1, ...spatial], new Array(area).fill(1 / area)), 'shares');
  const pads = spatial.map((d) => d - 1);
  return [
    op.Conv(g, op.Expand(shares, b.ints([channels, 1, ...spatial])), { group: channels, kernel_shape: spatial, pads: [...pads, ...pads] }),
  ];
};

/** Pools, and what undoes them. */
export const pooling = {
  AveragePool: averagePool,
  GlobalAveragePool: globalAveragePool,
  GlobalLpPool: (c) => [lp(c, c.x[0], c.attrs.p, (share) => share)],
  GlobalMaxPool: ({ op, b, node, x: [x], g }) => {
    const dims = extents(x, node);
    const flat = op.Reshape(x, b.ints([dims[0]!, dims[1]!, -1]));
    const first = op.ArgMax(flat, { axis: 2 });
    const ground = op.Expand(b.scalar(0, g.type.dtype as 'float32'), b.ints(flat.type.shape as readonly number[]));
    return [op.Reshape(op.ScatterElements(ground, first, op.Reshape(g, b.ints([dims[0]!, dims[1]!, 1])), { axis: 2 }), b.ints(dims))];
  },
  LpPool: (c) => {
    const shape = poolGeometry(c);
    return [lp(c, c.x[0], c.attrs.p, (share) => spread(c.b, share, shape))];
  },
  MaxPool: maxPool,
  MaxUnpool: ({ op, b, node, x: [x, indices], g }) => {
    const flat = b.ints([-1]);
    return [op.Reshape(op.GatherElements(op.Reshape(g, flat), op.Reshape(indices, flat)), b.ints(extents(x, node))), null];
  },
} satisfies RuleTable;
