import { expect, test } from 'vitest';
import { normal, random } from './random.js';

const many = (draw: () => number, count: number): readonly number[] => Array.from({ length: count }, draw);
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const variance = (values: readonly number[]): number => mean(values.map((v) => v * v)) - mean(values) ** 2;
function correlation(a: readonly number[], b: readonly number[]): number {
  const product = mean(a.map((v, i) => v * b[i]!)) - mean(a) * mean(b);
  return product / Math.sqrt(variance(a) * variance(b));
}

test('the same seed gives the same bits, on every machine', () => {
  expect(many(random(0), 3)).toEqual([0.7486000121770374, 0.7416085607271798, 0.6346499186581707]);
  expect(many(random(7, 'noise/x'), 2)).toEqual(many(random(7, 'noise/x'), 2));
});

test('numbers are uniform in [0,1)', () => {
  const values = many(random(3), 100_000);
  expect(Math.min(...values.slice(0, 50_000))).toBeGreaterThanOrEqual(0);
  expect(Math.max(...values.slice(0, 50_000))).toBeLessThan(1);
  expect(mean(values)).toBeCloseTo(1 / 2, 2);
  expect(variance(values)).toBeCloseTo(1 / 12, 2);
});

test.each(['', 'noise/x'])('first numbers of neighbouring seeds have nothing in common (stream "%s")', (stream) => {
  const first = Array.from({ length: 4000 }, (_, seed) => random(seed, stream)());
  expect(mean(first)).toBeCloseTo(0.5, 1);
  expect(variance(first)).toBeCloseTo(1 / 12, 2);
  expect(Math.abs(correlation(first.slice(1), first.slice(0, -1)))).toBeLessThan(0.05);
});

test('streams of one seed are independent', () => {
  const [a, b, c] = [random(1, 'a'), random(1, 'b'), random(2, 'a')].map((draw) => many(draw, 4000));
  for (const [p, q] of [
    [a, b],
    [a, c],
    [b, c],
  ])
    expect(Math.abs(correlation(p!, q!))).toBeLessThan(0.05);
});

test('normal numbers have mean 0, deviation 1 and no memory', () => {
  const values = many(normal(random(5)), 100_000);
  expect(mean(values)).toBeCloseTo(0, 1);
  expect(variance(values)).toBeCloseTo(1, 1);
  expect(mean(values.map((v) => v ** 4))).toBeCloseTo(3, 0);
  expect(Math.abs(correlation(values.slice(1), values.slice(0, -1)))).toBeLessThan(0.02);
  expect(values.every(Number.isFinite)).toBe(true);
});
