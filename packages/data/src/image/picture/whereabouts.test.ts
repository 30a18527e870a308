import { expect, test } from 'vitest';
import type { Plane } from './plane.js';
import { whereabouts } from './whereabouts.js';

const plane = (f: (x: number, y: number) => number): Plane => ({
  width: 80,
  height: 60,
  data: Float32Array.from({ length: 4800 }, (_, i) => f(((i % 80) + 0.5) / 80, (Math.floor(i / 80) + 0.5) / 60)),
});
const blobAt = (cx: number, cy: number): Plane => plane((x, y) => Math.exp(-((x - cx) ** 2 + (y - cy) ** 2) / 0.005));

test.each([
  [0.1, 0.1, 'at the upper left'],
  [0.9, 0.9, 'at the lower right'],
  [0.5, 0.5, 'in the middle'],
])('what gathers at %d, %d is said to be there', (x, y, place) => {
  const found = whereabouts(blobAt(x, y))!;
  expect(found.place).toBe(place);
  expect(found.share).toBeLessThan(0.05);
});

test('what lies everywhere is spread, and nothing has no place', () => {
  expect(whereabouts(plane(() => 1))).toEqual({ share: 0.5, place: 'spread over the picture' });
  expect(whereabouts(plane(() => 0))).toBeUndefined();
  expect(whereabouts(plane(() => -1))).toBeUndefined();
});
