import { expect, test } from 'vitest';
import type { Pixels } from '../image.js';
import { stroke, type Point } from './stroke.js';

const sheet = (): Pixels => ({ width: 40, height: 30, rgba: new Uint8ClampedArray(4800).fill(200) });
const red = (pixels: Pixels, x: number, y: number): number => pixels.rgba[4 * (y * 40 + x)]!;
const pen = { colour: [255, 255, 255], width: 4 } as const;
const across: readonly [Point, Point] = [
  [-5, 15],
  [50, 15],
];

test('a line is as wide as its pen, with a dark seam and untouched ground around', () => {
  const pixels = sheet();
  stroke(pixels, [across], pen);
  expect(Array.from({ length: 14 }, (_, k) => red(pixels, 20, 8 + k))).toEqual([
    200, 200, 200, 100, 100, 255, 255, 255, 255, 100, 100, 200, 200, 200,
  ]);
});

test('lines that meet are not laid on one another', () => {
  const [once, twice] = [sheet(), sheet()];
  stroke(once, [across], pen);
  stroke(
    twice,
    [
      across,
      [
        [-5, 15],
        [20, 15],
      ],
      [
        [20, 15],
        [50, 15],
      ],
    ],
    pen,
  );
  expect(twice.rgba).toEqual(once.rgba);
});

test('edges are soft: a slanted line has shades', () => {
  const pixels = sheet();
  stroke(
    pixels,
    [
      [
        [0, 0],
        [40, 13],
      ],
    ],
    pen,
  );
  expect(new Set(Array.from({ length: 40 }, (_, x) => red(pixels, x, 8))).size).toBeGreaterThan(5);
});

test('alpha is left alone', () => {
  const pixels = sheet();
  stroke(pixels, [across], pen);
  expect(pixels.rgba.every((v, i) => i % 4 !== 3 || v === 200)).toBe(true);
});
