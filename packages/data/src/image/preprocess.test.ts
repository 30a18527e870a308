import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { DataError } from '../error.js';
import { difference, golden } from '../testing/golden.js';
import { decodeImage } from './decode.node.js';
import type { Image } from './image.js';
import { preprocess, wantedBy, type Wanted } from './preprocess.js';
import { presets, type Preprocess } from './preprocessOptions.js';

const free: Wanted = { layout: 'NCHW', channels: undefined, width: undefined, height: undefined };
const arrays = golden('arrays.npz');

test.each([
  ['cat', 'bilinear'],
  ['cat', 'bicubic'],
  ['dog', 'bilinear'],
  ['dog', 'bicubic'],
] as const)('the preset imagenet prepares %s as torchvision does (%s)', async (name, interpolation) => {
  const photo = await decodeImage(new URL(`../../../../examples/pictures/${name}.jpg`, import.meta.url).pathname);
  const { tensor } = preprocess(photo, { ...presets.imagenet, interpolation }, wantedBy([1, 3, 224, 224], undefined, 'x'));
  expect(tensor.dims).toEqual([1, 3, 224, 224]);
  const ours = Array.from(
    { length: 3 * 32 * 32 },
    (_, i) => tensor.data[(i >> 10) * 224 * 224 + ((i >> 5) & 31) * 7 * 224 + (i & 31) * 7]!,
  );
  // In 255ths of the picture's range: Pillow rounds to whole ones after each of its two passes, we do not.
  const { most, mean } = difference(ours, arrays.get(`torchvision-${name}-${interpolation}`)!.data as Float32Array);
  expect(most * 0.229 * 255).toBeLessThan(1.2);
  expect(mean * 0.229 * 255).toBeLessThan(0.3);
});

const ramp = (width: number, height: number, channels: 1 | 3 = 3): Image => ({
  width,
  height,
  channels,
  data: Float32Array.from({ length: width * height * channels }, (_, i) => (i % 251) / 251),
});
const pixel = ({ data, width, channels }: Image, x: number, y: number, c: number): number => data[(y * width + x) * channels + c]!;

test('layout, channel order, scale, mean and std, each element by the formula', () => {
  const image = ramp(5, 4);
  for (const layout of ['NCHW', 'NHWC'] as const) {
    for (const channels of ['RGB', 'BGR'] as const) {
      const options: Preprocess = { channels, scale: 255, mean: [10, 20, 30], std: [2, 3, 4] };
      const { tensor } = preprocess(image, options, { ...free, layout });
      expect(tensor.dims).toEqual(layout === 'NCHW' ? [1, 3, 4, 5] : [1, 4, 5, 3]);
      for (let y = 0; y < 4; y++)
        for (let x = 0; x < 5; x++)
          for (let c = 0; c < 3; c++) {
            const at = layout === 'NCHW' ? (c * 4 + y) * 5 + x : (y * 5 + x) * 3 + c;
            const value = (pixel(image, x, y, channels === 'BGR' ? 2 - c : c) * 255 - [10, 20, 30][c]!) / [2, 3, 4][c]!;
            expect(tensor.data[at]).toBeCloseTo(value, 4);
          }
    }
  }
});

const first = (image: Image, options: Preprocess): number => preprocess(image, { ...options, resize: 2, crop: 2 }, free).tensor.data[0]!;

test('presets are the usual formulas', () => {
  const white: Image = { width: 2, height: 2, channels: 3, data: new Float32Array(12).fill(1) };
  const black: Image = { ...white, data: new Float32Array(12) };
  expect([first(black, presets.tf), first(white, presets.tf)]).toEqual([-1, 1]);
  expect([first(black, presets['zero-one']), first(white, presets['zero-one'])]).toEqual([0, 1]);
  expect(first(white, presets.imagenet)).toBeCloseTo((1 - 0.485) / 0.229, 5);
});

test('a model of one channel gets the picture in grey, one of three gets grey three times', () => {
  const grey = preprocess(ramp(2, 2), {}, { ...free, channels: 1 }).tensor;
  expect(grey.dims).toEqual([1, 1, 2, 2]);
  expect(grey.data[0]).toBeCloseTo((0.587 + 2 * 0.114) / 251, 6);
  const three = preprocess(ramp(2, 2, 1), {}, { ...free, channels: 3 }).tensor;
  expect(Array.from(three.data.subarray(0, 4))).toEqual(Array.from(three.data.subarray(8, 12)));
});

test('without options the picture is brought to what the model takes', () => {
  const { tensor, geometry } = preprocess(ramp(10, 8), {}, { ...free, width: 5, height: 2 });
  expect(tensor.dims).toEqual([1, 3, 2, 5]);
  expect(geometry).toEqual({ offsetX: 0, offsetY: 0, scaleX: 2, scaleY: 4, width: 5, height: 2 });
  expect(preprocess(ramp(10, 8), {}, free).tensor.dims).toEqual([1, 3, 8, 10]);
});

test.each([
  [500, 354, 68],
  [354, 500, 0],
  [503, 354, 70],
])('crops of odd margins lie where torchvision lays them: %i × %i', (width, height, left) => {
  const { geometry } = preprocess(ramp(width, height, 1), { resize: 256, crop: 224, channels: 'grey' }, free);
  expect(Math.round(geometry.offsetX / geometry.scaleX)).toBe(width < height ? 16 : left);
});

test('geometry leads from the model back to the picture', () =>
  fc.assert(
    fc.property(
      fc.integer({ min: 20, max: 60 }),
      fc.integer({ min: 20, max: 60 }),
      fc.integer({ min: 10, max: 40 }),
      fc.integer({ min: 1, max: 10 }),
      (width, height, resize, crop) => {
        // Red is x, green is y: the prepared picture says where each pixel came from.
        const data = Float32Array.from({ length: width * height * 3 }, (_, i) => {
          const p = Math.floor(i / 3);
          return i % 3 === 0 ? ((p % width) + 0.5) / 100 : i % 3 === 1 ? (Math.floor(p / width) + 0.5) / 100 : 0;
        });
        const { tensor, geometry } = preprocess({ width, height, channels: 3, data }, { resize, crop }, free);
        const middle = (crop >> 1) * crop + (crop >> 1);
        const [x, y] = [tensor.data[middle]! * 100, tensor.data[crop * crop + middle]! * 100];
        expect(geometry.offsetX + ((crop >> 1) + 0.5) * geometry.scaleX).toBeCloseTo(x, 0);
        expect(geometry.offsetY + ((crop >> 1) + 0.5) * geometry.scaleY).toBeCloseTo(y, 0);
      },
    ),
    { seed: 4 },
  ));

test('bicubic overshoot stays inside the picture range', () => {
  const edge: Image = { width: 8, height: 8, channels: 1, data: Float32Array.from({ length: 64 }, (_, i) => (i % 8 < 4 ? 0 : 1)) };
  const { tensor } = preprocess(edge, { resize: 32, interpolation: 'bicubic', channels: 'grey' }, free);
  expect(Math.min(...tensor.data)).toBe(0);
  expect(Math.max(...tensor.data)).toBe(1);
});

test.each<[Preprocess, Partial<Wanted>, string]>([
  [{ channels: 'grey' }, { channels: 3 }, 'the model takes 3 channels, the options make 1: set channels'],
  [{ crop: 12 }, {}, 'a crop of 12 × 12 does not fit a picture of 10 × 8: resize it larger first'],
  [{ resize: 8, crop: 8 }, { width: 224, height: 224 }, 'the model takes 224 × 224 pixels, the options make 8 × 8: set resize and crop'],
  [{ resize: 8 }, { height: 224 }, 'the model takes any × 224 pixels, the options make 10 × 8: set resize and crop'],
  [{ resize: 60_000 }, {}, 'the options resize this picture to 75000 × 60000 pixels: give resize a width and a height'],
  [{ mean: [1, 2] }, {}, 'mean has 2 numbers: a picture of 3 channels takes 1 or 3'],
  [{ std: [1, 2, 3], channels: 'grey' }, {}, 'std has 3 numbers: a picture of 1 channel takes 1'],
])('%j does not fit and is refused', (options, wanted, message) =>
  expect(() => preprocess(ramp(10, 8), options, { ...free, ...wanted })).toThrow(new DataError('bad-option', message)),
);

test('the layout follows from where the channels are', () => {
  expect(wantedBy(['N', 3, 224, 224], undefined, 'x')).toEqual({ layout: 'NCHW', channels: 3, width: 224, height: 224 });
  expect(wantedBy([1, 224, 320, 3], undefined, 'x')).toEqual({ layout: 'NHWC', channels: 3, width: 320, height: 224 });
  expect(wantedBy([1, 'C', 'H', 'W'], undefined, 'x')).toEqual({ ...free });
  expect(wantedBy([1, 'H', 'W', 'C'], 'NHWC', 'x')).toEqual({ ...free, layout: 'NHWC' });
  expect(() => wantedBy([1, 10], undefined, 'x')).toThrow(
    new DataError('bad-input', "input x has shape [1,10], which is not a picture's: give it as .npy"),
  );
  expect(() => wantedBy([1, 12, 224, 224], undefined, 'x')).toThrow(
    new DataError('bad-input', 'input x has 12 channels, and pictures have 1 or 3: give it as .npy'),
  );
});
