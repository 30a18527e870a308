import { numbersOf, tensorOf, type Value } from '@vitrine/ir';
import { extents } from '../fit.js';
import type { RuleContext, RuleTable } from '../rule.js';

/** Resize along one axis, as the attributes say it. */
export interface AxisResize {
  readonly from: number;
  readonly to: number;
  readonly scale: number;
  readonly mode: string;
  readonly coordinates: string;
  readonly nearest: string;
  readonly cubic: number;
  readonly antialias: boolean;
  readonly excludeOutside: boolean;
  /** Start and end of the crop, for tf_crop_and_resize. */
  readonly roi: readonly [number, number];
}

const f32 = Math.fround;

/**
 * Where output element i falls on the input axis, in float32 as ONNX Runtime works it out: which neighbour is nearest hangs on the last bit.
 * ONNX, Resize, coordinate_transformation_mode.
 */
function position({ from, to, scale, coordinates, roi: [start, end] }: AxisResize, i: number): number {
  const halfPixel = (): number => f32(f32((i + 0.5) / scale) - 0.5);
  switch (coordinates) {
    case 'half_pixel':
      return halfPixel();
    case 'half_pixel_symmetric': {
      const adjustment = f32(to / f32(scale * from));
      return f32(f32(f32((from / 2) * f32(1 - adjustment)) + f32((i + 0.5) / scale)) - 0.5);
    }
    case 'pytorch_half_pixel':
      return to > 1 ? halfPixel() : 0;
    case 'align_corners':
      return to === 1 ? 0 : f32((i * (from - 1)) / (to - 1));
    case 'asymmetric':
      return f32(i / scale);
    default:
      return to > 1
        ? f32(f32(start * (from - 1)) + f32(f32(i * f32(f32(end - start) * (from - 1))) / (to - 1)))
        : f32(0.5 * f32(f32(start + end) * (from - 1)));
  }
}

const roundings: { readonly [mode: string]: (x: number) => number } = {
  round_prefer_floor: (x) => Math.ceil(x - 0.5),
  round_prefer_ceil: (x) => Math.floor(x + 0.5),
  floor: Math.floor,
  ceil: Math.ceil,
};

/** Keys' cubic kernel with parameter a. Keys 1981, eq. 4. */
const cubicKernel = (x: number, a: number): number => {
  const d = Math.abs(x);
  if (d <= 1) return (a + 2) * d ** 3 - (a + 3) * d ** 2 + 1;
  return d < 2 ? a * d ** 3 - 5 * a * d ** 2 + 8 * a * d - 4 * a : 0;
};

/** Weights of the input elements in output element i; indices beyond the ends stand for the element at the end. */
function taps(axis: AxisResize, i: number): readonly (readonly [index: number, weight: number])[] {
  const x = position(axis, i);
  if (axis.coordinates === 'tf_crop_and_resize' && (x < 0 || x > axis.from - 1)) return [];
  if (axis.mode === 'nearest') return [[roundings[axis.nearest]!(x), 1]];
  const kernel =
    axis.mode === 'cubic' ? (d: number): number => cubicKernel(d, axis.cubic) : (d: number): number => Math.max(0, 1 - Math.abs(d));
  const reach = axis.mode === 'cubic' ? 2 : 1;
  // Shrinking with antialias widens the kernel by the same factor.
  const width = axis.antialias && axis.scale < 1 ? axis.scale : 1;
  const first = Math.floor(x - reach / width) + 1;
  const last = Math.ceil(x + reach / width) - 1;
  const found: (readonly [number, number])[] = [];
  for (let k = first; k <= last; k++) {
    if (axis.excludeOutside && (k < 0 || k >= axis.from)) continue;
    found.push([k, kernel((k - x) * width)]);
  }
  const sum = found.reduce((s, [, w]) => s + w, 0);
  return axis.excludeOutside || width < 1 ? found.map(([k, w]) => [k, w / sum]) : found;
}

/** The resize of one axis as a matrix [to, from], row-major. */
export function resizeMatrix(axis: AxisResize): readonly number[] {
  const matrix = new Array<number>(axis.to * axis.from).fill(0);
  for (let i = 0; i < axis.to; i++) {
    for (const [k, weight] of taps(axis, i)) matrix[i * axis.from + Math.min(axis.from - 1, Math.max(0, k))]! += weight;
  }
  return matrix;
}

/** What the attributes and inputs say of each axis. */
function axesOf(c: RuleContext<'Resize'>): readonly AxisResize[] {
  const {
    node,
    x: [x, roi, scales, sizes],
    y,
    attrs,
  } = c;
  const [from, to] = [extents(x, node), extents(y, node)];
  const listed = attrs.axes?.map((axis) => (axis < 0 ? axis + from.length : axis)) ?? from.map((_, i) => i);
  const given = numbersOf(scales);
  const crop = numbersOf(roi);
  if (attrs.coordinate_transformation_mode === 'tf_crop_and_resize' && !crop?.length) c.fail('crops to a roi that is not a constant');
  const asked = numbersOf(sizes)?.map((size, i) => size / from[listed[i]!]!) ?? [];
  const kept = { stretch: undefined, not_larger: Math.min(...asked), not_smaller: Math.max(...asked) }[attrs.keep_aspect_ratio_policy];
  return from.map((extent, axis) => {
    const i = listed.indexOf(axis);
    const exact = given?.length ? given[i]! : (kept ?? to[axis]! / extent);
    return {
      from: extent,
      to: to[axis]!,
      scale: i < 0 ? 1 : f32(exact),
      mode: attrs.mode,
      coordinates: i < 0 ? 'asymmetric' : attrs.coordinate_transformation_mode,
      nearest: attrs.nearest_mode,
      cubic: attrs.cubic_coeff_a,
      antialias: attrs.antialias === 1,
      excludeOutside: attrs.exclude_outside === 1,
      roi: crop?.length ? [crop[i]!, crop[i + listed.length]!] : [0, 1],
    };
  });
}

const isIdentity = (axis: AxisResize): boolean => axis.from === axis.to && axis.scale === 1 && axis.coordinates !== 'tf_crop_and_resize';

/** Every element repeated a whole number of times. */
const isRepetition = (axis: AxisResize): boolean => {
  const times = axis.to / axis.from;
  if (axis.mode !== 'nearest' || !Number.isInteger(times)) return false;
  return Array.from({ length: axis.to }, (_, i) => taps(axis, i)).every(([tap], i) => tap?.[0] === Math.floor(i / times));
};

/**
 * Resizing is linear and separable: along each axis a matrix, whose transpose takes the signal back.
 * A whole-number repetition is a sum instead.
 */
const resize = (c: RuleContext<'Resize'>): Value => {
  const { op, b, g } = c;
  const axes = axesOf(c);
  // ONNX Runtime copies its input where no extent changes, whatever scales and roi say.
  if (axes.every(({ from, to }) => from === to)) return g;
  let signal = g;
  axes.forEach((axis, i) => {
    if (isIdentity(axis)) return;
    const shape = signal.type.shape as readonly number[];
    if (isRepetition(axis)) {
      const apart = op.Reshape(signal, b.ints(shape.flatMap((dim, k) => (k === i ? [axis.from, axis.to / axis.from] : [dim]))));
      signal = op.ReduceSum(apart, b.ints([i + 1]), { keepdims: 0 });
      return;
    }
    const dtype = g.type.dtype as 'float32';
    const last = i === shape.length - 1;
    const matrix = b.initializer(tensorOf(dtype, [axis.to, axis.from], resizeMatrix(axis)), 'resize');
    if (last) signal = op.MatMul(signal, matrix);
    else {
      // [from, to] × [..., to, rest]: the axes behind are one.
      const rest = shape.slice(i + 1).reduce((p, d) => p * d, 1);
      const flat = op.Reshape(signal, b.ints([...shape.slice(0, i + 1), rest]));
      const product = op.MatMul(op.Transpose(matrix, { perm: [1, 0] }), flat);
      signal = op.Reshape(product, b.ints(shape.map((dim, k) => (k === i ? axis.from : dim))));
    }
  });
  return signal;
};

export const resizing = {
  Resize: (c) => [resize(c), null, null, null],
} satisfies RuleTable;
