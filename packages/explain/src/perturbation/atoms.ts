import { sizeOf, tensorOf, type Tensor } from '@vitrine/ir';
import type { Point } from '../inquiry.js';
import type { Coalition } from './coalition.js';
import type { Partition } from './partition.js';

/** Elements that are there in the same coalitions: a part where none overlap, else what the same parts hold. Atom 0 is of no part, and always there. */
export interface Atoms {
  readonly count: number;
  /** The atom of each element, by value: laid out as the value, along axes where it changes. */
  readonly labels: ReadonlyMap<string, Tensor>;
  /** Writes which atoms are there: those of which every part is. */
  there(coalition: Coalition, into: Uint8Array): void;
}

/** The atoms of a partition of values. */
export function atomsOf({ parts }: Partition, values: Point): Atoms {
  // Each part takes from the atoms that it meets those elements that it holds: new atoms, there when the old one and the part are.
  const [from, by] = [[-1], [-1]];
  const labels = new Map([...values].map(([name, { dims }]) => [name, new Int32Array(sizeOf(dims))]));
  parts.forEach(({ runs }, part) => {
    const split = new Map<number, number>();
    for (const [name, list] of runs) {
      const own = labels.get(name);
      if (own === undefined) continue;
      for (const [start, end] of list)
        for (let e = start; e < end; e++) {
          const old = own[e]!;
          let made = split.get(old);
          if (made === undefined) {
            split.set(old, (made = from.length));
            from.push(old);
            by.push(part);
          }
          own[e] = made;
        }
    }
  });
  return {
    count: from.length,
    labels: new Map([...labels].map(([name, own]) => [name, narrowed(own, values.get(name)!.dims)])),
    there(coalition, into) {
      into[0] = 1;
      for (let atom = 1; atom < from.length; atom++) into[atom] = into[from[atom]!]! & coalition[by[atom]!]!;
    },
  };
}

/** Without axes along which nothing changes. */
function narrowed(labels: Int32Array, dims: readonly number[]): Tensor {
  let [kept, extents] = [labels, dims];
  for (let axis = dims.length - 1; axis >= 0; axis--) {
    const inner = sizeOf(extents.slice(axis + 1));
    const stretch = inner * extents[axis]!;
    const firstOf = (e: number): number => Math.floor(e / stretch) * stretch + (e % inner);
    if (extents[axis] === 1 || !kept.every((label, e) => label === kept[firstOf(e)])) continue;
    const one = new Int32Array(kept.length / extents[axis]!);
    for (let e = 0; e < one.length; e++) one[e] = kept[Math.floor(e / inner) * stretch + (e % inner)]!;
    [kept, extents] = [one, extents.with(axis, 1)];
  }
  return tensorOf('int32', extents, kept);
}
