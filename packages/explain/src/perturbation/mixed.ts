import type { Tensor } from '@vitrine/ir';
import type { Point } from '../inquiry.js';
import type { Part } from './partition.js';

/** In place of a row's number: the example itself. */
export const EXAMPLE = -1;

/** The example, each part of it from a row. */
export function mixed(x: Point, parts: readonly Part[], rows: readonly Point[], taken: readonly number[]): Point {
  const data = new Map([...x].map(([at, tensor]) => [at, (tensor.data as Float32Array).slice()]));
  parts.forEach(({ runs }, i) => {
    if (taken[i] === EXAMPLE) return;
    for (const [at, list] of runs) {
      const from = rows[taken[i]!]!.get(at)!.data as Float32Array;
      for (const [start, end] of list) data.get(at)?.set(from.subarray(start, end), start);
    }
  });
  return new Map([...x].map(([at, tensor]) => [at, { ...tensor, data: data.get(at)! } as Tensor]));
}
