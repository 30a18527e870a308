import type { Attrs, Dim, Known, OpType, Shape } from '../graph.js';
import type { DType } from '../tensor.js';
import { dtypeOf } from '../tensor.js';
import { stridesOf } from './context.js';
import { evenly, sliceBounds, sliceLength, sliceRange } from './shape.js';

/** Tensors above this size are never evaluated here; ONNX Runtime folds them. */
export const KNOWN_LIMIT = 4096;

interface Content<Op extends OpType = OpType> {
  readonly attrs: Attrs<Op>;
  /** What each input holds; undefined for an input left out. */
  readonly x: readonly Known[];
  readonly optional: readonly (Known | undefined)[];
  /** Numeric shape of the first output. */
  readonly dims: readonly number[];
  readonly outputs: number;
  readonly integer: boolean;
}
type Row<Op extends OpType> = (c: Content<Op>) => readonly Dim[] | readonly (readonly Dim[])[];
type ContentTable = { readonly [Op in OpType]?: Row<Op> };

const flag = (condition: boolean): number => (condition ? 1 : 0);
/** Elementwise with broadcasting; a symbol survives only where `keep` says which operand it came from. */
const map =
  (f: (...v: readonly number[]) => number, keep?: (...v: readonly Dim[]) => Dim | undefined) =>
  ({ x, dims }: Pick<Content, 'x' | 'dims'>): readonly Dim[] => {
    const read = x.map((known) => reader(known, dims));
    const count = dims.reduce((a, b) => a * b, 1);
    return Array.from({ length: count }, (_, i) => {
      const values = read.map((at) => at(i));
      const kept = keep?.(...values);
      if (kept !== undefined) return kept;
      return values.every((v) => typeof v === 'number') ? f(...(values as number[])) : UNKNOWN;
    });
  };
/** Marks an element that nothing is known of; a row with one is dropped. */
const UNKNOWN = '';

/** Reads a tensor as if broadcast to `dims`, by flat index. */
function reader({ dims: own, values }: Known, dims: readonly number[]): (i: number) => Dim {
  if (values.length === 1) return () => values[0]!;
  const [strides, ownStrides] = [stridesOf(dims), stridesOf(own)];
  const offset = dims.length - own.length;
  return (i) => {
    let at = 0;
    for (let axis = offset; axis < dims.length; axis++) {
      const index = Math.floor(i / strides[axis]!) % dims[axis]!;
      if (own[axis - offset] !== 1) at += index * ownStrides[axis - offset]!;
    }
    return values[at]!;
  };
}

const first = ({ x }: Content): readonly Dim[] => x[0]!.values;
const truncated = (c: Content, v: number): number => (c.integer ? Math.trunc(v) : v);
const equal = (a: Dim, b: Dim): Dim | undefined => (a === b && a !== UNKNOWN ? 1 : undefined);

/** Content of outputs from content of inputs: what shape arithmetic, constant conditions and trip counts are made of. */
export const contents: ContentTable = {
  Abs: (c) => map(Math.abs)(c),
  Add: (c) =>
    map(
      (a, b) => a + b,
      (a, b) => (a === 0 ? b : b === 0 ? a : undefined),
    )(c),
  And: (c) => map((a, b) => flag(a !== 0 && b !== 0))(c),
  Cast: (c) => {
    const to = dtypeOf(c.attrs.to);
    if (to === 'bool') return map((v) => flag(v !== 0))(c);
    return to.startsWith('float') || to === 'bfloat16'
      ? first(c)
      : map(
          (v) => Math.trunc(v),
          (v) => (typeof v === 'string' ? v : undefined),
        )(c);
  },
  CastLike: (c) =>
    map(
      (v) => truncated(c, v),
      (v) => (typeof v === 'string' ? v : undefined),
    )(c),
  Ceil: (c) => map(Math.ceil)(c),
  Concat: ({ x, attrs, dims }) => {
    const axis = attrs.axis < 0 ? attrs.axis + dims.length : attrs.axis;
    const inner = dims.slice(axis + 1).reduce((a, b) => a * b, 1);
    const outer = dims.slice(0, axis).reduce((a, b) => a * b, 1);
    return Array.from({ length: outer }, (_, o) =>
      x.flatMap(({ dims: own, values }) => values.slice(o * own[axis]! * inner, (o + 1) * own[axis]! * inner)),
    ).flat();
  },
  ConstantOfShape: ({ attrs, dims }) => {
    const value = attrs.value === undefined ? 0 : Number(attrs.value.data[0]);
    return new Array<number>(dims.reduce((a, b) => a * b, 1)).fill(value);
  },
  Div: (c) =>
    map(
      (a, b) => (c.integer && b === 0 ? NaN : truncated(c, a / b)),
      (a, b) => (b === 1 ? a : undefined),
    )(c),
  Equal: (c) => map((a, b) => flag(a === b), equal)(c),
  Expand: ({ x, dims }) =>
    map(
      (a) => a,
      (a) => a,
    )({ x: [x[0]!], dims }),
  Flatten: first,
  Floor: (c) => map(Math.floor)(c),
  Gather: ({ x: [data, indices], attrs }) => {
    const axis = attrs.axis < 0 ? attrs.axis + data!.dims.length : attrs.axis;
    const extent = data!.dims[axis]!;
    const inner = data!.dims.slice(axis + 1).reduce((a, b) => a * b, 1);
    const outer = data!.dims.slice(0, axis).reduce((a, b) => a * b, 1);
    const pick = (o: number, i: Dim): readonly Dim[] => {
      if (typeof i !== 'number') return new Array<Dim>(inner).fill(UNKNOWN);
      const at = (o * extent + (i < 0 ? i + extent : i)) * inner;
      return data!.values.slice(at, at + inner);
    };
    return Array.from({ length: outer }, (_, o) => indices!.values.flatMap((i) => pick(o, i))).flat();
  },
  Greater: (c) => map((a, b) => flag(a > b))(c),
  GreaterOrEqual: (c) => map((a, b) => flag(a >= b))(c),
  Identity: first,
  Less: (c) => map((a, b) => flag(a < b))(c),
  LessOrEqual: (c) => map((a, b) => flag(a <= b))(c),
  Max: (c) => map(Math.max)(c),
  Min: (c) => map(Math.min)(c),
  Mod: (c) => map((a, b) => (c.attrs.fmod === 1 ? a % b : a - b * Math.floor(a / b)))(c),
  Mul: (c) =>
    map(
      (a, b) => a * b,
      (a, b) => (a === 1 ? b : b === 1 ? a : a === 0 || b === 0 ? 0 : undefined),
    )(c),
  Neg: (c) => map((v) => -v)(c),
  NonZero: ({ x: [data] }) => {
    const { dims, values } = data!;
    if (values.some((v) => typeof v === 'string')) return [];
    const strides = stridesOf(dims);
    const hits = [...values.keys()].filter((i) => values[i] !== 0);
    return dims.flatMap((dim, axis) => hits.map((i) => Math.floor(i / strides[axis]!) % dim));
  },
  Not: (c) => map((v) => flag(v === 0))(c),
  Or: (c) => map((a, b) => flag(a !== 0 || b !== 0))(c),
  Pow: (c) => map((a, b) => truncated(c, a ** b))(c),
  Range: ({ x: [start, , delta], dims }) =>
    Array.from({ length: dims[0]! }, (_, i) => (start!.values[0] as number) + i * (delta!.values[0] as number)),
  Reciprocal: (c) => map((v) => 1 / v)(c),
  ReduceMax: (c) => reduceAll(c, (v) => Math.max(...v)),
  ReduceMin: (c) => reduceAll(c, (v) => Math.min(...v)),
  ReduceProd: (c) => reduceAll(c, (v) => v.reduce((a, b) => a * b, 1)),
  ReduceSum: (c) => reduceAll(c, (v) => v.reduce((a, b) => a + b, 0)),
  Reshape: first,
  ScatterND: ({ x: [data, indices, updates] }) => {
    if (data!.dims.length !== 1 || indices!.dims.at(-1) !== 1) return [];
    const result = [...data!.values];
    indices!.values.forEach((i, k) => typeof i === 'number' && (result[i < 0 ? i + result.length : i] = updates!.values[k]!));
    return result;
  },
  Slice: ({ x: [data], optional: [, starts, ends, axes, steps] }) => {
    const list = (known: Known | undefined): readonly number[] | undefined => known?.values as readonly number[] | undefined;
    const rank = data!.dims.length;
    let { dims, values } = data!;
    (list(starts) ?? []).forEach((start, i) => {
      const named = list(axes)?.[i] ?? i;
      const axis = named < 0 ? named + rank : named;
      const step = list(steps)?.[i] ?? 1;
      const end = list(ends)![i]!;
      const [extent, inner] = [dims[axis]!, dims.slice(axis + 1).reduce((a, b) => a * b, 1)];
      const [from] = sliceBounds(extent, start, end, step);
      const count = sliceLength(extent, start, end, step);
      const outer = dims.slice(0, axis).reduce((a, b) => a * b, 1);
      const source = values;
      values = Array.from({ length: outer }, (_, o) =>
        Array.from({ length: count }, (_, k) =>
          source.slice((o * extent + from + k * step) * inner, (o * extent + from + k * step + 1) * inner),
        ),
      ).flat(2);
      dims = dims.map((d, a) => (a === axis ? count : d));
    });
    return values;
  },
  Split: ({ x: [data], optional: [, split], attrs, outputs }) => {
    if (data!.dims.length !== 1 || attrs.axis > 0) return [];
    const sizes = (split?.values as readonly number[] | undefined) ?? evenly(data!.values.length, outputs);
    let at = 0;
    return sizes.map((size) => data!.values.slice(at, (at += size)));
  },
  Sqrt: (c) => map(Math.sqrt)(c),
  Squeeze: first,
  Sub: (c) =>
    map(
      (a, b) => a - b,
      (a, b) => (b === 0 ? a : undefined),
    )(c),
  Tile: ({ x: [data, repeats], dims }) => {
    if (data!.dims.length !== 1 || repeats!.values.length !== 1) return [];
    return Array.from({ length: dims[0]! }, (_, i) => data!.values[i % data!.values.length]!);
  },
  Transpose: ({ x: [data], attrs, dims }) => {
    const rank = dims.length;
    const perm = attrs.perm ?? Array.from({ length: rank }, (_, i) => rank - 1 - i);
    const [to, from] = [stridesOf(dims), stridesOf(data!.dims)];
    return data!.values.map(
      (_, i) => data!.values[dims.reduce((at, dim, axis) => at + (Math.floor(i / to[axis]!) % dim) * from[perm[axis]!]!, 0)]!,
    );
  },
  Unsqueeze: first,
  Where: (c) =>
    map(
      (p, a, b) => (p === 0 ? b : a),
      (p, a, b) => (p === 1 ? a : p === 0 ? b : undefined),
    )(c),
  Xor: (c) => map((a, b) => flag((a !== 0) !== (b !== 0)))(c),
};

function reduceAll({ x: [data], dims }: Content, f: (values: readonly number[]) => number): readonly Dim[] {
  if (dims.reduce((a, b) => a * b, 1) !== 1 || data!.values.some((v) => typeof v === 'string')) return [];
  return [f(data!.values as readonly number[])];
}

/** Operators whose content follows from the type of the input alone. */
export function fromType(opType: string, x: Shape | undefined, attrs: Attrs<'Shape'>): readonly Dim[] | undefined {
  if (x === undefined) return undefined;
  if (opType === 'Shape') {
    const [start, length] = sliceRange(x.length, attrs);
    return x.slice(start, start + length);
  }
  if (opType === 'Size' && x.every((d) => typeof d === 'number')) return [(x as readonly number[]).reduce((a, b) => a * b, 1)];
  return undefined;
}

/** What each output of a node holds, as far as it follows from what its inputs hold. */
export function content(
  opType: string,
  attrs: Attrs<OpType>,
  x: readonly (Known | undefined)[],
  shapes: readonly (Shape | undefined)[],
  dtype: DType | 'unknown',
): readonly (Known | undefined)[] {
  const row = contents[opType as OpType] as Row<OpType> | undefined;
  const dims = shapes.map((shape) => (shape?.every((d) => typeof d === 'number') ? (shape as readonly number[]) : undefined));
  if (row === undefined || dims[0] === undefined || dims[0].reduce((a, b) => a * b, 1) > KNOWN_LIMIT) return [];
  const present = x.filter((known) => known !== undefined);
  const integer = dtype.includes('int');
  const result = row({ attrs, x: present, optional: x, dims: dims[0], outputs: shapes.length, integer });
  const lists = (Array.isArray(result[0]) ? result : [result]) as readonly (readonly Dim[])[];
  return lists.map((values, i) => {
    const size = dims[i]?.reduce((a, b) => a * b, 1);
    if (size !== values.length || values.some((v) => v === UNKNOWN || v === undefined || Number.isNaN(v))) return undefined;
    return { dims: dims[i]!, values: dtype === 'float32' ? values.map((v) => (typeof v === 'number' ? Math.fround(v) : v)) : values };
  });
}
