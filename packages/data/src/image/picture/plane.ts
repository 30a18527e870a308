import { numbers, type Tensor } from '@vitrine/ir';
import { blur } from '../../blur.js';
import { DataError } from '../../error.js';

/** One number per pixel. */
export interface Plane {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/** How channels become one number. */
export type Reduction = 'sum' | 'absolute-sum' | 'maximum';

/**
 * An attribution [1,C,H,W] or [1,H,W,C], or without the 1, with its channels put together.
 * @throws DataError 'bad-input' on several examples, and on NaN and infinities, which have no colour
 */
export function planeOf(attribution: Tensor, layout: 'NCHW' | 'NHWC', how: Reduction = 'sum'): Plane {
  const [first, ...rest] = attribution.dims.length === 4 ? attribution.dims : [1, ...attribution.dims];
  if (first !== 1 || rest.length !== 3)
    throw new DataError('bad-input', `an attribution of shape [${attribution.dims.join(',')}] is not one picture's`);
  const [channels, height, width] = (layout === 'NHWC' ? [rest[2], rest[0], rest[1]] : rest) as [number, number, number];
  const values = numbers(attribution);
  const data = new Float32Array(width * height);
  for (let c = 0; c < channels; c++) {
    for (let p = 0; p < data.length; p++) {
      const v = values[layout === 'NHWC' ? p * channels + c : c * data.length + p]!;
      if (!Number.isFinite(v)) throw colourless(`holds ${v}`);
      data[p] = how === 'sum' ? data[p]! + v : how === 'absolute-sum' ? data[p]! + Math.abs(v) : Math.max(data[p]!, Math.abs(v));
      if (!Number.isFinite(data[p])) throw colourless(`goes beyond single precision: its channels make ${data[p]}`);
    }
  }
  return { width, height, data };
}

const colourless = (what: string): DataError => new DataError('bad-input', `the attribution ${what}, which has no colour`);

/** Brings values to [-1,1]: the given share of magnitudes keeps its colour, the few beyond are cut, so that one outlier does not pale the rest. */
export function normalised({ width, height, data }: Plane, share = 0.995): Plane {
  const magnitudes = Float32Array.from(data, Math.abs).toSorted();
  const most = magnitudes[Math.min(magnitudes.length - 1, Math.floor(share * magnitudes.length))] || magnitudes.at(-1) || 1;
  return { width, height, data: Float32Array.from(data, (v) => Math.max(-1, Math.min(1, v / most))) };
}

/** Planes with fewer cells than this along a side are coarse already. */
const FINE = 50;

/** Single pixels are noise to the eye: fine planes are blurred, by a share of their side. */
export function smoothed(plane: Plane, share: number): Plane {
  const { width, height, data } = plane;
  const side = Math.min(width, height);
  if (side < FINE) return plane;
  const blurred = blur({ dtype: 'float32', dims: [height, width], data: data as Float32Array<ArrayBuffer> }, share * side, [0, 1]);
  return { width, height, data: blurred.data as Float32Array };
}
