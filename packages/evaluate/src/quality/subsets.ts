import { permutation } from '@vitrine/explain';

/** Sets of so many of `count` parts, drawn at random: 1 for each that is in it. */
export const subsets = (count: number, size: number, samples: number, uniform: () => number): readonly Uint8Array[] =>
  Array.from({ length: samples }, () => {
    const set = new Uint8Array(count);
    for (const i of permutation(count, uniform).subarray(0, size)) set[i] = 1;
    return set;
  });

export function sumOver(values: ArrayLike<number>, set: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < set.length; i++) if (set[i] === 1) sum += values[i]!;
  return sum;
}

/** All parts but one, for each; 1 where a part is there. */
export function* eachGone(count: number): Iterable<Uint8Array> {
  for (let i = 0; i < count; i++) {
    const presence = new Uint8Array(count).fill(1);
    presence[i] = 0;
    yield presence;
  }
}
