import { sizeOf, type Tensor } from '@vitrine/ir';
import { blur } from './blur.js';

export interface Baseline {
  readonly doc: string;
  /** A tensor shaped as x that stands for the absence of what x shows. `random` gives numbers in [0,1). */
  make(x: Tensor, options: BaselineOptions, random: () => number): Tensor;
}

export interface BaselineOptions {
  /** For `constant`. */
  readonly value?: number;
  /** For `blur`, in elements. */
  readonly sigma?: number;
  /** Spatial axes for `blur` and `mean`; all axes behind the second unless given. */
  readonly axes?: readonly number[];
}

const values = (x: Tensor): Float32Array => x.data as Float32Array;

function filled(x: Tensor, f: (i: number) => number): Tensor {
  const make = values(x).constructor as Float32ArrayConstructor;
  return { dtype: x.dtype, dims: x.dims, data: make.from({ length: sizeOf(x.dims) }, (_, i) => f(i)) };
}

const spatial = (x: Tensor, { axes }: BaselineOptions): readonly number[] => axes ?? x.dims.map((_, i) => i).slice(2);
const BLUR_SIGMA = 10;

/** Inputs that stand for nothing. */
export const baselines = {
  zero: { doc: 'all zeros: the mean image after normalization, or black', make: (x) => filled(x, () => 0) },
  constant: { doc: 'one number everywhere', make: (x, { value = 0 }) => filled(x, () => value) },
  mean: {
    doc: "each channel's mean",
    make(x, options) {
      const axes = new Set(spatial(x, options));
      const inner = x.dims.map((_, axis) => sizeOf(x.dims.slice(axis + 1)));
      const channel = (i: number): number =>
        x.dims.reduce((key, dim, axis) => (axes.has(axis) ? key : key * dim + (Math.floor(i / inner[axis]!) % dim)), 0);
      const sums = new Map<number, readonly [number, number]>();
      values(x).forEach((v, i) => {
        const [sum, count] = sums.get(channel(i)) ?? [0, 0];
        sums.set(channel(i), [sum + v, count + 1]);
      });
      return filled(x, (i) => sums.get(channel(i))![0] / sums.get(channel(i))![1]);
    },
  },
  blur: {
    doc: 'the input, blurred until its detail is gone',
    make: (x, options) => blur(x, options.sigma ?? BLUR_SIGMA, spatial(x, options)),
  },
  uniform: {
    doc: "random numbers in the input's range",
    make(x, _, random) {
      const [low, high] = values(x).reduce<readonly [number, number]>(
        ([a, b], v) => [Math.min(a, v), Math.max(b, v)],
        [Infinity, -Infinity],
      );
      return filled(x, () => low + (high - low) * random());
    },
  },
} satisfies { readonly [name: string]: Baseline };

export type BaselineName = keyof typeof baselines;
