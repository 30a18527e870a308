import type { Tensor } from '@vitrine/ir';
import { floats } from '../arithmetic.js';
import { baselinesFor, fromTensors } from '../baseline.js';
import { baseline as field, type Tensors } from '../field.js';
import type { Inquiry, Point } from '../inquiry.js';
import type { Coalition } from './coalition.js';
import type { Partition } from './partition.js';

/** What stands in for what is taken away: several points where the mean over them counts. Each may hold only some of the values. */
export type Removal = readonly Point[];

export const removalOption = field(
  'auto',
  'what stands in for an absent part: mask, unknown, pad (tokens of a text), attention (its tokens are hidden by the attention mask), zero, mean, blur, uniform, a number, or a .npy file with one baseline [1,…] or several [K,…], over which scores are averaged; auto is the mask token where there is one, else zero',
);

export function removalFor(q: Inquiry, given: string | number | Tensors): Removal {
  const shapes = new Map([...q.x].map(([name, { dims }]) => [name, dims]));
  // What stands in for tokens may be an input beside the attributed values.
  const beside = given instanceof Map ? new Map([...(given as Point)].filter(([name]) => !shapes.has(name))) : new Map<string, Tensor>();
  const own = given instanceof Map ? new Map([...(given as Point)].filter(([name]) => shapes.has(name))) : given;
  if (own instanceof Map && own.size === 0 && beside.size > 0) return [beside];
  const points = typeof own === 'object' ? fromTensors(own, shapes) : baselinesFor({ x: q.x, shapes, random: q.random }, own);
  return points.map((point) => new Map([...point, ...beside]));
}

/** The example without the parts that are not of a coalition. `fixed` holds inputs beside the attributed values. */
export function pointOf(x: Point, fixed: Point, { parts }: Partition, coalition: Coalition, standIn: Point): Point {
  const point = new Map<string, Tensor>(x);
  for (const [name, instead] of standIn) {
    const given = x.get(name) ?? fixed.get(name);
    if (given === undefined) continue;
    const data = given.data.slice() as Float32Array<ArrayBuffer>;
    const values = floats(instead);
    parts.forEach(({ runs }, i) => {
      if (coalition[i] === 0) for (const [start, end] of runs.get(name) ?? []) data.set(values.subarray(start, end), start);
    });
    point.set(name, { ...given, data } as Tensor);
  }
  return point;
}
