import { describe, expect, test } from 'vitest';
import { mixedGame as game, play, shapleyOf, stream, type Game } from '../testing/games.js';
import { everyone, fromBits, keyOf, ofSize } from './coalition.js';
import { kernelSampling } from './kernelShap.js';
import type { Fitted } from './perturbing.js';
import { orderSampling } from './shapley.js';

const samplers = [
  ['shapley-sampling', orderSampling],
  ['kernel-shap', kernelSampling],
] as const;

describe.each(samplers)('%s', (_, sampling) => {
  const players = 8;
  const value = game(players, 4);

  test('four times the draws halve the errors', () => {
    const plan = sampling(12, 4000, stream(1));
    const large = game(12, 5);
    const mean = ({ standardErrors }: Fitted): number => standardErrors!.reduce((a, b) => a + b, 0) / 12;
    const ratio = mean(play(plan, 12, large, 60)) / mean(play(plan, 12, large, 240));
    expect(ratio).toBeGreaterThan(1.7);
    expect(ratio).toBeLessThan(2.4);
  });

  test('a linear game is found exactly, by few draws', () => {
    const weights = Array.from({ length: 30 }, (__, i) => Math.sin(i));
    const { values, standardErrors } = play(sampling(30, 160, stream(2)), 30, (there) =>
      weights.reduce((sum, w, i) => sum + (there[i] ? w : 0), 0.5),
    );
    values.forEach((v, i) => expect(v).toBeCloseTo(weights[i]!, 9));
    expect(Math.max(...standardErrors!)).toBeLessThan(1e-9);
  });

  test('values add up to what all parts gain together', () => {
    const { values, expected } = play(sampling(players, 64, stream(3)), players, value);
    expect(values.reduce((a, b) => a + b, 0)).toBeCloseTo(expected!, 10);
    expect(expected).toBeCloseTo(value(everyone(players)) - value(new Uint8Array(players)), 12);
  });

  test.each([1, 2])('%s parts need no luck', (few) => {
    const own: Game = (there) => 2 + 3 * there[0]! + (few === 2 ? 5 * there[1]! + 4 * there[0]! * there[1]! : 0);
    const { values } = play(sampling(few, 8, stream(0)), few, own);
    expect(Array.from(values)).toEqual((few === 1 ? [3] : [5, 7]).map((v) => expect.closeTo(v, 10)));
  });
});

test('kernel-shap is exact where all coalitions are scored', () => {
  for (const players of [2, 3, 4, 7, 10]) {
    const value = game(players, players);
    const plan = kernelSampling(players, 2 ** players - 2, stream(0));
    expect([plan.fixed, plan.draws]).toEqual([2 ** players - 1, 0]);
    const { values, standardErrors } = play(plan, players, value);
    expect(standardErrors).toBeUndefined();
    expect(Array.from(values)).toEqual(shapleyOf(players, value).map((v) => expect.closeTo(v, 9)));
  }
});

test('kernel-shap scores no more than it may, and says when that is too little', () => {
  for (const samples of [20, 50, 100, 500]) {
    const { fixed, draw, draws } = kernelSampling(12, samples, stream(0));
    expect(fixed - 1 + draw * draws).toBeLessThanOrEqual(samples);
    expect(fixed - 1 + draw * draws).toBeGreaterThanOrEqual(samples - 1);
  }
  expect(() => play(kernelSampling(12, 6, stream(0)), 12, game(12, 1))).toThrow(
    'kernel-shap cannot tell 12 parts apart by 6 scored sets: give more, as samples=96',
  );
  expect(() => kernelSampling(1001, 10, stream(0))).toThrow('kernel-shap fits at most 1000 parts, and there are 1001');
});

test('coalitions of one size are all there, once', () => {
  const keys = [...ofSize(7, 3)].map((coalition) => {
    expect(coalition.reduce((a, b) => a + b, 0)).toBe(3);
    return keyOf(coalition);
  });
  expect(new Set(keys).size).toBe(35);
  expect(keys).toHaveLength(35);
  expect(new Set(Array.from({ length: 2 ** 10 }, (_, bits) => keyOf(fromBits(bits, 10)))).size).toBe(2 ** 10);
  const far = new Uint8Array(40);
  expect(keyOf(far.with(33, 1))).not.toBe(keyOf(far.with(17, 1)));
});
