import { normalPValue, normalTail } from './distributions.js';

/** Where a number lies with the confidence asked for. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** A number between its bounds. */
export interface Bounded extends Interval {
  readonly value: number;
}

/** How sure 95 % is, in standard deviations to either side. */
export const Z_95 = 1.959963984540054;
/** The share of cases within z standard deviations. */
export const levelOf = (z: number): number => 1 - 2 * normalTail(z);

/** Of a proportion: in [0,1], and right for none and for all. Wilson 1927. */
export function wilson(successes: number, trials: number, z: number): Interval {
  if (trials === 0) return { low: 0, high: 1 };
  const share = successes / trials;
  const centre = share + (z * z) / (2 * trials);
  const spread = z * Math.sqrt((share * (1 - share)) / trials + (z * z) / (4 * trials * trials));
  const scale = 1 + (z * z) / trials;
  return {
    low: successes === 0 ? 0 : (centre - spread) / scale,
    high: successes === trials ? 1 : Math.min(1, (centre + spread) / scale),
  };
}

export const proportion = (successes: number, trials: number, z: number): Bounded => ({
  value: successes / trials,
  ...wilson(successes, trials, z),
});

/** Of Σ weight · part, the parts independent. Zou & Donner 2008 (MOVER); with Wilson's bounds and weights 1 and −1, Newcombe 1998, method 10. */
export function weightedSum(parts: readonly (readonly [weight: number, part: Bounded])[]): Bounded {
  const value = parts.reduce((sum, [weight, part]) => sum + weight * part.value, 0);
  const reach = (side: (weight: number, part: Bounded) => number): number =>
    Math.sqrt(parts.reduce((sum, [weight, part]) => sum + (weight * (side(weight, part) - part.value)) ** 2, 0));
  return {
    value,
    low: value - reach((weight, { low, high }) => (weight > 0 ? low : high)),
    high: value + reach((weight, { low, high }) => (weight > 0 ? high : low)),
  };
}

export const difference = (a: Bounded, b: Bounded): Bounded =>
  weightedSum([
    [1, a],
    [-1, b],
  ]);

/** Of a / b, neither negative, independent. Donner & Zou 2012, eq. 9 (MOVER-R); the lower end in its other form, which has no pole. */
export function ratio(a: Bounded, b: Bounded): Bounded {
  const product = a.value * b.value;
  const [lowA, highA] = [a.low * (2 * a.value - a.low), a.high * (2 * a.value - a.high)];
  const [lowB, highB] = [b.low * (2 * b.value - b.low), b.high * (2 * b.value - b.high)];
  const root = (x: number, y: number): number => Math.sqrt(Math.max(0, product * product - x * y));
  return {
    value: a.value / b.value,
    low: lowA <= 0 ? 0 : lowA / (product + root(lowA, highB)),
    high: lowB <= 0 ? Infinity : (product + root(highA, lowB)) / lowB,
  };
}

/** What an increasing function makes of a number and of its bounds. */
export const increasing = ({ value, low, high }: Bounded, f: (x: number) => number): Bounded => ({
  value: f(value),
  low: f(low),
  high: f(high),
});

const WIDEST = 40;

/** How often chance alone lies as far from `nothing`: the level at which the interval just reaches it. */
export function pValueOf(interval: (z: number) => Interval, nothing: number): number {
  const reaches = (z: number): boolean => {
    const { low, high } = interval(z);
    return low <= nothing && nothing <= high;
  };
  if (!reaches(WIDEST)) return 0;
  let [near, far] = [0, WIDEST];
  for (let i = 0; i < 60; i++) {
    const middle = (near + far) / 2;
    if (reaches(middle)) far = middle;
    else near = middle;
  }
  return normalPValue(far);
}
