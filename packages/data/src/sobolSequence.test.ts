import { expect, test } from 'vitest';
import { random } from './random.js';
import { sobolSequence } from './sobolSequence.js';

function pointsOf(dimensions: number, count: number, seed = 1): readonly Float64Array[] {
  const points: Float64Array[] = [];
  for (const point of sobolSequence(dimensions, random(seed))) if (points.push(point) === count) break;
  return points;
}

test('each dimension has one number in each of 2ᵏ equal stretches', () => {
  const points = pointsOf(500, 256);
  for (let d = 0; d < 500; d++) {
    const cells = points.map((point) => Math.floor(point[d]! * 256));
    expect(new Set(cells).size).toBe(256);
  }
});

test('the first two dimensions have one point in each box of equal volume', () => {
  const points = pointsOf(2, 256);
  for (let k = 0; k <= 8; k++) {
    const boxes = points.map(([x, y]) => `${Math.floor(x! * 2 ** k)},${Math.floor(y! * 2 ** (8 - k))}`);
    expect(new Set(boxes).size).toBe(256);
  }
});

test('integrals are met more closely than by chance', () => {
  // The integral of Π (1 + (x − ½) ÷ (d + 1)) is 1.
  const of = (points: Iterable<Float64Array>): number => {
    let sum = 0;
    for (const point of points) sum += point.reduce((p, x, d) => p * (1 + (x - 0.5) / (d + 1)), 1);
    return Math.abs(sum / 1024 - 1);
  };
  const draw = random(5);
  const chance = Array.from({ length: 20 }, () => of(Array.from({ length: 1024 }, () => Float64Array.from({ length: 20 }, draw))));
  const even = Array.from({ length: 20 }, (_, seed) => of(pointsOf(20, 1024, seed)));
  const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b) / list.length;
  expect(mean(even)).toBeLessThan(mean(chance) / 5);
});

test('is the same for the same stream, between 0 and 1, and another for another', () => {
  expect(pointsOf(9, 64, 3)).toEqual(pointsOf(9, 64, 3));
  expect(pointsOf(9, 64, 4)).not.toEqual(pointsOf(9, 64, 3));
  for (const point of pointsOf(9, 64)) for (const x of point) expect(x > 0 && x < 1).toBe(true);
});
