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
  const [sizes, sorted] = [new Float64Array(values.length), new Float64Array(values.length)];
  for (let k = 0; k < RESAMPLES; k++) {
    for (let i = 0; i < sizes.length; i++) sizes[i] = Math.abs(values[i]! + standardErrors[i]! * draw());
    sorted.set(sizes);
    sorted.sort();
    for (let place = 0; place < order.length; place++) if (sizes[order[place]!]! >= sorted[sizes.length - 1 - place]!) held[place]!++;
  }
  return new Map(order.map((part, place) => [part, { place: place + 1, certainty: held[place]! / RESAMPLES }]));
}
