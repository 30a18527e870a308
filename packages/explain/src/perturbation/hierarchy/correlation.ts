import { floats } from '../../arithmetic.js';
import type { Point } from '../../inquiry.js';
import type { Part } from '../partition.js';
import { joined, leaf, type Tree } from './tree.js';

/** Parts that go together among background rows, joined early: average linkage of 1 − |r|, by chains of nearest neighbours. Murtagh 1983, The Computer Journal 26(4). */
export function byCorrelation(background: readonly Point[], parts: readonly Part[], members: readonly number[]): Tree {
  const columns = members.map((i) => columnsOf(background, parts[i]!));
  const n = members.length;
  const apart = new Float64Array(n * n);
  for (let a = 0; a < n; a++) for (let b = 0; b < a; b++) apart[a * n + b] = apart[b * n + a] = 1 - strongest(columns[a]!, columns[b]!);
  const trees: (Tree | undefined)[] = members.map(leaf);
  const found: { readonly height: number; readonly a: number; readonly b: number }[] = [];
  const sizes = new Float64Array(n).fill(1);
  const isThere = new Uint8Array(n).fill(1);
  const chain: number[] = [];
  for (let left = n; left > 1;) {
    if (chain.length === 0) chain.push(isThere.indexOf(1));
    const [last, before] = [chain.at(-1)!, chain.at(-2)];
    let near = before ?? -1;
    for (let k = 0; k < n; k++) if (isThere[k] && k !== last && (near < 0 || apart[last * n + k]! < apart[last * n + near]!)) near = k;
    if (near !== before) {
      chain.push(near);
      continue;
    }
    chain.splice(-2);
    found.push({ height: apart[last * n + near]!, a: Math.min(last, near), b: Math.max(last, near) });
    const [a, b] = [Math.min(last, near), Math.max(last, near)];
    for (let k = 0; k < n; k++)
      if (isThere[k] && k !== a && k !== b)
        apart[a * n + k] = apart[k * n + a] = (sizes[a]! * apart[a * n + k]! + sizes[b]! * apart[b * n + k]!) / (sizes[a]! + sizes[b]!);
    trees[a] = joined(trees[a]!, trees[b]!);
    sizes[a]! += sizes[b]!;
    isThere[b] = 0;
    left--;
  }
  return trees[isThere.indexOf(1)]!;
}

/** A part's elements, each as a row of standardised numbers; those that never change are left out. */
function columnsOf(background: readonly Point[], { runs }: Part): readonly Float64Array[] {
  return [...runs].flatMap(([at, list]) =>
    list.flatMap(([start, end]) =>
      Array.from({ length: end - start }, (_, k) =>
        standardised(Float64Array.from(background, (point) => (point.has(at) ? floats(point.get(at)!)[start + k]! : 0))),
      ).filter((column) => column !== undefined),
    ),
  );
}

function standardised(column: Float64Array): Float64Array | undefined {
  const mean = column.reduce((sum, v) => sum + v, 0) / column.length;
  const norm = Math.sqrt(column.reduce((sum, v) => sum + (v - mean) ** 2, 0));
  return norm > 1e-12 * Math.abs(mean) && norm > 0 ? column.map((v) => (v - mean) / norm) : undefined;
}

/** The largest |r| of any element of one with any of the other: a category's numbers are as good as its best. */
const strongest = (a: readonly Float64Array[], b: readonly Float64Array[]): number =>
  a.reduce((most, own) => b.reduce((m, other) => Math.max(m, Math.abs(own.reduce((sum, v, k) => sum + v * other[k]!, 0))), most), 0);
