import { numbers, sizeOf, type Tensor } from '@vitrine/ir';
import { DataError } from './error.js';

/** Kernels reach four standard deviations, as scipy.ndimage.gaussian_filter's do. */
const TRUNCATE = 4;

/**
 * Gaussian blur along the given axes, such as [2, 3] of [N,C,H,W]; borders are reflected (d c b a | a b c d | d c b a).
 * sigma in elements; 0 leaves x as it is. @throws DataError 'bad-option', 'bad-input'
 */
export function blur(x: Tensor, sigma: number, axes: readonly number[]): Tensor {
  if (x.dtype !== 'float32' && x.dtype !== 'float64') throw new DataError('bad-input', `only floats can be blurred, not ${x.dtype}`);
  for (const axis of axes)
    if (!(Number.isInteger(axis) && axis >= 0 && axis < x.dims.length))
      throw new DataError('bad-option', `blur: a tensor of rank ${x.dims.length} has no axis ${axis}`);
  const kernel = kernelFor(sigma);
  const blurred = axes.reduce((data, axis) => along(data, x.dims, axis, kernel), Float64Array.from(numbers(x)));
  return { dtype: x.dtype, dims: x.dims, data: x.dtype === 'float64' ? blurred : Float32Array.from(blurred) };
}

/** The same along one axis of `extent` elements, as a matrix [extent, extent] to multiply with from the left. @throws DataError 'bad-option' */
export function blurMatrix(extent: number, sigma: number): Float32Array<ArrayBuffer> {
  const matrix = new Float32Array(extent * extent);
  const kernel = kernelFor(sigma);
  const radius = (kernel.length - 1) / 2;
  for (let i = 0; i < extent; i++) kernel.forEach((w, k) => (matrix[i * extent + reflected(i + k - radius, extent)]! += w));
  return matrix;
}

/** A kernel much wider than any picture says that the unit was mistaken. */
const MAX_SIGMA = 10_000;

function kernelFor(sigma: number): Float64Array {
  if (!(sigma >= 0 && sigma <= MAX_SIGMA)) throw new DataError('bad-option', `blur: sigma must be from 0 to ${MAX_SIGMA}, not ${sigma}`);
  const radius = Math.floor(TRUNCATE * sigma + 0.5);
  const weights = Float64Array.from({ length: 2 * radius + 1 }, (_, i) =>
    radius === 0 ? 1 : Math.exp(-0.5 * ((i - radius) / sigma) ** 2),
  );
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map((w) => w / total);
}

function along(data: Float64Array, dims: readonly number[], axis: number, kernel: Float64Array): Float64Array<ArrayBuffer> {
  const [extent, inner] = [dims[axis]!, sizeOf(dims.slice(axis + 1))];
  const radius = (kernel.length - 1) / 2;
  const result = new Float64Array(data.length);
  const sources = Int32Array.from({ length: extent + 2 * radius }, (_, i) => reflected(i - radius, extent));
  for (let start = 0; start < data.length; start += extent * inner) {
    for (let i = 0; i < extent; i++) {
      const to = start + i * inner;
      for (let k = 0; k < kernel.length; k++) {
        const weight = kernel[k]!;
        const from = start + sources[i + k]! * inner;
        for (let j = 0; j < inner; j++) result[to + j]! += weight * data[from + j]!;
      }
    }
  }
  return result;
}

function reflected(i: number, extent: number): number {
  const period = 2 * extent;
  const wrapped = ((i % period) + period) % period;
  return wrapped < extent ? wrapped : period - 1 - wrapped;
}
