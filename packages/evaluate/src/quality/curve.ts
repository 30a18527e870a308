import { int, type Partition, type Presence, type Scorer, type Tensors } from '@vitrine/explain';
import type { Evidence } from './evidence.js';
import type { Trace } from './metric.js';
import { remaining, type NumberWatched } from './remaining.js';

export const stepsOption = (value: number) => int(value, 'points of the curve at most', { min: 1, max: 100_000 });

/** Which parts are taken away first: those that count most, or least. */
export type Direction = 'most' | 'least';

/** Parts by what they count; those that count the same in an order that chance decides. */
export function orderOf(values: ArrayLike<number>, direction: Direction, uniform: () => number): Uint32Array {
  const ties = Float64Array.from(values, uniform);
  const sign = direction === 'most' ? -1 : 1;
  return Uint32Array.from({ length: values.length }, (_, i) => i).sort((a, b) => sign * (values[a]! - values[b]!) || ties[a]! - ties[b]!);
}

export interface Removing {
  readonly parts: string | Tensors;
  readonly baseline: string | number | Tensors;
}

/** What a curve is drawn of. */
export interface Drawing extends Removing {
  readonly number: NumberWatched;
  readonly steps: number;
}

/** The example in parts, what the method says of them, and what is left of the number without some. */
export interface Divided {
  readonly partition: Partition;
  readonly values: Float64Array;
  readonly score: Scorer;
}

export async function divided(
  e: Evidence,
  { parts, baseline, number }: Removing & Pick<Drawing, 'number'>,
  stream = 'removal',
): Promise<Divided> {
  const partition = e.partition(parts);
  return { partition, values: e.values(partition), score: await remaining(e, partition, e.probe.removal(baseline, stream), number) };
}

/** How many parts are gone at each point of a curve over `count` parts. */
export const stops = (count: number, steps: number): readonly number[] => {
  const most = Math.min(count, steps);
  return Array.from({ length: most + 1 }, (_, k) => Math.round((k * count) / most));
};

/** Presences in which the first so many of an order are gone; or, turned about, are all there is. */
export function* without(order: Uint32Array, gone: readonly number[], turned = false): Iterable<Presence> {
  const presence = new Uint8Array(order.length).fill(turned ? 0 : 1);
  let done = 0;
  for (const stop of gone) {
    for (; done < stop; done++) presence[order[done]!] = turned ? 1 : 0;
    yield presence.slice();
  }
}

/** The curve as parts are taken away in the method's order, or put into nothing. */
export async function curveOf(e: Evidence, drawing: Drawing, direction: Direction, turned = false): Promise<Trace> {
  const { values, score } = await divided(e, drawing);
  const order = orderOf(values, direction, e.random('ties'));
  const gone = stops(order.length, drawing.steps);
  const found = await score(without(order, gone, turned), gone.length);
  return { along: gone.map((k) => k / order.length), values: [...found] };
}

/** The area under a curve over the whole of its axis, by trapezoids. */
export function areaUnder({ along, values }: Trace): number {
  let area = 0;
  for (let k = 1; k < along.length; k++) area += ((values[k]! + values[k - 1]!) / 2) * (along[k]! - along[k - 1]!);
  return area;
}

export const meanOf = (values: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
};
