import { expect, test } from 'vitest';
import { quadratureNames, quadratures } from './quadrature.js';

const integral = (name: (typeof quadratureNames)[number], n: number, f: (x: number) => number): number => {
  const { points, weights } = quadratures[name](n);
  return points.reduce((sum, x, i) => sum + weights[i]! * f(x), 0);
};

test.each(quadratureNames)('%s weights add up to one', (name) => {
  for (const n of [1, 2, 3, 10, 101]) expect(integral(name, n, () => 1)).toBeCloseTo(1, 12);
});

test('gauss-legendre with n points is exact for polynomials of degree 2n - 1', () => {
  for (const n of [1, 2, 5, 16]) expect(integral('gauss-legendre', n, (x) => x ** (2 * n - 1))).toBeCloseTo(1 / (2 * n), 12);
});

test.each(quadratureNames)('%s converges', (name) => {
  expect(integral(name, 2000, Math.exp)).toBeCloseTo(Math.E - 1, name === 'left' || name === 'right' ? 2 : 6);
});
