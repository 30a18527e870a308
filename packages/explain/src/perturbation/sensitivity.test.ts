import { random } from '@vitrine/data';
import { describe, expect, test } from 'vitest';
import { fromBits } from './coalition.js';
import { hsicOf, hsicSampling } from './hsic.js';
import { moments } from './moments.js';
import type { Fitted, Sampling } from './perturbing.js';
import { sobolSampling } from './sobol.js';

const stream = (seed: number) => (label: string) => random(seed, label);
type Game = (presence: ArrayLike<number>) => number;

function play(plan: Sampling, value: Game, draws = plan.draws): Fitted {
  const scores = new Float64Array(plan.fixed + plan.draw * draws);
  let at = 0;
  for (const presence of plan.coalitions()) {
    if (at === scores.length) break;
    scores[at++] = value(presence);
  }
  return plan.fit(scores, 0);
}

describe('sobol', () => {
  const [A, B] = [7, 0.1];
  /** Ishigami and Homma 1990, of x in (−π, π). */
  const ishigami: Game = (there) => {
    const [x, y, z] = [0, 1, 2].map((i) => Math.PI * (2 * there[i]! - 1)) as [number, number, number];
    return Math.sin(x) + A * Math.sin(y) ** 2 + B * z ** 4 * Math.sin(x);
  };
  const alone = 0.5 * (1 + (B * Math.PI ** 4) / 5) ** 2;
  const together = B * B * Math.PI ** 8 * (1 / 18 - 1 / 50);
  const second = (A * A) / 8;
  const variance = alone + second + together;
  const truth = [(alone + together) / variance, second / variance, together / variance, 0];

  test('total indices of the function of Ishigami', () => {
    const { values, standardErrors } = play(sobolSampling(4, 4096, stream(1)), ishigami);
    values.forEach((v, i) => expect(Math.abs(v - truth[i]!)).toBeLessThan(0.01));
    values.forEach((v, i) => expect(Math.abs(v - truth[i]!)).toBeLessThanOrEqual(4 * standardErrors![i]!));
    expect(values[3]).toBe(0);
  });

  test('errors are no smaller than what other seeds show', () => {
    const found = moments(4);
    const said = moments(4);
    for (let seed = 0; seed < 60; seed++) {
      const { values, standardErrors } = play(sobolSampling(4, 64, stream(seed)), ishigami);
      found.add(values);
      said.add(standardErrors!);
    }
    const spread = found.standardErrors()!.map((e) => e * Math.sqrt(60));
    for (const i of [0, 1, 2]) expect(spread[i]!).toBeLessThan(1.15 * said.mean()[i]!);
  });

  test('a product shares its variance twice, and a score that does not move has none', () => {
    const { values } = play(sobolSampling(3, 4096, stream(2)), (there) => (there[0]! - 0.5) * (there[1]! - 0.5));
    expect(Array.from(values)).toEqual([1, 1, 0].map((v) => expect.closeTo(v, 1)));
    expect(Array.from(play(sobolSampling(3, 16, stream(2)), () => 4).values)).toEqual([0, 0, 0]);
  });
});

describe('hsic', () => {
  test('is zero where masks are independent of the score, exactly over all of them', () => {
    const masks = Array.from({ length: 64 }, (_, bits) => fromBits(bits, 6));
    const scores = Float64Array.from(masks, (there) => there[0]! + 2 * there[1]! * there[2]!);
    const { values } = hsicOf(6, masks, scores);
    for (const i of [3, 4, 5]) expect(values[i]).toBeLessThan(1e-7);
    for (const i of [0, 1, 2]) expect(values[i]).toBeGreaterThan(0.01);
  });

  test('is the trace of its definition, and errors are the jackknife of it', () => {
    const draw = random(3);
    const masks = Array.from({ length: 30 }, () => Uint8Array.from({ length: 3 }, () => (draw() < 0.5 ? 1 : 0)));
    const scores = Float64Array.from(masks, (there) => Math.tanh(there[0]! - 2 * there[1]!) + 0.2 * draw());
    const apart = [...scores].flatMap((a, i) => [...scores].slice(0, i).map((b) => Math.abs(a - b))).toSorted((a, b) => a - b);
    const width = apart[apart.length >> 1]!;
    const trace = (rows: readonly number[], part: number): number => {
      const n = rows.length;
      const [k, l] = [
        (a: number, b: number) => (masks[a]![part] === masks[b]![part] ? 1 : 0),
        (a: number, b: number) => Math.exp(-(((scores[a]! - scores[b]!) / width) ** 2) / 2),
      ];
      const mean = (f: (a: number, b: number) => number, a: number): number => rows.reduce((s, b) => s + f(a, b), 0) / n;
      const centred = (f: (a: number, b: number) => number) => {
        const [by, all] = [new Map(rows.map((a) => [a, mean(f, a)])), rows.reduce((s, a) => s + mean(f, a), 0) / n];
        return (a: number, b: number) => f(a, b) - by.get(a)! - by.get(b)! + all;
      };
      const [ck, cl] = [centred(k), centred(l)];
      return rows.reduce((s, a) => s + rows.reduce((t, b) => t + ck(a, b) * cl(a, b), 0), 0) / (n - 1) ** 2;
    };
    const rows = masks.map((_, i) => i);
    const { values, standardErrors } = hsicOf(3, masks, scores);
    for (const part of [0, 1, 2]) {
      expect(values[part]).toBeCloseTo(trace(rows, part), 6);
      const without = rows.map((out) => trace(rows.filter((r) => r !== out), part)); // prettier-ignore
      const mean = without.reduce((a, b) => a + b) / 30;
      expect(standardErrors![part]).toBeCloseTo(Math.sqrt((29 / 30) * without.reduce((s, v) => s + (v - mean) ** 2, 0)), 5);
    }
  });

  test('finds dependence that has no slope', () => {
    /** The first part widens the score and does not move it. */
    const wide: Game = (there) => (there[0] ? 1 : 0.2) * (2 * there[1]! - 1) + 0.3 * there[2]!;
    const { values } = play(hsicSampling(5, 400, stream(1)), wide);
    for (const ignored of [3, 4]) expect(values[0]).toBeGreaterThan(20 * values[ignored]!);
  });

  test('errors are as large as what other seeds show', () => {
    const smooth: Game = (there) => Math.tanh(there[0]! + 0.5 * there[1]! - 0.7 * there[2]! + there[3]! * there[4]!) + 0.2 * there[0]! * there[1]!; // prettier-ignore
    const [found, said] = [moments(5), moments(5)];
    for (let seed = 0; seed < 120; seed++) {
      const { values, standardErrors } = play(hsicSampling(5, 200, stream(seed)), smooth);
      found.add(values);
      said.add(standardErrors!);
    }
    const spread = found.standardErrors()!.map((e) => e * Math.sqrt(120));
    spread.forEach((own, i) => expect(Math.abs(said.mean()[i]! / own - 1)).toBeLessThan(0.3));
  });
});

test.each([
  ['sobol', (seed: number) => sobolSampling(5, 16, stream(seed))],
  ['hsic', (seed: number) => hsicSampling(5, 40, stream(seed))],
] as const)('%s is the same for the same seed', (_, plan) => {
  const value: Game = (there) => there[0]! * there[1]! + Math.sin(there[2]! + there[3]!);
  expect(play(plan(1), value)).toEqual(play(plan(1), value));
  expect(play(plan(2), value)).not.toEqual(play(plan(1), value));
});
