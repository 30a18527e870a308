import { sizeOf, type Tensor } from '@vitrine/ir';
import { ExplainError } from '../error.js';
import type { Point } from '../inquiry.js';

/** Elements from `start` up to `end`, in row-major order. */
export type Run = readonly [start: number, end: number];

/** What is taken away together: elements of the attributed values, and of inputs beside them, by name. */
export interface Part {
  /** For people. */
  readonly name: string;
  readonly runs: ReadonlyMap<string, readonly Run[]>;
  /** Of a band of frequencies, its ends: in Hz, or in cycles per sample where no rate is known. */
  readonly band?: readonly [low: number, high: number];
  /** Its numbers stand for a category, and near ones mean nothing. */
  readonly isCategory?: boolean;
  /** Groups that it belongs to, the largest first: the sentence and the phrase of a word. */
  readonly within?: readonly string[];
}

/** Parts that an example is divided into. What is in no part is never taken away; parts may overlap. */
export interface Partition {
  /** What the parts are: word, element, axis 1. */
  readonly of: string;
  readonly parts: readonly Part[];
  /** Where the parts are cells of a fine grid, one after the other: how many there are along each side. */
  readonly field?: readonly number[];
  /** Of parts that are no elements but summands, as frequencies are: an array laid out as a value, as one for each part. */
  readonly summands?: (at: string, values: ArrayLike<number>) => readonly Float64Array[];
}

/** A box within an array: its corner, and the corner across, which is no longer of it. */
export interface Box {
  readonly from: readonly number[];
  readonly to: readonly number[];
}

/** Each element by itself. */
export const elements = (x: Point): Partition => ({
  of: 'element',
  parts: [...x].flatMap(([at, { dims }]) =>
    Array.from({ length: sizeOf(dims) }, (_, i) => ({
      name: named(x, at, placeOf(i, dims)),
      runs: new Map([[at, [[i, i + 1] as const]]]),
    })),
  ),
});

/** Slices along an axis, counted with that of the batch: the features of a table [1,F] lie along axis 1. @throws ExplainError 'bad-option' */
export const slices = (x: Point, axis: number): Partition => ({
  of: `slice along axis ${axis}`,
  parts: [...x].flatMap(([at, { dims }]) => {
    const extent = dims[axis];
    if (extent === undefined)
      throw new ExplainError('bad-option', `${at} has shape [${dims.join(',')}] and no axis ${axis}: axes are counted from 0, the batch`);
    return Array.from({ length: extent }, (_, i) => ({
      name: named(x, at, String(i)),
      runs: boxRuns(at, dims, sliceAt(dims, axis, i, i + 1)),
    }));
  }),
});

/**
 * Boxes of nearly equal size, so many along each of certain axes: squares of a picture, stretches of a series. An axis shorter than that
 * has as many as it is long.
 */
export const grid = (x: Point, counts: ReadonlyMap<number, number>): Partition => ({
  of: `cell of a grid of ${[...counts.values()].join('x')}`,
  parts: [...x].flatMap(([at, { dims }]) => {
    const cuts = dims.map((extent, axis): readonly Run[] => {
      const count = Math.min(extent, counts.get(axis) ?? 1);
      const cut = (k: number): number => Math.round((k * extent) / count);
      return Array.from({ length: count }, (_, k) => [cut(k), cut(k + 1)]);
    });
    return boxes(cuts).map((box) => ({
      name: named(x, at, [...counts.keys()].map((axis) => stretch(box.from[axis]!, box.to[axis]! - 1)).join(', ')),
      runs: boxRuns(at, dims, box),
    }));
  }),
});

/**
 * Windows that slide over a value without its batch axis, each cut where the value ends, as many as cover it.
 * @throws ExplainError 'bad-option' where a window has other axes than the value
 */
export const slidingWindows = (x: Point, window: readonly number[], stride: readonly number[]): Partition => ({
  of: `window of ${window.join('x')}`,
  parts: [...x].flatMap(([at, { dims }]) => {
    if (dims.length !== window.length + 1 || stride.length !== window.length)
      throw new ExplainError(
        'bad-option',
        `window ${window.join('x')} with stride ${stride.join('x')} does not fit ${at} [${dims.slice(1).join(',')}]: give one number for each axis behind the batch`,
      );
    const cuts = dims.map((extent, axis): readonly Run[] => {
      if (axis === 0) return [[0, extent]];
      const [size, step] = [window[axis - 1]!, stride[axis - 1]!];
      const count = Math.max(1, Math.ceil((extent - size) / step) + 1);
      return Array.from({ length: count }, (_, k) => [k * step, Math.min(extent, k * step + size)]);
    });
    return boxes(cuts).map((box) => ({ name: named(x, at, box.from.slice(1).join(',')), runs: boxRuns(at, dims, box) }));
  }),
});

/** Elements of one label are one part, also of several values. A value's labels have its shape, or repeat along axes where theirs is 1. @throws ExplainError 'bad-option' */
export function labelled(x: Point, labels: ReadonlyMap<string, Tensor>): Partition {
  const parts = new Map<number, Map<string, [number, number][]>>();
  for (const [at, { dims }] of x) {
    const given = labels.get(at);
    if (given === undefined) throw new ExplainError('bad-option', `parts gives no labels for ${at}`);
    const from = repeated(given.dims, dims);
    if (from === undefined)
      throw new ExplainError(
        'bad-option',
        `the labels for ${at} have shape [${given.dims.join(',')}], which does not fit [${dims.join(',')}]`,
      );
    for (let i = 0; i < sizeOf(dims); i++) {
      const label = Number(given.data[from(i)]);
      const part = parts.get(label) ?? new Map<string, [number, number][]>();
      parts.set(label, part);
      const runs = part.get(at) ?? [];
      part.set(at, runs);
      const last = runs.at(-1);
      if (last?.[1] === i) last[1] = i + 1;
      else runs.push([i, i + 1]);
    }
  }
  return { of: 'label', parts: [...parts].toSorted(([a], [b]) => a - b).map(([label, runs]) => ({ name: String(label), runs })) };
}

/** What belongs together along an axis: the tokens of a word. */
export interface Group {
  readonly name: string;
  readonly positions: readonly number[];
  /** Larger groups that it belongs to, the largest first. */
  readonly within?: readonly string[];
}

/**
 * Groups of positions as parts of values [1,T,…] or [T,…], where T is `count`, and of inputs [1,T] beside them; undefined where an
 * attributed value is not laid out so. Positions may stand in R rows, one behind the other: [1,R,T/R,…] or [R,T/R,…].
 */
export function atPositions(
  of: string,
  groups: readonly Group[],
  count: number,
  x: Point,
  beside: readonly string[] = [],
  rows = 1,
): Partition | undefined {
  const fits = ({ dims: [first, ...others] }: Tensor): boolean => startsSo([first, ...others]) || (first === 1 && startsSo(others));
  const startsSo = ([a, b]: readonly (number | undefined)[]): boolean => (rows === 1 ? a === count : a === rows && b === count / rows);
  if (![...x.values()].every(fits)) return undefined;
  const widths = [...[...x].map(([at, { dims }]) => [at, sizeOf(dims) / count] as const), ...beside.map((name) => [name, 1] as const)];
  return {
    of,
    parts: groups.map(({ name, positions, within }) => ({
      name,
      ...(within && { within }),
      runs: new Map(widths.map(([at, width]) => [at, merged(positions.map((t): Run => [t * width, (t + 1) * width]))])),
    })),
  };
}

/** Neighbouring parts taken as one: so many at a time, each start so many parts behind the last. */
export function windowed(partition: Partition, window: number, stride: number): Partition {
  const { of, parts, summands } = partition;
  if (window === 1 && stride === 1) return partition;
  const count = Math.max(1, Math.ceil((parts.length - window) / stride) + 1);
  return {
    of: window === 1 ? of : `window of ${window} ${of}s`,
    parts: Array.from({ length: count }, (_, k) => joined(parts.slice(k * stride, k * stride + window))),
    ...(summands && {
      summands: (at, values) => {
        const each = summands(at, values);
        return Array.from({ length: count }, (_, k) => added(each.slice(k * stride, k * stride + window)));
      },
    }),
  };
}

const added = ([first, ...others]: readonly Float64Array[]): Float64Array =>
  first!.map((v, i) => others.reduce((sum, one) => sum + one[i]!, v));

function joined(parts: readonly Part[]): Part {
  const runs = new Map<string, readonly Run[]>();
  for (const part of parts) for (const [at, own] of part.runs) runs.set(at, merged([...(runs.get(at) ?? []), ...own]));
  const [first, last] = [parts[0]?.band, parts.at(-1)?.band];
  return { name: parts.map(({ name }) => name).join(' '), runs, ...(first && last && { band: [first[0], last[1]] }) };
}

/** Runs in order, those that touch as one. */
export function merged(runs: readonly Run[]): readonly Run[] {
  const all: [number, number][] = [];
  for (const [start, end] of runs.toSorted((a, b) => a[0] - b[0])) {
    const last = all.at(-1);
    if (last !== undefined && start <= last[1]) last[1] = Math.max(last[1], end);
    else all.push([start, end]);
  }
  return all;
}

const stretch = (first: number, last: number): string => (first === last ? String(first) : `${first}–${last}`);

/** With the value's name where there are several. */
const named = (x: Point, at: string, place: string): string => (x.size > 1 ? `${at} ${place}` : place);

/** Where an element lies behind the batch axis, as `3` or `0,2`. */
function placeOf(i: number, dims: readonly number[]): string {
  const place: number[] = [];
  for (let axis = dims.length - 1, rest = i; axis >= (dims.length > 1 ? 1 : 0); axis--) {
    place.unshift(rest % dims[axis]!);
    rest = Math.floor(rest / dims[axis]!);
  }
  return place.join(',');
}

const sliceAt = (dims: readonly number[], axis: number, from: number, to: number): Box => ({
  from: dims.map((_, a) => (a === axis ? from : 0)),
  to: dims.map((extent, a) => (a === axis ? to : extent)),
});

/** Every box with one stretch of each axis, the last axis fastest. */
const boxes = (cuts: readonly (readonly Run[])[]): readonly Box[] =>
  cuts.reduce<readonly Box[]>(
    (list, stretches) => list.flatMap(({ from, to }) => stretches.map(([a, b]) => ({ from: [...from, a], to: [...to, b] }))),
    [{ from: [], to: [] }],
  );

export function boxRuns(at: string, dims: readonly number[], { from, to }: Box): Part['runs'] {
  let axis = dims.length - 1;
  while (axis > 0 && from[axis] === 0 && to[axis] === dims[axis]) axis--;
  const inner = sizeOf(dims.slice(axis + 1));
  let starts = [0];
  for (let a = 0; a < axis; a++)
    starts = starts.flatMap((start) => Array.from({ length: to[a]! - from[a]! }, (_, i) => start * dims[a]! + from[a]! + i));
  return new Map([[at, starts.map((s): Run => [(s * dims[axis]! + from[axis]!) * inner, (s * dims[axis]! + to[axis]!) * inner])]]);
}

/** From an index in `dims` to that in `given`, whose extents are the same or 1; undefined where they are not. */
function repeated(given: readonly number[], dims: readonly number[]): ((i: number) => number) | undefined {
  const lifted = [...Array.from({ length: Math.max(0, dims.length - given.length) }, () => 1), ...given];
  if (lifted.length !== dims.length || lifted.some((d, axis) => d !== 1 && d !== dims[axis])) return undefined;
  if (sizeOf(lifted) === sizeOf(dims)) return (i) => i;
  const axes = dims.map((extent, axis) => ({
    extent,
    step: lifted[axis] === 1 ? 0 : sizeOf(lifted.slice(axis + 1)),
    size: sizeOf(dims.slice(axis + 1)),
  }));
  return (i) => axes.reduce((at, { extent, step, size }) => at + (Math.floor(i / size) % extent) * step, 0);
}
