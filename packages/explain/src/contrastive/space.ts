import { flattened, unflattened } from '../arithmetic.js';
import type { Point } from '../inquiry.js';
import type { Part } from '../perturbation/partition.js';

/** Where a search moves: δ in units of what an element may be, between bounds, from an origin. */
export interface Space {
  /** Elements of all values, one behind the other. */
  readonly size: number;
  /** What δ is 0 at. */
  readonly origin: Float64Array;
  /** What one unit of δ is, element by element; 0 where nothing moves. */
  readonly unit: Float64Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
  readonly start: Float64Array;
  pointAt(delta: Float64Array): Point;
}

/** A category as several elements of which one is 1. */
export type OneHot = readonly number[];

interface Setting {
  readonly x: Point;
  /** What absence is; of several the mean. */
  readonly baselines: readonly Point[];
  readonly oneHots: readonly OneHot[];
}

interface Asked {
  readonly kind: 'negative' | 'positive';
  /** Elements of a pertinent negative only move away from the baseline. */
  readonly additions: boolean;
}

/**
 * A pertinent negative starts at the example and moves within what values are seen to be; a pertinent positive lies between the baseline and the example, and starts
 * with all of it. Dhurandhar et al. 2018, section 3.
 */
export function spaceFor({ x, baselines, oneHots }: Setting, { kind, additions }: Asked): Space {
  const here = flattened(x);
  const seen = baselines.map(flattened);
  const base = here.map((_, i) => seen.reduce((sum, one) => sum + one[i]!, 0) / seen.length);
  const { least, most } = extents(x, here, seen);
  const isOneHot = new Set(oneHots.flat());
  const unit = here.map((_, i) => (isOneHot.has(i) ? 1 : most[i]! - least[i]!));
  const origin = kind === 'negative' ? here : base;
  const share = (v: number, i: number): number => (unit[i] === 0 ? 0 : (v - origin[i]!) / unit[i]!);
  const towards = here.map((v, i) => v - base[i]!);
  const bounds = (end: 'low' | 'high'): Float64Array =>
    here.map((v, i) => {
      if (kind === 'positive') return Math[end === 'low' ? 'min' : 'max'](0, share(v, i));
      const isFree = !additions || isOneHot.has(i) || towards[i] === 0;
      if (!isFree && towards[i]! > 0 === (end === 'low')) return 0;
      if (isOneHot.has(i)) return end === 'low' ? -v : 1 - v;
      return share(end === 'low' ? least[i]! : most[i]!, i);
    });
  return {
    size: here.length,
    origin,
    unit,
    low: bounds('low'),
    high: bounds('high'),
    start: kind === 'negative' ? new Float64Array(here.length) : here.map(share),
    pointAt: (delta) =>
      unflattened(
        origin.map((v, i) => v + delta[i]! * unit[i]!),
        x,
      ),
  };
}

/** Between which numbers elements may move: what a background has there; without one, all numbers of the value and of its baseline. */
function extents(
  x: Point,
  here: Float64Array,
  seen: readonly Float64Array[],
): { readonly least: Float64Array; readonly most: Float64Array } {
  const rows = [here, ...seen];
  const of = (pick: (a: number, b: number) => number): Float64Array => here.map((_, i) => rows.map((row) => row[i]!).reduce(pick));
  const [least, most] = [of((a, b) => Math.min(a, b)), of((a, b) => Math.max(a, b))];
  if (seen.length > 1) return { least, most };
  let at = 0;
  for (const { data } of x.values()) {
    const end = at + data.length;
    least.fill(
      least.subarray(at, end).reduce((a, b) => Math.min(a, b), Infinity),
      at,
      end,
    );
    most.fill(
      most.subarray(at, end).reduce((a, b) => Math.max(a, b), -Infinity),
      at,
      end,
    );
    at = end;
  }
  return { least, most };
}

/** The elements of a part among those of all values. */
export function elementsOf(x: Point, { runs }: Part): readonly number[] {
  const starts = new Map<string, number>();
  let at = 0;
  for (const [name, { data }] of x) {
    starts.set(name, at);
    at += data.length;
  }
  return [...runs].flatMap(([name, list]) =>
    list.flatMap(([start, end]) => Array.from({ length: end - start }, (_, e) => (starts.get(name) ?? 0) + start + e)),
  );
}
