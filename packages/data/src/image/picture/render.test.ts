import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { DataError } from '../../error.js';
import type { Image, Pixels } from '../image.js';
import type { Geometry } from '../preprocess.js';
import { diverging } from './colour.js';
import { contour } from './contour.js';
import type { Plane } from './plane.js';
import { heatmap, overlay } from './render.js';
import { UNSEEN, type Drawing } from './spread.js';

const photo = (width: number, height: number): Image => ({
  width,
  height,
  channels: 3,
  data: Float32Array.from({ length: width * height * 3 }, (_, i) => (i % 7) / 7),
});
const blob = (width: number, height: number, cx: number, cy: number, spread: number, sign = 1): Plane => ({
  width,
  height,
  data: Float32Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [(i % width) + 0.5, Math.floor(i / width) + 0.5];
    return sign * Math.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * spread * spread));
  }),
});
const whole = (image: Image, size: number): Geometry => ({
  offsetX: 0,
  offsetY: 0,
  scaleX: image.width / size,
  scaleY: image.height / size,
  width: size,
  height: size,
});
const at = ({ rgba, width }: Pixels, x: number, y: number): readonly number[] =>
  Array.from(rgba.subarray(4 * (y * width + x), 4 * (y * width + x) + 3));

const drawings = { heatmap, overlay, contour };
const nothing = (plane: Plane): Plane => ({ ...plane, data: new Float32Array(plane.data.length) });

test.each(Object.entries(drawings))('%s has the size of the picture and is opaque', (_, draw) => {
  const image = photo(300, 200);
  const pixels = draw({ image, plane: blob(56, 56, 20, 30, 8), geometry: whole(image, 56), signed: true });
  expect([pixels.width, pixels.height, pixels.rgba.length]).toEqual([300, 200, 240_000]);
  expect(pixels.rgba.every((v, i) => i % 4 !== 3 || v === 255)).toBe(true);
});

test.each(Object.entries(drawings))('%s of a picture of few pixels has its size too', (_, draw) => {
  const image = photo(16, 20);
  const pixels = draw({ image, plane: blob(56, 56, 28, 28, 9), geometry: whole(image, 56), signed: true });
  expect([pixels.width, pixels.height, pixels.rgba.length]).toEqual([16, 20, 1280]);
});

test.each(Object.entries(drawings))('%s of what has no colour is refused', (_, draw) => {
  const image = photo(16, 16);
  const drawn = (plane: Plane) => () => draw({ image, plane, geometry: whole(image, 2), signed: true });
  expect(drawn({ width: 2, height: 2, data: Float32Array.of(1, NaN, 0, 0) })).toThrow(
    new DataError('bad-input', 'the plane to be drawn holds NaN, which has no colour'),
  );
  expect(drawn({ width: 2, height: 2, data: Float32Array.of(1, 0) })).toThrow(
    new DataError('bad-input', '2 numbers are no plane of 2 × 2 that can be drawn'),
  );
  expect(drawn({ width: 0, height: 2, data: new Float32Array(0) })).toThrow(
    new DataError('bad-input', '0 numbers are no plane of 0 × 2 that can be drawn'),
  );
});

test('a heatmap of nothing has the colour of zero everywhere', () => {
  const image = photo(20, 20);
  const pixels = heatmap({ image, plane: nothing(blob(5, 5, 1, 1, 1)), geometry: whole(image, 5), signed: true });
  for (let x = 0; x < 20; x++) expect(at(pixels, x, x)).toEqual(diverging(0));
});

test('what the model saw of a picture is coloured, and nothing beside it', () => {
  const image = photo(32, 32);
  const geometry = { offsetX: 8, offsetY: 4, scaleX: 2, scaleY: 3, width: 8, height: 8 };
  const pixels = heatmap({ image, plane: { width: 1, height: 1, data: Float32Array.of(1) }, geometry, signed: true });
  const seen = [...Array(32 * 32).keys()].filter((i) => pixels.rgba[4 * i] !== 128);
  expect([seen[0]! % 32, Math.floor(seen[0]! / 32), seen.at(-1)! % 32, Math.floor(seen.at(-1)! / 32)]).toEqual([8, 4, 23, 27]);
  expect(seen.length).toBe(16 * 24);
});

test('the strongest colour lies where geometry puts the strongest cell', () =>
  fc.assert(
    fc.property(
      fc.nat(6),
      fc.nat(6),
      fc.integer({ min: 0, max: 40 }),
      fc.integer({ min: 0, max: 30 }),
      fc.integer({ min: 20, max: 28 }),
      (cx, cy, offsetX, offsetY, scale) => {
        const image = photo(240, 230);
        const plane = { width: 7, height: 7, data: new Float32Array(49) };
        plane.data[cy * 7 + cx] = 2;
        const geometry = { offsetX, offsetY, scaleX: scale, scaleY: scale, width: 7, height: 7 };
        const pixels = heatmap({ image, plane, geometry, signed: true });
        expect(at(pixels, Math.floor(offsetX + (cx + 0.5) * scale), Math.floor(offsetY + (cy + 0.5) * scale))[2]).toBeLessThan(40);
        if (offsetX > 0) expect(at(pixels, offsetX - 1, 100)).toEqual([128, 128, 128]);
        if (offsetX + 7 * scale < 240) expect(at(pixels, offsetX + 7 * scale, 100)).toEqual([128, 128, 128]);
      },
    ),
    { seed: 1, numRuns: 30 },
  ));

test('the cell that says most has the strongest colour, one against has the other', () => {
  const image = photo(200, 200);
  const both: Plane = { width: 2, height: 1, data: Float32Array.of(1, -1) };
  const pixels = heatmap({ image, plane: both, geometry: { ...whole(image, 1), width: 1, height: 1 }, signed: true });
  expect(at(pixels, 10, 100)).toEqual(diverging(1));
  expect(at(pixels, 190, 100)).toEqual(diverging(-1));
});

const cropped: Geometry = { offsetX: 50, offsetY: 0, scaleX: 2, scaleY: 2, width: 100, height: 100 };

test('an overlay of nothing is the photograph in grey, darker where the model saw nothing', () => {
  const image = photo(300, 200);
  const pixels = overlay({ image, plane: nothing(blob(100, 100, 1, 1, 1)), geometry: cropped, signed: true });
  const [r, g, b] = at(pixels, 100, 100);
  expect([g, b]).toEqual([r, r]);
  for (const x of [20, 270]) {
    const grey = (k: number): number => image.data[(100 * 300 + x) * 3 + k]!;
    const luma = 0.299 * grey(0) + 0.587 * grey(1) + 0.114 * grey(2);
    expect(Math.abs(at(pixels, x, 100)[0]! - 255 * (0.15 + 0.7 * luma) * UNSEEN)).toBeLessThan(1);
  }
});

test('colours are stronger where it counts more', () => {
  const image: Image = { width: 200, height: 200, channels: 1, data: new Float32Array(40_000).fill(0.5) };
  const pixels = overlay({ image, plane: blob(200, 200, 100, 100, 30), geometry: whole(image, 200), signed: true });
  const strength = (x: number): number => at(pixels, x, 100)[0]! - at(pixels, x, 100)[2]!;
  expect(strength(100)).toBeGreaterThan(strength(140));
  expect(strength(140)).toBeGreaterThan(strength(170));
  expect(strength(2)).toBeLessThan(5);
});

const lines = (drawing: Drawing): readonly number[] => {
  const [drawn, bare] = [contour(drawing), contour({ ...drawing, plane: nothing(drawing.plane) })];
  return Array.from({ length: drawn.width * drawn.height }, (_, i) => i).filter((i) =>
    [0, 1, 2].some((c) => drawn.rgba[4 * i + c] !== bare.rgba[4 * i + c]),
  );
};

test.each([
  ['nothing', nothing(blob(100, 100, 50, 50, 10))],
  ['what speaks against alone', blob(100, 100, 50, 50, 10, -1)],
  ['a constant', { width: 100, height: 100, data: new Float32Array(10_000).fill(3) }],
])('no line is drawn around %s', (_, plane) => {
  const image = photo(300, 200);
  expect(lines({ image, plane, geometry: cropped, signed: true })).toEqual([]);
});

test('lines hold 20, 50 and 80 % of what speaks for the target', () => {
  const image: Image = { width: 400, height: 400, channels: 3, data: new Float32Array(480_000) };
  const drawn = lines({ image, plane: blob(400, 400, 200, 200, 40), geometry: whole(image, 400), signed: true });
  // The blob is blurred first: variances add. Of a Gaussian, a share s lies within radius σ √(-2 ln(1 - s)).
  const sigma = Math.hypot(40, 0.035 * 400);
  const radii = [0.2, 0.5, 0.8].map((share) => sigma * Math.sqrt(-2 * Math.log(1 - share)));
  const found = new Set<number>();
  for (const i of drawn) {
    const radius = Math.hypot((i % 400) + 0.5 - 200, Math.floor(i / 400) + 0.5 - 200);
    const nearest = radii.findIndex((r) => Math.abs(radius - r) < 4);
    expect(nearest).toBeGreaterThanOrEqual(0);
    found.add(nearest);
  }
  expect([...found].toSorted((a, b) => a - b)).toEqual([0, 1, 2]);
});

test('a place that touches the border has no line along it', () => {
  const image: Image = { width: 400, height: 400, channels: 3, data: new Float32Array(480_000) };
  const drawn = lines({ image, plane: blob(400, 400, 0, 200, 40), geometry: whole(image, 400), signed: true });
  expect(drawn.some((i) => i % 400 === 20)).toBe(true);
  expect(drawn.filter((i) => i % 400 === 0).length).toBeLessThan(60);
});
