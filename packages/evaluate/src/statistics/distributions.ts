import { beta, gammaUpper } from './special.js';

/** P(Z > z) for a standard normal Z: exact far out as well. */
export const normalTail = (z: number): number => (z < 0 ? 1 - normalTail(-z) : gammaUpper(0.5, (z * z) / 2) / 2);
export const normalCdf = (z: number): number => normalTail(-z);

/** The z that a standard normal number stays below with probability p. Halley's steps from Abramowitz & Stegun 1964, 26.2.23. */
export function normalQuantile(p: number): number {
  if (!(p > 0 && p < 1)) return p === 0 ? -Infinity : p === 1 ? Infinity : NaN;
  if (p > 0.5) return -normalQuantile(1 - p);
  const t = Math.sqrt(-2 * Math.log(p));
  let z = t - (2.515517 + 0.802853 * t + 0.010328 * t * t) / (1 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t ** 3);
  for (let i = 0; i < 3; i++) {
    const step = (normalTail(z) - p) * Math.sqrt(2 * Math.PI) * Math.exp((z * z) / 2);
    z += step / (1 - (step * z) / 2);
  }
  return -z;
}

/** Of both tails: how often chance alone gives a z as large. */
export const normalPValue = (z: number): number => Math.min(1, 2 * normalTail(Math.abs(z)));
export const chiSquarePValue = (statistic: number, degrees: number): number => gammaUpper(degrees / 2, statistic / 2);
/** Of both tails of Student's t. */
export const studentPValue = (t: number, degrees: number): number => beta(degrees / (degrees + t * t), degrees / 2, 0.5);
export const fPValue = (f: number, between: number, within: number): number =>
  beta(within / (within + between * f), within / 2, between / 2);

/** P(X ≤ k) of n trials with probability p. */
export const binomialCdf = (k: number, n: number, p: number): number => (k < 0 ? 0 : k >= n ? 1 : beta(1 - p, n - k, k + 1));
