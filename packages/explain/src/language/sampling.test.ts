import { random } from '@vitrine/data';
import { expect, test } from 'vitest';
import { probabilities } from '../arithmetic.js';
import { checkSampling, chosen, largest, type Sampling } from './sampling.js';

const scores = [1, 3, 2, 3, -1];

test('the largest come first, and of equal ones the first', () => {
  expect(largest(scores, 3)).toEqual([1, 3, 2]);
  expect(largest(scores, 9)).toEqual([1, 3, 2, 0, 4]);
});

test('probabilities are the softmax, even of scores whose powers overflow', () => {
  expect(Array.from(probabilities([1000, 1000 + Math.log(3)])).map((p) => p.toFixed(9))).toEqual(['0.250000000', '0.750000000']);
  expect(probabilities([0, Math.log(9)], 2)[1]).toBeCloseTo(0.75, 12);
});

test('without a temperature the likeliest is chosen', () => {
  expect(chosen(scores, {}, () => 0.999)).toBe(1);
  expect(chosen(scores, { temperature: 0 }, () => 0.999)).toBe(1);
});

/** How often each token is chosen. */
function shares(sampling: Sampling, draws = 40_000): readonly number[] {
  const draw = random(7, 'test');
  const counts = scores.map(() => 0);
  for (let n = 0; n < draws; n++) counts[chosen(scores, sampling, draw)]!++;
  return counts.map((count) => count / draws);
}

/** The greatest difference between how often tokens are chosen and how often they should be. */
const apart = (found: readonly number[], expected: readonly number[]): number =>
  Math.max(...found.map((share, i) => Math.abs(share - expected[i]!)));

test('tokens are drawn as often as the softmax says', () => {
  expect(apart(shares({ temperature: 1 }), Array.from(probabilities(scores)))).toBeLessThan(0.01);
  expect(apart(shares({ temperature: 2 }), Array.from(probabilities(scores, 2)))).toBeLessThan(0.01);
});

test('top-k draws from the k likeliest, as often as they stand to each other', () => {
  const e = Math.exp;
  const total = e(3) + e(3) + e(2);
  expect(apart(shares({ temperature: 1, topK: 3 }), [0, e(3) / total, e(2) / total, e(3) / total, 0])).toBeLessThan(0.01);
});

test('top-p draws from the fewest whose probabilities reach p', () => {
  // 0.40 + 0.40 are not yet 0.85, with the third they are.
  expect(shares({ temperature: 1, topP: 0.85 }).map((share) => share > 0)).toEqual([false, true, true, true, false]);
  expect(shares({ temperature: 1, topP: 0.75 }).map((share) => share > 0)).toEqual([false, true, false, true, false]);
  expect(shares({ temperature: 1, topP: 1e-9 }).map((share) => share > 0)).toEqual([false, true, false, false, false]);
});

test('the end of the range of random numbers is a token too', () => {
  expect(chosen(scores, { temperature: 1 }, () => 1 - 2 ** -53)).toBe(4);
});

test('options out of range are refused by name', () => {
  expect(() => checkSampling({ temperature: -1 })).toThrow('temperature must be a number from 0, not -1');
  expect(() => checkSampling({ temperature: 1, topK: 0 })).toThrow('top-k must be a whole number above 0, not 0');
  expect(() => checkSampling({ temperature: 1, topP: 1.5 })).toThrow('top-p must be above 0 and at most 1, not 1.5');
  expect(() => checkSampling({ topK: 5 })).toThrow('top-k and top-p choose at random: give a temperature above 0 too');
});
