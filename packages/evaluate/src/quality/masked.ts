import { choice, floats, type Partition } from '@vitrine/explain';
import type { Evidence } from './evidence.js';

/** Which parts lie in the mask, at least by half: 1 for each that does. */
export function masked({ mask }: Evidence, { parts }: Partition): Uint8Array {
  return Uint8Array.from(parts, ({ runs }) => {
    let [inside, size] = [0, 0];
    for (const [name, list] of runs) {
      const own = mask?.get(name);
      if (own === undefined) continue;
      for (const [start, end] of list) {
        size += end - start;
        for (let e = start; e < end; e++) inside += own[e]!;
      }
    }
    return size > 0 && 2 * inside >= size ? 1 : 0;
  });
}

/** How numbers of the channels of a place become one that is not negative. Arras et al. 2022, section 3.2. */
const pools = {
  'sum-pos': (values: readonly number[]) =>
    Math.max(
      0,
      values.reduce((a, b) => a + b, 0),
    ),
  'sum-abs': (values: readonly number[]) => Math.abs(values.reduce((a, b) => a + b, 0)),
  'max-norm': (values: readonly number[]) => values.reduce((most, v) => Math.max(most, Math.abs(v)), 0),
  'l2-norm-sq': (values: readonly number[]) => values.reduce((sum, v) => sum + v * v, 0),
} as const;

export type Pool = keyof typeof pools;
const names = Object.keys(pools) as readonly Pool[];
export const poolOption = (value: Pool) =>
  choice(names, value, 'how the numbers of a place become one: their sum where positive, its size, the largest size, or squares added up');

/** One number for each part, none negative. */
export function pooled({ attribution }: Evidence, { parts }: Partition, pool: Pool): Float64Array {
  const arrays = new Map([...attribution].map(([name, tensor]) => [name, floats(tensor)]));
  return Float64Array.from(parts, ({ runs }) => {
    const values: number[] = [];
    for (const [name, list] of runs) {
      const own = arrays.get(name);
      if (own !== undefined) for (const [start, end] of list) for (let e = start; e < end; e++) values.push(own[e]!);
    }
    return pools[pool](values);
  });
}

/** Where nothing or everything is in the mask, nothing is to be found. */
export const NO_MASK = 'the mask is empty, or covers everything';
export const isEmpty = (inside: Uint8Array): boolean => inside.every((is) => is === 0) || inside.every((is) => is === 1);
