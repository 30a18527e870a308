import { readFileSync } from 'node:fs';
import type { Tensor } from '@vitrine/ir';
import { readNpz } from '../npz.js';

export const testdata = (name: string): URL => new URL(`../../testdata/${name}`, import.meta.url);

/** The arrays of a reference archive in testdata. */
export const golden = (name: string): ReadonlyMap<string, Tensor> => readNpz(readFileSync(testdata(name)), name);

/** Largest and mean difference of two arrays of one length. */
export function difference(a: ArrayLike<number>, b: ArrayLike<number>): { readonly most: number; readonly mean: number } {
  if (a.length !== b.length) throw new Error(`${a.length} elements against ${b.length}`);
  let [most, total] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    const d = Math.abs(a[i]! - b[i]!);
    // NaN must not pass.
    if (!(d <= most)) most = d;
    total += d;
  }
  return { most, mean: total / a.length };
}
