import { normal } from '@vitrine/data';
import type { Rank } from '../explanation.js';

const RESAMPLES = 1000;
/** Beyond so many parts no single one is looked for. */
const MOST_PARTS = 2000;

/**
 * The parts that count most, by size, each with the share of resamples in which it is as high: values are drawn around those found, with
 * their standard errors, as though errors were independent. None where there are very many parts.
 */
export function ranking(values: Float64Array, standardErrors: Float64Array, uniform: () => number, most = 20): ReadonlyMap<number, Rank> {
  if (values.length > MOST_PARTS) return new Map();
  const order = [...values.keys()].toSorted((a, b) => Math.abs(values[b]!) - Math.abs(values[a]!) || a - b).slice(0, most);
  const held = new Uint32Array(order.length);
  const draw = normal(uniform);
  for (let k = 0; k < RESAMPLES; k++) {
    const sizes = values.map((v, i) => Math.abs(v + standardErrors[i]! * draw()));
    const sorted = sizes.toSorted();
    order.forEach((part, place) => {
      if (sizes[part]! >= sorted[values.length - 1 - place]!) held[place]!++;
    });
  }
  return new Map(order.map((part, place) => [part, { place: place + 1, certainty: held[place]! / RESAMPLES }]));
}
