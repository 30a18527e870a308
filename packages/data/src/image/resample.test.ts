import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { DataError } from '../error.js';
import { difference, golden } from '../testing/golden.js';
import { resample, type Interpolation, type Planes } from './resample.js';

const arrays = golden('arrays.npz');
const planes = (name: string): Planes => {
  const { dims, data } = arrays.get(name)!;
  return { width: dims[1]!, height: dims[0]!, channels: 1, data: data as Float32Array };
};
const noise = planes('noise');
const cases = [...arrays.keys()].filter((name) => /^(pillow|torch)-/.test(name));

test.each(cases)('resizing agrees with %s', (name) => {
  const [library, how] = name.split('-') as [string, Interpolation];
  const { width, height, data } = planes(name);
  const ours = resample(noise, width, height, how, library === 'pillow');
  // PyTorch computes its coordinates in single precision.
  expect(difference(ours.data, data).most).toBeLessThan(library === 'pillow' ? 1e-6 : 5e-6);
});

test('every interpolation is compared, larger and smaller', () => expect(cases.length).toBe(16));

const anyPlanes = fc
  .record({ width: fc.integer({ min: 1, max: 9 }), height: fc.integer({ min: 1, max: 9 }), channels: fc.constantFrom(1, 3) })
  .chain(({ width, height, channels }) =>
    fc
      .array(fc.float({ min: 0, max: 1, noNaN: true }), { minLength: width * height * channels, maxLength: width * height * channels })
      .map((values): Planes => ({ width, height, channels, data: Float32Array.from(values) })),
  );
const side = fc.integer({ min: 1, max: 20 });
const anyHow = fc.constantFrom<Interpolation>('nearest', 'bilinear', 'bicubic');

test('a picture of one colour keeps it, channels stay apart', () =>
  fc.assert(
    fc.property(anyPlanes, side, side, anyHow, fc.boolean(), (image, width, height, how, antialias) => {
      const flat = { ...image, data: image.data.map((_, i) => (i % image.channels) + 1) };
      const { data } = resample(flat, width, height, how, antialias);
      expect(data.length).toBe(width * height * image.channels);
      data.forEach((v, i) => expect(v).toBeCloseTo((i % image.channels) + 1, 5));
    }),
    { seed: 1 },
  ));

test('weights never mix in what is not there: nearest and bilinear stay in range', () =>
  fc.assert(
    fc.property(
      anyPlanes,
      side,
      side,
      fc.constantFrom<Interpolation>('nearest', 'bilinear'),
      fc.boolean(),
      (image, width, height, how, antialias) => {
        const [low, high] = [Math.min(...image.data) - 1e-6, Math.max(...image.data) + 1e-6];
        for (const v of resample(image, width, height, how, antialias).data) expect(v >= low && v <= high).toBe(true);
      },
    ),
    { seed: 2 },
  ));

test.each([
  [0, 4],
  [1.5, 4],
  [4, NaN],
])('a picture of %d × %d pixels is refused', (width, height) =>
  expect(() => resample(noise, width, height)).toThrow(
    new DataError(
      'bad-option',
      `resample: a picture of 31 × 23 pixels cannot become one of ${width} × ${height}: sides are whole numbers from 1`,
    ),
  ),
);
