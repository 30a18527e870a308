import { sizeOf } from '@vitrine/ir';
import type { Point } from '../../inquiry.js';
import type { Part } from '../partition.js';
import { balanced, grouped, joined, leaf, type Tree } from './tree.js';

/** Halves again and again where parts lie farthest apart: a picture across its longer side, a series in time and then by channel. Parts of different values are apart. */
export function byPlace(x: Point, parts: readonly Part[], members: readonly number[]): Tree {
  const names = [...x.keys()];
  const home = (i: number): string | undefined => names.find((at) => parts[i]!.runs.has(at));
  const middles = new Map(members.map((i) => [i, middleOf(x, parts[i]!, home(i))]));
  return balanced(grouped(members, home).map((own) => halved(own, (i) => middles.get(i)!)));
}

function halved(members: readonly number[], middle: (part: number) => readonly number[]): Tree {
  if (members.length === 1) return leaf(members[0]!);
  const axes = middle(members[0]!).map((_, axis) => {
    const along = members.map((i) => middle(i)[axis]!);
    return along.reduce((most, v) => Math.max(most, v), -Infinity) - along.reduce((least, v) => Math.min(least, v), Infinity);
  });
  const axis = axes.indexOf(Math.max(...axes));
  const place = (i: number): number => middle(i)[axis] ?? 0;
  const order = members.toSorted((a, b) => place(a) - place(b) || a - b);
  const at = cutIn(order.map(place));
  return joined(halved(order.slice(0, at), middle), halved(order.slice(at), middle));
}

/** The cut nearest the middle that parts none that lie at one place; the middle where all do. */
function cutIn(places: readonly number[]): number {
  const half = Math.floor(places.length / 2);
  for (let off = 0; off < places.length; off++)
    for (const at of [half - off, half + off]) if (at > 0 && at < places.length && places[at]! - places[at - 1]! > SAME) return at;
  return half;
}

/** Of an element's side. */
const SAME = 1e-6;

/** The mean place of a part's elements along each axis behind the batch. */
function middleOf(x: Point, { runs }: Part, at: string | undefined): readonly number[] {
  if (at === undefined) return [];
  const { dims } = x.get(at)!;
  const steps = dims.map((_, axis) => sizeOf(dims.slice(axis + 1)));
  const sums = new Float64Array(dims.length);
  let count = 0;
  for (const [start, end] of runs.get(at)!)
    for (let e = start; e < end; e++, count++) for (let a = 1; a < dims.length; a++) sums[a]! += Math.floor(e / steps[a]!) % dims[a]!;
  return Array.from(sums, (sum) => sum / Math.max(1, count));
}
