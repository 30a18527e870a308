import { beta, gammaUpper, logGamma } from './special.js';
import { levelOf, type Interval } from './interval.js';

/**
 * Σ over j of a Poisson probability with mean λ/2 times a central distribution's P(X ≤ x) at j: given at one j, and how much less it is one on.
 * Terms beyond ±9 deviations are nothing.
 */
function mixed(lambda: number, central: (j: number) => number, less: (j: number) => number): number {
  const mean = lambda / 2;
  if (mean === 0) return central(0);
  const reach = 9 * Math.sqrt(mean) + 20;
  const first = Math.max(0, Math.floor(mean - reach));
  let [sum, part] = [0, central(first)];
  for (let j = first; j <= mean + reach; j++) {
    sum += Math.exp(j * Math.log(mean) - mean - logGamma(j + 1)) * part;
    part -= less(j);
  }
  return Math.min(1, Math.max(0, sum));
}

/** P(X ≤ x). Johnson et al. 1995, 29.3; Abramowitz & Stegun 1964, 6.5.21. */
export function noncentralChiSquareCdf(x: number, degrees: number, lambda: number): number {
  const half = x / 2;
  const a = (j: number): number => degrees / 2 + j;
  return mixed(
    lambda,
    (j) => 1 - gammaUpper(a(j), half),
    (j) => Math.exp(a(j) * Math.log(half) - half - logGamma(a(j) + 1)),
  );
}

/** P(X ≤ x). Johnson et al. 1995, 30.3; Abramowitz & Stegun 1964, 26.5.16. */
export function noncentralFCdf(x: number, between: number, within: number, lambda: number): number {
  const [share, b] = [(between * x) / (between * x + within), within / 2];
  const a = (j: number): number => between / 2 + j;
  return mixed(
    lambda,
    (j) => beta(share, a(j), b),
    (j) => Math.exp(a(j) * Math.log(share) + b * Math.log1p(-share) + logGamma(a(j) + b) - logGamma(a(j) + 1) - logGamma(b)),
  );
}

const CLOSE = 1e-7;

/** Those λ under which what was seen is neither too large nor too small. Steiger & Fouladi 1997. */
export function noncentrality(cdf: (lambda: number) => number, guess: number, z: number): Interval {
  const outside = (1 - levelOf(z)) / 2;
  const solve = (target: number): number => {
    if (cdf(0) <= target) return 0;
    let [low, high] = [0, Math.max(1, 2 * guess)];
    while (cdf(high) > target) high *= 2;
    while (high - low > CLOSE * (1 + high)) {
      const middle = (low + high) / 2;
      if (cdf(middle) > target) low = middle;
      else high = middle;
    }
    return (low + high) / 2;
  };
  return { low: solve(1 - outside), high: solve(outside) };
}
