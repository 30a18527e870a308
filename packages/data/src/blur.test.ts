import type { Tensor } from '@vitrine/ir';
import { expect, test } from 'vitest';
import { blur, blurMatrix } from './blur.js';
import { DataError } from './error.js';
import { difference, golden } from './testing/golden.js';

const arrays = golden('arrays.npz');
const x = arrays.get('blurred')!;
const SIGMAS = [0.4, 1.5, 6];

test.each(SIGMAS)('blurring agrees with scipy for sigma %d', (sigma) => {
  const expected = arrays.get(`scipy-${sigma}`)!;
  const ours = blur(x, sigma, [1, 2]);
  expect(ours.dims).toEqual(x.dims);
  expect(difference(ours.data as Float64Array, expected.data as Float64Array).most).toBeLessThan(1e-12);
});

test.each(SIGMAS)('the matrix blurs as the kernel does for sigma %d', (sigma) => {
  const row: Tensor = { dtype: 'float64', dims: [12], data: (x.data as Float64Array).slice(0, 12) };
  const matrix = blurMatrix(12, sigma);
  const product = Array.from({ length: 12 }, (_, i) => (row.data as Float64Array).reduce((sum, v, j) => sum + matrix[i * 12 + j]! * v, 0));
  expect(difference(product, blur(row, sigma, [0]).data as Float64Array).most).toBeLessThan(1e-6);
});

test('sigma 0 leaves all as it is', () => {
  expect(blur(x, 0, [1, 2])).toEqual(x);
  expect(blurMatrix(3, 0)).toEqual(Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1));
});

const mean = (t: Tensor): number => (t.data as Float32Array).reduce((a, b) => a + b, 0) / t.data.length;

test('the dtype stays, and so does the mean', () => {
  const single: Tensor = { dtype: 'float32', dims: x.dims, data: Float32Array.from(x.data as Float64Array) };
  const blurred = blur(single, 2, [1, 2]);
  expect(blurred.dtype).toBe('float32');
  expect(mean(blurred)).toBeCloseTo(mean(single), 5);
});

test.each<[() => unknown, DataError]>([
  [() => blur(x, -1, [1]), new DataError('bad-option', 'blur: sigma must be from 0 to 10000, not -1')],
  [() => blur(x, NaN, [1]), new DataError('bad-option', 'blur: sigma must be from 0 to 10000, not NaN')],
  [() => blur(x, 1, [3]), new DataError('bad-option', 'blur: a tensor of rank 3 has no axis 3')],
  [() => blur(x, 1, [0.5]), new DataError('bad-option', 'blur: a tensor of rank 3 has no axis 0.5')],
  [
    () => blur({ dtype: 'uint8', dims: [1], data: new Uint8Array(1) }, 1, [0]),
    new DataError('bad-input', 'only floats can be blurred, not uint8'),
  ],
])('what cannot be is refused: %s', (call, error) => expect(call).toThrow(error));
