import { describe, expect, test } from 'vitest';
import { normal, random } from '../random.js';
import { byNoise, changePoints } from './changePoints.js';
import { bandsOf, fourier } from './fourier.js';

const noise = (n: number, stream: string): Float64Array => {
  const draw = normal(random(1, stream));
  return Float64Array.from({ length: n }, draw);
};
const apart = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((most, v, i) => Math.max(most, Math.abs(v - b[i]!)), 0);

describe('the Fourier transform', () => {
  test.each([1, 2, 3, 5, 8, 17, 64, 100, 243])('of %i samples is the sum that defines it, and comes back', (n) => {
    const [x, y] = [noise(n, 'real'), noise(n, 'imaginary')];
    const sums = [new Float64Array(n), new Float64Array(n)] as const;
    for (let k = 0; k < n; k++)
      for (let t = 0; t < n; t++) {
        const angle = (-2 * Math.PI * ((k * t) % n)) / n;
        sums[0][k]! += x[t]! * Math.cos(angle) - y[t]! * Math.sin(angle);
        sums[1][k]! += x[t]! * Math.sin(angle) + y[t]! * Math.cos(angle);
      }
    const [re, im] = [x.slice(), y.slice()];
    fourier(re, im);
    expect(Math.max(apart(re, sums[0]), apart(im, sums[1]))).toBeLessThan(1e-10);
    fourier(re, im, true);
    expect(Math.max(apart(re, x), apart(im, y))).toBeLessThan(1e-12);
  });

  test('bands of frequencies add up to the signal, and a tone is in one of them', () => {
    const bands = [[0, 0.05], [0.05, 0.2], [0.2, 0.5]] as const; // prettier-ignore
    const x = noise(100, 'signal');
    const parts = bandsOf(x, bands);
    expect(
      apart(
        x.map((_, t) => parts.reduce((sum, part) => sum + part[t]!, 0)),
        x,
      ),
    ).toBeLessThan(1e-12);
    const tone = Float64Array.from({ length: 100 }, (_, t) => Math.sin(2 * Math.PI * 0.1 * t));
    const [low, middle, high] = bandsOf(tone, bands);
    expect(apart(middle!, tone)).toBeLessThan(1e-12);
    expect(Math.max(...low!, ...high!)).toBeLessThan(1e-12);
    // The frequency that alternates from sample to sample is of the last band.
    const fast = Float64Array.from({ length: 8 }, (_, t) => (-1) ** t);
    expect(apart(bandsOf(fast, bands)[2]!, fast)).toBeLessThan(1e-12);
  });
});

describe('change points', () => {
  /** The least cost, by looking at every last segment. */
  function optimal(channels: readonly Float64Array[], penalty: number): readonly number[] {
    const n = channels[0]!.length;
    const cost = (s: number, t: number): number =>
      channels.reduce((sum, x) => {
        const own = [...x.subarray(s, t)];
        const mean = own.reduce((a, b) => a + b, 0) / own.length;
        return sum + own.reduce((a, b) => a + (b - mean) ** 2, 0);
      }, 0);
    const best = [-penalty];
    const starts: (readonly number[])[] = [[]];
    for (let t = 1; t <= n; t++) {
      const totals = Array.from({ length: t }, (_, s) => best[s]! + cost(s, t) + penalty);
      const s = totals.indexOf(Math.min(...totals));
      best[t] = totals[s]!;
      starts[t] = [...starts[s]!, s];
    }
    return starts[n]!;
  }

  test.each([0.5, 2, 8, 40])('are those of least cost, with penalty %f', (penalty) => {
    for (const stream of ['a', 'b', 'c']) {
      const channels = [noise(40, stream), noise(40, `${stream} too`)].map((x, c) => x.map((v, t) => v + (t >= 13 + 9 * c ? 3 : 0)));
      expect(changePoints(channels, penalty)).toEqual(optimal(channels, penalty));
    }
  });

  test('are found where levels change, in channels of any unit', () => {
    const x = noise(300, 'steps').map((v, t) => 1000 * (v / 10 + (t < 100 ? 0 : t < 180 ? 1 : -1)));
    expect(changePoints([byNoise(x)], 2 * Math.log(300))).toEqual([0, 100, 180]);
    expect(changePoints([byNoise(new Float64Array(50).fill(7))], 5)).toEqual([0]);
  });

  test('of a long series are found in a moment', () => {
    const x = noise(60_000, 'long').map((v, t) => v / 10 + Math.floor(t / 15_000));
    const found = changePoints([byNoise(x)], 2 * Math.log(60_000));
    expect(found).toHaveLength(4);
    [0, 15_000, 30_000, 45_000].forEach((place, i) => expect(Math.abs(found[i]! - place)).toBeLessThan(15));
  });
});
