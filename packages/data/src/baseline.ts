import { numbers, sizeOf, type Tensor } from '@vitrine/ir';
import { blur } from './blur.js';
import { DataError } from './error.js';
import { normal } from './random.js';

export interface Baseline {
  readonly doc: string;
  /** A tensor shaped as x that stands for the absence of what x shows. `random` gives numbers in [0,1). @throws DataError unless x holds floats */
  make(x: Tensor, options: BaselineOptions, random: () => number): Tensor;
}

export interface BaselineOptions {
  /** For `constant`; 0 unless given. */
  readonly value?: number;
  /** For `blur`, in elements; 10 unless given. */
  readonly sigma?: number;
  /** For `uniform`; the range of x unless given. */
  readonly range?: readonly [low: number, high: number];
  /** Spatial axes for `blur`, `mean` and `noise`; all axes behind the second unless given. */
  readonly axes?: readonly number[];
}

const BLUR_SIGMA = 10;

/** Inputs that stand for nothing. */
export const baselines = {
  zero: { doc: 'all zeros: the mean image after normalization, or black', make: (x) => filled(x, () => 0) },
  constant: { doc: 'one number everywhere', make: (x, { value = 0 }) => filled(x, () => value) },
  mean: { doc: "each channel's mean", make: (x, options) => meanOver(x, spatial(x, options)) },
  blur: {
    doc: 'the input, blurred until its detail is gone',
    make: (x, options) => blur(x, options.sigma ?? BLUR_SIGMA, spatial(x, options)),
  },
  uniform: {
    doc: "random numbers in the input's range",
    make(x, { range }, random) {
      const [low, high] = range ?? rangeOf(x);
      return filled(x, () => low + (high - low) * random());
    },
  },
  noise: {
    doc: "random numbers with each channel's mean and standard deviation",
    make(x, options, random) {
      const [mean, draw] = [meanOver(x, spatial(x, options)), normal(random)];
      const [values, middle] = [floats(x), floats(mean)];
      const spread = floats(
        meanOver(
          filled(x, (i) => (values[i]! - middle[i]!) ** 2),
          spatial(x, options),
        ),
      );
      return filled(x, (i) => middle[i]! + Math.sqrt(spread[i]!) * draw());
    },
  },
} satisfies { readonly [name: string]: Baseline };

export type BaselineName = keyof typeof baselines;

function floats(x: Tensor): Float32Array | Float64Array {
  if (x.dtype !== 'float32' && x.dtype !== 'float64')
    throw new DataError('bad-input', `a baseline needs an input of floats, not ${x.dtype}: give the baseline as .npy`);
  return numbers(x) as Float32Array | Float64Array;
}

function filled(x: Tensor, f: (i: number) => number): Tensor {
  const make = floats(x).constructor as Float32ArrayConstructor;
  return { dtype: x.dtype, dims: x.dims, data: make.from({ length: sizeOf(x.dims) }, (_, i) => f(i)) };
}

const spatial = (x: Tensor, { axes }: BaselineOptions): readonly number[] => axes ?? x.dims.map((_, i) => i).slice(2);

const rangeOf = (x: Tensor): readonly [number, number] => {
  const range: [number, number] = [Infinity, -Infinity];
  for (const v of floats(x)) {
    range[0] = Math.min(range[0], v);
    range[1] = Math.max(range[1], v);
  }
  return range;
};

/** Each element becomes the mean over the axes given. */
function meanOver(x: Tensor, axes: readonly number[]): Tensor {
  const values = floats(x);
  const kept = x.dims.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
  const sums = new Float64Array(sizeOf(kept));
  const place = placeIn(x.dims, kept);
  values.forEach((v, i) => (sums[place(i)]! += v));
  const count = values.length / sums.length;
  return filled(x, (i) => sums[place(i)]! / count);
}

/** From a flat index in `dims` to that in `kept`, where extents are the same or 1. */
function placeIn(dims: readonly number[], kept: readonly number[]): (i: number) => number {
  const steps = dims.flatMap((dim, axis) =>
    kept[axis] === 1 ? [] : [{ dim, from: sizeOf(dims.slice(axis + 1)), to: sizeOf(kept.slice(axis + 1)) }],
  );
  return (i) => {
    let at = 0;
    for (const { dim, from, to } of steps) at += (Math.floor(i / from) % dim) * to;
    return at;
  };
}
