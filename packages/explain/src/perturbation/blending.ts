import { sizeOf, type Tensor } from '@vitrine/ir';
import { floats, mapped } from '../arithmetic.js';
import type { Point } from '../inquiry.js';
import type { Presence } from './coalition.js';
import type { Partition } from './partition.js';

/** Makes points with some of the parts there, others not or in part, from what stands in for them. */
export type Blending = (presence: Presence, standIn: Point) => Point;

/**
 * Elements of a part that is there are the example's, of one that is not the stand-in's, in between both in proportion; integers are either.
 * `fixed` holds inputs beside the attributed values.
 */
export function blending(x: Point, fixed: Point, partition: Partition): Blending {
  if (partition.summands !== undefined) return bySummands(x, partition.summands);
  const known = new Map<string, Int32Array | undefined>();
  const partsOf = (name: string, size: number): Int32Array | undefined => {
    if (!known.has(name)) known.set(name, labels(partition, name, size));
    return known.get(name);
  };
  return (presence, standIn) => {
    const point = new Map<string, Tensor>(x);
    for (const [name, instead] of standIn) {
      const given = x.get(name) ?? fixed.get(name);
      if (given === undefined) continue;
      const data = given.data.slice() as Float32Array<ArrayBuffer>;
      const other = instead.data as Float32Array;
      const parts = partsOf(name, sizeOf(given.dims));
      if (parts === undefined) overlaid(data, other, partition, name, presence);
      else
        for (let e = 0; e < data.length; e++) {
          const there = parts[e] === -1 ? 1 : presence[parts[e]!]!;
          if (there !== 1) data[e] = between(data[e]!, other[e]!, there);
        }
      point.set(name, { ...given, data } as Tensor);
    }
    return point;
  };
}

/** The example less what is absent of each summand of its difference from what stands in. */
function bySummands(x: Point, summands: NonNullable<Partition['summands']>): Blending {
  const known = new WeakMap<Point, ReadonlyMap<string, readonly Float64Array[]>>();
  const split = (standIn: Point): ReadonlyMap<string, readonly Float64Array[]> => {
    const found = known.get(standIn) ?? new Map([...x].map(([name, given]) => [name, summands(name, apart(given, standIn.get(name)))]));
    known.set(standIn, found);
    return found;
  };
  return (presence, standIn) => {
    const differences = split(standIn);
    return new Map(
      [...x].map(([name, given]) => {
        const each = differences.get(name)!;
        return [name, mapped(given, (e) => each.reduce((left, one, i) => left - (1 - presence[i]!) * one[e]!, floats(given)[e]!))];
      }),
    );
  };
}

const apart = (given: Tensor, instead: Tensor | undefined): Float32Array =>
  floats(given).map((v, e) => v - (instead === undefined ? 0 : floats(instead)[e]!));

/** The number of the part that each element is of, −1 for none; undefined where parts overlap. */
function labels({ parts }: Partition, name: string, size: number): Int32Array | undefined {
  const found = new Int32Array(size).fill(-1);
  for (const [i, { runs }] of parts.entries())
    for (const [start, end] of runs.get(name) ?? []) {
      for (let e = start; e < end; e++) if (found[e] !== -1) return undefined;
      found.fill(i, start, end);
    }
  return found;
}

function overlaid(data: Float32Array, other: Float32Array, { parts }: Partition, name: string, presence: Presence): void {
  parts.forEach(({ runs }, i) => {
    if (presence[i] === 1) return;
    for (const [start, end] of runs.get(name) ?? []) for (let e = start; e < end; e++) data[e] = between(data[e]!, other[e]!, presence[i]!);
  });
}

/** Tensors of 64-bit integers hold bigints, which are never mixed. */
const between = (here: number, gone: number, there: number): number =>
  there === 0 ? gone : typeof here === 'bigint' ? (there < 0.5 ? gone : here) : gone + there * (here - gone);
