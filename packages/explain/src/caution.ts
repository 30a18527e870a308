import type { Attribution } from './explanation.js';
import type { Explainer } from './explainer.js';
import type { StandIn } from './standIn.js';

/** Zeros everywhere look like an answer, and are the lack of one. */
export const silent = (attributions: readonly Attribution[]): readonly string[] =>
  attributions.every(({ tensor }) => (tensor.data as Float32Array).every((v) => v === 0))
    ? ['every attribution is zero: at this input nothing that is explained moves the target, as behind a unit that is off or saturated']
    : [];

/** The share of what a path should add up to that it may miss. */
const MISSED = 0.02;

/** A path from zero misses its sum where a network divides by the length of a token's vector: all it says lies at the very start of the path. */
export function farFromZero(
  { family }: Pick<Explainer, 'family'>,
  options: { readonly [name: string]: unknown },
  standIns: ReadonlyMap<string, StandIn> | undefined,
  expected: number | undefined,
  total: number,
): readonly string[] {
  const better = [...(standIns ?? [])].flatMap(([name, { looksUp }]) => (looksUp ? [name] : []));
  const misses = expected !== undefined && Math.abs(total - expected) > MISSED * Math.abs(expected);
  if (family !== 'path' || options['baseline'] !== 'zero' || better.length === 0 || !misses) return [];
  return [
    `from a zero vector the path misses its sum, as in networks that divide by a vector's length: start at a token, with the option baseline=${better.join(' or baseline=')}`,
  ];
}
