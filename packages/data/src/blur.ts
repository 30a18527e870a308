import { sizeOf, type Tensor } from '@vitrine/ir';

/** Kernels reach four standard deviations, as scipy.ndimage.gaussian_filter's do. */
const TRUNCATE = 4;

/** Gaussian blur along the given axes; borders are reflected (d c b a | a b c d | d c b a). sigma in elements. */
export function blur(x: Tensor, sigma: number, axes: readonly number[]): Tensor {
  const radius = Math.floor(TRUNCATE * sigma + 0.5);
  const weights = Array.from({ length: 2 * radius + 1 }, (_, i) => Math.exp(-0.5 * ((i - radius) / sigma) ** 2));
  const total = weights.reduce((a, b) => a + b, 0);
  const kernel = Float64Array.from(weights, (w) => w / total);
  let data = Float64Array.from(x.data as Float32Array);
  for (const axis of axes) data = along(data, x.dims, axis, kernel, radius);
  return { dtype: x.dtype, dims: x.dims, data: (x.dtype === 'float64' ? data : Float32Array.from(data)) as never };
}

function along(data: Float64Array, dims: readonly number[], axis: number, kernel: Float64Array, radius: number): Float64Array<ArrayBuffer> {
  const [extent, inner] = [dims[axis]!, sizeOf(dims.slice(axis + 1))];
  const result = new Float64Array(data.length);
  const sources = Int32Array.from({ length: extent + 2 * radius }, (_, i) => reflected(i - radius, extent));
  for (let start = 0; start < data.length; start += extent * inner) {
    for (let i = 0; i < extent; i++) {
      for (let k = 0; k < kernel.length; k++) {
        const [weight, from, to] = [kernel[k]!, start + sources[i + k]! * inner, start + i * inner];
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

/** The same along one axis of `extent` elements, as a matrix [extent, extent] to multiply with from the left; sigma 0 leaves all as it is. */
export function blurMatrix(extent: number, sigma: number): Float32Array<ArrayBuffer> {
  const matrix = new Float32Array(extent * extent);
  const radius = Math.floor(TRUNCATE * sigma + 0.5);
  const weights = Array.from({ length: 2 * radius + 1 }, (_, i) => (sigma === 0 ? 1 : Math.exp(-0.5 * ((i - radius) / sigma) ** 2)));
  const total = weights.reduce((a, b) => a + b, 0);
  for (let i = 0; i < extent; i++) weights.forEach((w, k) => (matrix[i * extent + reflected(i + k - radius, extent)]! += w / total));
  return matrix;
}
