import { random } from '@vitrine/data';
import { expect, test } from 'vitest';
import { ranking } from './ranking.js';

const stream = (seed: number) => (label: string) => random(seed, label);

test('the order of two is as sure as the normal distribution has it', () => {
  // Φ(0.2 ÷ √(0.1² + 0.1²)) = 0.921.
  const found = ranking(Float64Array.of(-0.8, 1), Float64Array.of(0.1, 0.1), stream(1));
  expect(found.get(1)!.place).toBe(1);
  expect(Math.abs(found.get(1)!.certainty - 0.921)).toBeLessThan(0.03);
  expect(found.get(0)).toEqual({ place: 2, certainty: 1 });
});

test('without errors the order is sure, and only the first are told', () => {
  const values = Float64Array.from({ length: 50 }, (_, i) => Math.sin(i));
  const found = ranking(values, new Float64Array(50), stream(1), 7);
  expect([...found.values()]).toEqual(Array.from({ length: 7 }, (_, i) => ({ place: i + 1, certainty: 1 })));
  expect(ranking(new Float64Array(2001), new Float64Array(2001), stream(1)).size).toBe(0);
});

test('among many that are alike none is surely first', () => {
  const found = ranking(new Float64Array(100).fill(1), new Float64Array(100).fill(0.2), stream(2));
  expect([...found.values()][0]!.certainty).toBeLessThan(0.05);
});
