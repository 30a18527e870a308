import { normal } from '@vitrine/data';
import type { Rank } from '../explanation.js';
import type { Inquiry } from '../inquiry.js';

const RESAMPLES = 1000;
/** Beyond so many parts no single one is looked for. */
const MOST_PARTS = 2000;

/**
 * The parts that count most, by size, each with the share of resamples in which it is as high: values are drawn around those found, with
 * their standard errors, as though errors were independent. None where there are very many parts.
 */
export function ranking(
  values: Float64Array,
  standardErrors: Float64Array,
  random: Inquiry['random'],
  most = 20,
): ReadonlyMap<number, Rank> {
  if (values.length > MOST_PARTS) return new Map();
  const order = [...values.keys()].toSorted((a, b) => Math.abs(values[b]!) - Math.abs(values[a]!) || a - b).slice(0, most);
  const held = new Uint32Array(order.length);
  const draws = drawn(random, RESAMPLES * values.length);
  const sizes = new Float64Array(values.length);
  for (let k = 0; k < RESAMPLES; k++) {
    const first = k * sizes.length;
    for (let i = 0; i < sizes.length; i++) sizes[i] = Math.abs(values[i]! + standardErrors[i]! * draws[first + i]!);
    for (let place = 0; place < order.length; place++) if (isAmong(sizes, sizes[order[place]!]!, place)) held[place]!++;
  }
  return new Map(order.map((part, place) => [part, { place: place + 1, certainty: held[place]! / RESAMPLES }]));
}

/** Whether no more than so many are greater. */
function isAmong(sizes: Float64Array, own: number, most: number): boolean {
  let greater = 0;
  for (let i = 0; i < sizes.length; i++) if (sizes[i]! > own && ++greater > most) return false;
  return true;
}

const kept = new WeakMap<Inquiry['random'], Float64Array>();

/** Normal numbers, the same for all rows of a table. */
function drawn(random: Inquiry['random'], count: number): Float64Array {
  const known = kept.get(random);
  if (known?.length === count) return known;
  const draw = normal(random('ranking'));
  const draws = Float64Array.from({ length: count }, draw);
  kept.set(random, draws);
  return draws;
}
