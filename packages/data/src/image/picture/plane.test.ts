import type { Tensor } from '@vitrine/ir';
import { expect, test } from 'vitest';
import { DataError } from '../../error.js';
import { normalised, planeOf, smoothed, type Plane } from './plane.js';

const chw: Tensor = { dtype: 'float32', dims: [1, 2, 1, 3], data: Float32Array.of(1, -2, 3, -4, 1, 0.5) };
const hwc: Tensor = { dtype: 'float64', dims: [1, 3, 2], data: Float64Array.of(1, -4, -2, 1, 3, 0.5) };

test.each([
  ['sum', [-3, -1, 3.5]],
  ['absolute-sum', [5, 3, 3.5]],
  ['maximum', [4, 2, 3]],
] as const)('channels are put together by their %s, in either layout', (how, expected) => {
  expect(planeOf(chw, 'NCHW', how)).toEqual({ width: 3, height: 1, data: Float32Array.from(expected) });
  expect(planeOf(hwc, 'NHWC', how)).toEqual({ width: 3, height: 1, data: Float32Array.from(expected) });
});

test.each<[Tensor, string]>([
  [{ ...chw, data: Float32Array.of(1, NaN, 3, -4, 1, 0.5) }, 'the attribution holds NaN, which has no colour'],
  [{ ...chw, data: Float32Array.of(1, 2, 3, -4, -Infinity, 0.5) }, 'the attribution holds -Infinity, which has no colour'],
  [
    { ...chw, data: Float32Array.of(3e38, 2, 3, 3e38, 1, 0.5) },
    'the attribution goes beyond single precision: its channels make Infinity, which has no colour',
  ],
  [{ ...chw, dims: [2, 1, 1, 3] }, "an attribution of shape [2,1,1,3] is not one picture's"],
  [{ ...chw, dims: [2, 3] }, "an attribution of shape [2,3] is not one picture's"],
])('what has no colour is refused: %#', (tensor, message) =>
  expect(() => planeOf(tensor, 'NCHW')).toThrow(new DataError('bad-input', message)),
);

const plane = (data: Float32Array, width = data.length): Plane => ({ width, height: data.length / width, data });

test('one outlier does not pale the rest', () => {
  const data = Float32Array.from({ length: 1000 }, (_, i) => (i === 7 ? 1e6 : (i % 10) - 4.5));
  const { data: scaled } = normalised(plane(data));
  expect(scaled[7]).toBe(1);
  expect(scaled[9]).toBe(1);
  expect(scaled[0]).toBe(-1);
  expect(scaled[5]).toBeCloseTo(0.5 / 4.5, 6);
});

test('nothing stays nothing, and a single cell still shows', () => {
  expect(normalised(plane(new Float32Array(100))).data.every((v) => v === 0)).toBe(true);
  const lone = new Float32Array(1000);
  lone[3] = -1e-20;
  expect(normalised(plane(lone)).data[3]).toBe(-1);
});

test('coarse planes are left as they are, fine ones lose their noise', () => {
  const coarse = plane(
    Float32Array.from({ length: 49 }, (_, i) => i % 3),
    7,
  );
  expect(smoothed(coarse, 0.035)).toBe(coarse);
  const noisy = plane(
    Float32Array.from({ length: 3600 }, (_, i) => (i % 2 === 0 ? 1 : -1)),
    60,
  );
  expect(Math.max(...smoothed(noisy, 0.035).data)).toBeLessThan(0.2);
});
