import { expect, test } from 'vitest';
import {
  binomialCdf,
  chiSquarePValue,
  fPValue,
  normalCdf,
  normalPValue,
  normalQuantile,
  normalTail,
  studentPValue,
} from './distributions.js';
import { logGamma } from './special.js';

/** Relative, for numbers that may be tiny. */
const near = (got: number, wanted: number, within = 1e-12): void => expect(Math.abs(got / wanted - 1)).toBeLessThan(within);

test('ln Γ of whole numbers is the logarithm of a factorial, and Γ(1/2) is √π', () => {
  let factorial = 1;
  for (let n = 1; n < 30; factorial *= n++) expect(logGamma(n)).toBeCloseTo(Math.log(factorial), 12);
  near(logGamma(0.5), Math.log(Math.PI) / 2);
});

test('a normal number leaves ±1.96 one time in twenty, and 10 nearly never', () => {
  near(normalPValue(1.959963984540054), 0.05);
  near(normalTail(10), 7.61985302416053e-24);
  near(normalCdf(-10), 7.61985302416053e-24);
  expect(normalCdf(0)).toBe(0.5);
});

test('the quantile undoes the distribution, from 1e-300 to 1 − 1e-12', () => {
  for (const p of [1e-300, 1e-20, 1e-5, 0.025, 0.3, 0.5, 0.7, 0.975, 1 - 1e-12]) near(normalCdf(normalQuantile(p)), p, 1e-11);
  near(normalQuantile(0.975), 1.959963984540054);
  expect([normalQuantile(0), normalQuantile(1), normalQuantile(2)]).toEqual([-Infinity, Infinity, NaN]);
});

test('chi-square, t and F agree with scipy, far out too', () => {
  near(chiSquarePValue(3.841458820694124, 1), 0.05);
  near(chiSquarePValue(900, 10), 6.367822044752633e-187, 1e-10);
  near(chiSquarePValue(10, 1000), 1);
  near(studentPValue(2.228138851986274, 10), 0.05);
  near(studentPValue(-50, 30), 1.871541765922271e-30, 1e-10);
  near(fPValue(3.0, 2, 30), 0.06490547151887446);
  near(fPValue(0, 2, 30), 1);
});

test('a binomial distribution adds up its terms', () => {
  const choose = (n: number, k: number): number => Math.exp(logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1));
  let sum = 0;
  for (let k = 0; k <= 12; k++) {
    sum += choose(12, k) * 0.3 ** k * 0.7 ** (12 - k);
    near(binomialCdf(k, 12, 0.3), sum);
  }
});
