import type { Attrs, Dim, Known, OpType } from '../graph.js';
import { isFloat, sizeOf, type DType, repeated } from '../tensor.js';
import { stridesOf } from './context.js';
import { evenly, sliceBounds, sliceLength } from './shape.js';

/** What a row works from. Rows run only where the first output is small and not empty. */
export interface Content<Op extends OpType = OpType> {
  readonly attrs: Attrs<Op>;
  /** What each input that is there holds. */
  readonly x: readonly Known[];
  /** The same, undefined for an input left out. */
  readonly optional: readonly (Known | undefined)[];
  /** Numeric shape of the first output. */
  readonly dims: readonly number[];
  readonly outputs: number;
  /** Of the first output. */
  readonly dtype: DType | 'unknown';
}
/** Elements of the output, or of each of several; a list of the wrong length, such as an empty one, tells nothing. */
export type Row<Op extends OpType> = (c: Content<Op>) => readonly Dim[] | readonly (readonly Dim[])[];
type ContentTable = { readonly [Op in OpType]?: Row<Op> };

/** Marks an element that nothing is known of; content with one is dropped. */
export const UNKNOWN = '';
const NOTHING: readonly Dim[] = [];

const flag = (condition: boolean): number => (condition ? 1 : 0);
const isNumbers = (values: readonly Dim[]): values is readonly number[] => values.every((v) => typeof v === 'number');

/** Elementwise with broadcasting; a symbol survives only where `keep` says which operand it came from. */
const map =
  (f: (...v: readonly number[]) => number, keep?: (...v: readonly Dim[]) => Dim | undefined) =>
  ({ x, dims, dtype }: Pick<Content, 'x' | 'dims' | 'dtype'>): readonly Dim[] => {
    const read = x.map((known) => reader(known, dims));
    // Beyond 2^53 integers are not exact, and sums of the ends of int64 wrap around.
    const safe = (v: Dim): boolean => typeof v === 'number' && (isFloat(dtype) || Math.abs(v) <= Number.MAX_SAFE_INTEGER);
    return Array.from({ length: sizeOf(dims) }, (_, i) => {
      const values = read.map((at) => at(i));
      const kept = keep?.(...values);
      if (kept !== undefined) return kept;
      if (!values.every(safe)) return UNKNOWN;
      const result = f(...(values as readonly number[]));
      return safe(result) ? result : UNKNOWN;
    });
  };

/** Reads a tensor as if broadcast to `dims`, by flat index. */
function reader({ dims: own, values }: Known, dims: readonly number[]): (i: number) => Dim {
  if (values.length === 1) return () => values[0]!;
  const [strides, ownStrides] = [stridesOf(dims), stridesOf(own)];
  const offset = dims.length - own.length;
  return (i) => {
    let at = 0;
    for (let axis = Math.max(0, offset); axis < dims.length; axis++) {
      const index = Math.floor(i / strides[axis]!) % dims[axis]!;
      if (own[axis - offset] !== 1) at += index * ownStrides[axis - offset]!;
    }
    return values[at] ?? UNKNOWN;
  };
}

const first = ({ x }: Pick<Content, 'x'>): readonly Dim[] => x[0]!.values;
const truncated = (c: Pick<Content, 'dtype'>, v: number): number => (isFloat(c.dtype) ? v : Math.trunc(v));
const symbol = (v: Dim): Dim | undefined => (typeof v === 'string' ? v : undefined);

/** Extents around an axis: how many blocks, how long the axis, how many elements behind it. */
function around(dims: readonly number[], axis: number): readonly [outer: number, extent: number, inner: number] {
  const at = axis < 0 ? axis + dims.length : axis;
  return [sizeOf(dims.slice(0, at)), dims[at] ?? 0, sizeOf(dims.slice(at + 1))];
}
const each = <T>(count: number, f: (i: number) => readonly T[]): readonly T[] => Array.from({ length: count }, (_, i) => f(i)).flat();

/** A cast keeps symbols, which are integers, except into bool. */
function cast(c: Pick<Content, 'x' | 'dims' | 'dtype'>): readonly Dim[] {
  if (c.dtype === 'bool') return map((v) => flag(v !== 0))(c);
  if (isFloat(c.dtype)) return first(c);
  return c.dtype.includes('int') ? map(Math.trunc, symbol)(c) : NOTHING;
}

/** Content of outputs from content of inputs: what shape arithmetic, constant conditions and trip counts are made of. */
export const contents: ContentTable = {
  Abs: map(Math.abs),
  Add: map(
    (a, b) => a + b,
    (a, b) => (a === 0 ? b : b === 0 ? a : undefined),
  ),
  And: map((a, b) => flag(a !== 0 && b !== 0)),
  Cast: cast,
  CastLike: (c) => cast({ ...c, x: [c.x[0]!] }),
  Ceil: map(Math.ceil),
  Concat: ({ x, attrs: { axis }, dims }) => {
    const parts = x.map(({ dims: own, values }) => {
      const [, extent, inner] = around(own, axis);
      return { values, length: extent * inner };
    });
    return each(around(dims, axis)[0], (o) => parts.flatMap(({ values, length }) => values.slice(o * length, (o + 1) * length)));
  },
  ConstantOfShape: ({ attrs, dims }) => repeated(sizeOf(dims), attrs.value === undefined ? 0 : Number(attrs.value.data[0])),
  Div: (c) =>
    map(
      (a, b) => (!isFloat(c.dtype) && b === 0 ? NaN : truncated(c, a / b)),
      (a, b) => (b === 1 ? a : undefined),
    )(c),
  Equal: map(
    (a, b) => flag(a === b),
    (a, b) => (typeof a === 'string' && a === b && a !== UNKNOWN ? 1 : undefined),
  ),
  Expand: (c) => map((a) => a, symbol)({ ...c, x: [c.x[0]!] }),
  Flatten: first,
  Floor: map(Math.floor),
  Gather: ({ x: [data, indices], attrs: { axis } }) => {
    const [outer, extent, inner] = around(data!.dims, axis);
    const pick = (o: number, i: Dim): readonly Dim[] => {
      const at = typeof i === 'number' && i < 0 ? i + extent : i;
      if (typeof at !== 'number' || at < 0 || at >= extent) return repeated(inner, UNKNOWN);
      return data!.values.slice((o * extent + at) * inner, (o * extent + at + 1) * inner);
    };
    return each(outer, (o) => indices!.values.flatMap((i) => pick(o, i)));
  },
  Greater: map((a, b) => flag(a > b)),
  GreaterOrEqual: map((a, b) => flag(a >= b)),
  Identity: first,
  Less: map((a, b) => flag(a < b)),
  LessOrEqual: map((a, b) => flag(a <= b)),
  Max: map(Math.max),
  Min: map(Math.min),
  Mod: (c) => map((a, b) => (c.attrs.fmod === 1 ? a % b : a - b * Math.floor(a / b)))(c),
  Mul: map(
    (a, b) => a * b,
    // An extent is finite, so nothing times it is nothing.
    (a, b) => (a === 1 ? b : b === 1 ? a : (a === 0 && symbol(b)) || (b === 0 && symbol(a)) ? 0 : undefined),
  ),
  Neg: map((v) => -v),
  NonZero: ({ x: [data] }) => {
    const { dims, values } = data!;
    if (!isNumbers(values)) return NOTHING;
    const strides = stridesOf(dims);
    const hits = [...values.keys()].filter((i) => values[i] !== 0);
    return dims.flatMap((dim, axis) => hits.map((i) => Math.floor(i / strides[axis]!) % dim));
  },
  Not: map((v) => flag(v === 0)),
  Or: map((a, b) => flag(a !== 0 || b !== 0)),
  Pow: (c) => map((a, b) => truncated(c, a ** b))(c),
  Range: ({ x: [start, , delta], dims: [length] }) => {
    const [from, by] = [start!.values[0], delta!.values[0]];
    return typeof from === 'number' && typeof by === 'number' ? Array.from({ length: length! }, (_, i) => from + i * by) : NOTHING;
  },
  Reciprocal: map((v) => 1 / v),
  ReduceMax: (c) => reduced(c, (a, b) => Math.max(a, b)),
  ReduceMin: (c) => reduced(c, (a, b) => Math.min(a, b)),
  ReduceProd: (c) => reduced(c, (a, b) => a * b),
  ReduceSum: (c) => reduced(c, (a, b) => a + b),
  Reshape: first,
  ScatterND: ({ x: [data, indices, updates], attrs: { reduction } }) => {
    const { dims, values } = data!;
    if (reduction !== 'none' || dims.length !== 1 || indices!.dims.at(-1) !== 1) return NOTHING;
    const result = [...values];
    for (const [k, i] of indices!.values.entries()) {
      const at = typeof i === 'number' && i < 0 ? i + result.length : i;
      if (typeof at !== 'number' || at < 0 || at >= result.length) return NOTHING;
      result[at] = updates!.values[k] ?? UNKNOWN;
    }
    return result;
  },
  Slice: ({ x: [data], optional: [, starts, ends, axes, steps] }) => {
    let { dims, values } = data!;
    for (const [i, start] of starts!.values.entries()) {
      const [end, named, step] = [ends?.values[i], axes === undefined ? i : axes.values[i], steps === undefined ? 1 : steps.values[i]];
      if (typeof start !== 'number' || typeof end !== 'number' || typeof named !== 'number' || typeof step !== 'number') return NOTHING;
      const axis = named < 0 ? named + dims.length : named;
      const [outer, extent, inner] = around(dims, axis);
      const [from] = sliceBounds(extent, start, end, step);
      const count = sliceLength(extent, start, end, step);
      const source = values;
      values = each(outer, (o) =>
        each(count, (k) => source.slice((o * extent + from + k * step) * inner, (o * extent + from + k * step + 1) * inner)),
      );
      dims = dims.map((d, a) => (a === axis ? count : d));
    }
    return values;
  },
  Split: ({ x: [data], optional: [, split], attrs, outputs }) => {
    if (data!.dims.length !== 1 || attrs.axis > 0) return NOTHING;
    const sizes = split === undefined ? evenly(data!.values.length, outputs) : split.values;
    if (!isNumbers(sizes)) return NOTHING;
    let at = 0;
    return sizes.map((size) => data!.values.slice(at, (at += size)));
  },
  Sqrt: map(Math.sqrt),
  Squeeze: first,
  Sub: map(
    (a, b) => a - b,
    (a, b) => (b === 0 ? a : undefined),
  ),
  Tile: ({ x: [data, repeats], dims }) => {
    if (data!.dims.length !== 1 || repeats!.values.length !== 1) return NOTHING;
    return Array.from({ length: dims[0]! }, (_, i) => data!.values[i % data!.values.length]!);
  },
  Transpose: ({ x: [data], attrs, dims }) => {
    const perm = attrs.perm ?? dims.map((_, i) => dims.length - 1 - i);
    const [to, from] = [stridesOf(dims), stridesOf(data!.dims)];
    const source = (i: number): number => dims.reduce((at, dim, axis) => at + (Math.floor(i / to[axis]!) % dim) * from[perm[axis]!]!, 0);
    return data!.values.map((_, i) => data!.values[source(i)] ?? UNKNOWN);
  },
  Unsqueeze: first,
  Where: map(
    (p, a, b) => (p === 0 ? b : a),
    (p, a, b) => (typeof p === 'number' ? (p === 0 ? b : a) : undefined),
  ),
  Xor: map((a, b) => flag((a !== 0) !== (b !== 0))),
};

/** A reduction to one element; partial ones do not occur in shape arithmetic. */
function reduced({ x: [data], dims, dtype }: Content, f: (a: number, b: number) => number): readonly Dim[] {
  const { values } = data!;
  if (sizeOf(dims) !== 1 || values.length === 0 || !isNumbers(values)) return NOTHING;
  const result = values.reduce((a, b) => f(a, b));
  return isFloat(dtype) || Number.isSafeInteger(result) ? [result] : NOTHING;
}
