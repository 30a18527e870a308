import { random } from '@vitrine/data';
import { describe, expect, test } from 'vitest';
import { everyone, nobody, type Coalition } from './coalition.js';
import { limeSampling } from './lime.js';
import { masksOf } from './masks.js';
import { moments } from './moments.js';
import { maskSampling } from './rise.js';
import { regression, type Row } from './regression.js';
import { selections } from './selection.js';
import type { Fitted, Sampling } from './perturbing.js';

const stream = (seed: number) => (label: string) => random(seed, label);
type Game = (presence: ArrayLike<number>) => number;

function play(plan: Sampling, value: Game, full: number, draws = plan.draws): Fitted {
  const scores = new Float64Array(plan.fixed + plan.draw * draws);
  let at = 0;
  for (const presence of plan.coalitions()) {
    if (at === scores.length) break;
    scores[at++] = value(presence);
  }
  return plan.fit(scores, full);
}

const defaults = { samples: 400, draw: 'coin', distance: 'cosine', width: 0, ridge: 0, features: 0, selection: 'forward' } as const;
const W = Array.from({ length: 12 }, (_, i) => (i % 4 === 3 ? 3 : 0.5) * Math.sin(i + 1));
const linear: Game = (there) => W.reduce((sum, w, i) => sum + w * there[i]!, 0.7);
/** A pair in the middle of a linear game. */
const bent: Game = (there) => linear(there) + 2 * there[1]! * there[2]! + Math.tanh(linear(there));

describe('lime', () => {
  test.each(['coin', 'size'] as const)('recovers a linear model, drawn by %s, and is sure of it', (draw) => {
    for (const distance of ['cosine', 'euclidean'] as const) {
      const { values, standardErrors, warnings } = play(limeSampling(12, { ...defaults, draw, distance }, stream(1)), linear, linear(everyone(12))); // prettier-ignore
      values.forEach((v, i) => expect(v).toBeCloseTo(W[i]!, 8));
      expect(Math.max(...standardErrors!)).toBeLessThan(1e-8);
      expect(warnings).toEqual([]);
    }
  });

  test('a ridge makes coefficients smaller', () => {
    const [loose, tight] = [0, 50].map((ridge) => play(limeSampling(12, { ...defaults, ridge }, stream(1)), linear, linear(everyone(12))));
    const size = ({ values }: Fitted): number => values.reduce((s, v) => s + v * v, 0);
    expect(size(tight!)).toBeLessThan(0.5 * size(loose!));
  });

  test('errors as large as it says: intervals of 95 % hold what endless draws would give 93 to 97 times of 100', () => {
    const few = { ...defaults, samples: 200, ridge: 1 };
    const truth = moments(12);
    for (let seed = 0; seed < 40; seed++)
      truth.add(play(limeSampling(12, { ...few, samples: 5000, ridge: 25 }, stream(1000 + seed)), bent, bent(everyone(12))).values);
    let [held, all] = [0, 0];
    for (let seed = 0; seed < 200; seed++) {
      const { values, standardErrors } = play(limeSampling(12, few, stream(seed)), bent, bent(everyone(12)));
      values.forEach((v, i) => {
        if (Math.abs(v - truth.mean()[i]!) <= 1.96 * standardErrors![i]!) held++;
        all++;
      });
    }
    expect(held / all).toBeGreaterThan(0.93);
    expect(held / all).toBeLessThan(0.97);
  });

  test.each(['forward', 'lars', 'highest'] as const)('chooses the parts that count, by %s, and is sure of those', (selection) => {
    const { values, standardErrors } = play(limeSampling(12, { ...defaults, features: 3, selection }, stream(2)), linear, linear(everyone(12))); // prettier-ignore
    const order = [...W.keys()].toSorted((a, b) => Math.abs(W[b]!) - Math.abs(W[a]!));
    const used = [...values.keys()].filter((i) => values[i] !== 0);
    expect(used).toEqual(order.slice(0, 3).toSorted((a, b) => a - b));
    for (const i of order.slice(3)) expect(standardErrors![i]).toBeLessThan(0.5);
    for (const i of order.slice(0, 3)) expect(standardErrors![i]).toBeGreaterThan(0);
  });

  test('says when a linear model is no good', () => {
    const parity: Game = (there) => Array.from(there).reduce((odd, v) => (odd + v) % 2, 0);
    const { warnings } = play(limeSampling(12, defaults, stream(3)), parity, parity(everyone(12)));
    expect(warnings![0]).toMatch(/^the linear model explains \d+ % of how the score varies near the example/);
  });

  test('is the same for the same seed, and refuses more parts than it can fit', () => {
    const twice = [1, 1, 2].map((seed) => play(limeSampling(12, defaults, stream(seed)), bent, 1).values);
    expect(twice[1]).toEqual(twice[0]);
    expect(twice[2]).not.toEqual(twice[0]);
    expect(() => limeSampling(1001, defaults, stream(0))).toThrow('lime fits at most 1000 parts, and there are 1001');
  });
});

describe('regression', () => {
  /** Coalitions with random weights, and scores with noise. */
  function rowsOf(players: number, count: number, seed: number): readonly Row[] {
    const draw = random(seed, 'rows');
    return Array.from({ length: count }, () => {
      const present = Array.from({ length: players }, (_, i) => i).filter(() => draw() < 0.5);
      return { present, score: present.reduce((s, i) => s + Math.cos(i), draw()), weight: 0.2 + draw() };
    });
  }

  test('is where the gradient of what it minimizes is zero', () => {
    const rows = rowsOf(6, 60, 1);
    const { values } = regression(rows, 6, 0.8);
    const cost = (v: Float64Array): number => {
      const weight = rows.reduce((s, r) => s + r.weight, 0);
      const rest = rows.map(({ present, score }) => score - present.reduce((s, i) => s + v[i]!, 0));
      const base = rest.reduce((s, r, k) => s + rows[k]!.weight * r, 0) / weight;
      return rest.reduce((s, r, k) => s + rows[k]!.weight * (r - base) ** 2, 0) + 0.8 * v.reduce((s, x) => s + x * x, 0);
    };
    for (let i = 0; i < 6; i++) {
      const [up, down] = [1e-4, -1e-4].map((d) => cost(values.with(i, values[i]! + d)));
      expect(Math.abs(up! - down!) / 2e-4).toBeLessThan(1e-6);
    }
  });

  test('parts that come together share what they count, and one that never changes counts nothing', () => {
    const draw = random(2);
    const rows = Array.from({ length: 50 }, (): Row => {
      const there = draw() < 0.5;
      return { present: there ? [0, 1, 2] : [2], score: there ? 4 : 1, weight: 1 };
    });
    const { values, errors } = regression(rows, 3, 0);
    expect(values[0]! + values[1]!).toBeCloseTo(3, 4);
    expect(values[0]).toBeCloseTo(1.5, 3);
    expect(values[2]).toBeCloseTo(0, 6);
    expect(errors()!.every(Number.isFinite)).toBe(true);
  });

  test('the lasso holds what its conditions ask for, at the end of a path of any length', () => {
    const rows = rowsOf(10, 80, 3);
    let seen: readonly number[] = [];
    for (let count = 1; count <= 10; count++) {
      const { values } = regression(rows, 10, 0, (gram) => (seen = selections.lars(gram, count)));
      expect(seen.length).toBeGreaterThan(0);
      expect(seen.length).toBeLessThanOrEqual(count);
      expect([...values.keys()].filter((i) => values[i] !== 0)).toEqual(seen);
    }
    expect(seen).toHaveLength(10);
  });
});

describe('rise', () => {
  test('finds the place that a score is read from', () => {
    const field = [24, 30];
    const plan = maskSampling(720, { samples: 3000, cells: 6, probability: 0.5 }, stream(1), field);
    // It reads 4 × 5 cells in the lower right.
    const inside = Array.from({ length: 720 }, (_, i) => i).filter((i) => Math.floor(i / 30) >= 16 && Math.floor(i / 30) < 20 && i % 30 >= 20 && i % 30 < 25); // prettier-ignore
    const { values, standardErrors } = play(plan, (mask) => inside.reduce((s, i) => s + mask[i]!, 0) / 20, 1);
    const best = values.indexOf(Math.max(...values));
    expect(inside).toContain(best);
    const far = [...values.keys()].filter((i) => Math.floor(i / 30) < 8 || i % 30 < 10);
    for (const i of far) expect(Math.abs(values[i]!)).toBeLessThan(5 * standardErrors![i]!);
    expect(values[best]!).toBeGreaterThan(10 * standardErrors![best]!);
  });

  test('tells of a linear game of parts what half of each weight is: what its being there adds to the mean', () => {
    const { values, standardErrors } = play(maskSampling(12, { samples: 4000, cells: 1, probability: 0.5 }, stream(2)), linear, 1);
    values.forEach((v, i) => expect(Math.abs(v - W[i]! / 2)).toBeLessThan(4 * standardErrors![i]!));
  });

  test('a score that depends on no mask counts nothing, exactly', () => {
    const { values, standardErrors } = play(maskSampling(12, { samples: 50, cells: 1, probability: 0.3 }, stream(3)), () => 5, 5);
    expect(Math.max(...values.map(Math.abs), ...standardErrors!)).toBe(0);
  });

  test('errors as large as it says: intervals of 95 % hold the truth 93 to 97 times of 100', () => {
    const probability = 0.4;
    const truth = W.map((w, i) => (1 - probability) * (w + (i === 1 || i === 2 ? 2 * probability : 0)));
    const pair: Game = (there) => linear(there) + 2 * there[1]! * there[2]!;
    let [held, all] = [0, 0];
    for (let seed = 0; seed < 300; seed++) {
      const { values, standardErrors } = play(maskSampling(12, { samples: 200, cells: 1, probability }, stream(seed)), pair, 1);
      values.forEach((v, i) => {
        if (Math.abs(v - truth[i]!) <= 1.96 * standardErrors![i]!) held++;
        all++;
      });
    }
    expect(held / all).toBeGreaterThan(0.93);
    expect(held / all).toBeLessThan(0.97);
  });

  test('masks are between 0 and 1, smooth, and everywhere as likely to be seen', () => {
    const [field, count] = [[20, 33], 3000];
    const sums = new Float64Array(660);
    let [k, jump] = [0, 0];
    for (const mask of masksOf({ field, cells: 5, probability: 0.3 }, random(1))) {
      if (k++ === count) break;
      expect(mask.every((m) => m >= 0 && m <= 1)).toBe(true);
      mask.forEach((m, i) => {
        sums[i]! += m / count;
        if (i % 33 > 0) jump = Math.max(jump, Math.abs(m - mask[i - 1]!));
      });
    }
    sums.forEach((m) => expect(Math.abs(m - 0.3)).toBeLessThan(0.04));
    expect(jump).toBeLessThan(0.2);
  });
});

test('coalitions of lime are coins, or first a size', () => {
  const sizesOf = (draw: 'coin' | 'size'): readonly number[] => {
    const sizes = new Array<number>(11).fill(0);
    let k = 0;
    for (const coalition of limeSampling(10, { ...defaults, draw }, stream(0)).coalitions() as Iterable<Coalition>) {
      if (k++ === 5000) break;
      sizes[coalition.reduce((a, b) => a + b, 0)]!++;
    }
    return sizes;
  };
  expect(sizesOf('coin')[5]! / 5000).toBeCloseTo(252 / 1024, 1);
  for (const share of sizesOf('size').slice(0, 10)) expect(Math.abs(share / 5000 - 0.1)).toBeLessThan(0.02);
  expect(sizesOf('size')[10]).toBe(0);
  expect(nobody(3)).toEqual(new Uint8Array(3));
});
