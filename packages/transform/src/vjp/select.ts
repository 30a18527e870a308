import { axesOf, isStatic, numbersOf, sizeOf, sliceBounds, sliceLength, type Builder, type Value } from '@vitrine/ir';
import { extents, rankOf, reshaped, reshapedLike, shapeVector } from '../fit.js';
import type { RuleContext, RuleTable } from '../rule.js';

/** Zeros shaped as `like`, in the dtype of the signal. */
export const zeros = (b: Builder, like: Value, g: Value): Value =>
  b.op.Expand(b.scalar(0, g.type.dtype as 'float32'), shapeVector(b, like));

/**
 * Any operator that copies elements of its input: run on the elements' positions, it tells where each output element came from,
 * and the signals are added up there.
 */
function fromPositions({ op, b, g }: Pick<RuleContext, 'op' | 'b' | 'g'>, x: Value, select: (positions: Value) => Value): Value {
  const size = isStatic(x.type.shape) ? b.scalar(sizeOf(x.type.shape), 'int64') : op.Size(x);
  const positions = reshapedLike(b, op.Range(b.scalar(0, 'int64'), size, b.scalar(1, 'int64')), x);
  const flat = b.ints([-1]);
  const ground = op.Expand(b.scalar(0, g.type.dtype as 'float32'), op.Unsqueeze(size, b.ints([0])));
  const sum = op.ScatterElements(ground, op.Reshape(select(positions), flat), op.Reshape(g, flat), { reduction: 'add' });
  return reshapedLike(b, sum, x);
}

/** Every `stride`-th element along `axis` is g, zeros between. */
function dilated(b: Builder, g: Value, axis: number, stride: number): Value {
  const { op } = b;
  const shape = g.type.shape as readonly number[];
  const places = shape.length + 1;
  const pads = Array.from({ length: 2 * places }, (_, i) => (i === places + axis + 1 ? stride - 1 : 0));
  const apart = op.Pad(op.Unsqueeze(g, b.ints([axis + 1])), b.ints(pads));
  const merged = op.Reshape(apart, b.ints(shape.map((dim, i) => (i === axis ? dim * stride : dim))));
  // Nothing follows the last element.
  return op.Slice(merged, b.ints([0]), b.ints([shape[axis]! * stride - (stride - 1)]), b.ints([axis]));
}

const slice = (c: RuleContext<'Slice'>): Value => {
  const { op, b, node, g } = c;
  const [x, ...rest] = c.x;
  const [starts, ends, axes, steps] = rest.map((v) => v && numbersOf(v));
  const dims = x.type.shape;
  const listed = rest[2] === undefined ? starts?.map((_, i) => i) : axes;
  if (
    !isStatic(dims) ||
    !isStatic(g.type.shape) ||
    starts === undefined ||
    ends === undefined ||
    listed === undefined ||
    (rest[3] !== undefined && steps === undefined)
  )
    return fromPositions(c, x, (positions) => op.Slice(positions, ...rest));
  let signal = g;
  const pads = new Array<number>(2 * dims.length).fill(0);
  axesOf(c, listed, rankOf(x, node)).forEach((axis, i) => {
    const step = steps?.[i] ?? 1;
    const [start] = sliceBounds(dims[axis]!, starts[i]!, ends[i]!, step);
    const taken = sliceLength(dims[axis]!, starts[i]!, ends[i]!, step);
    if (step < 0) signal = op.Slice(signal, b.ints([-1]), b.ints([-(2 ** 31)]), b.ints([axis]), b.ints([-1]));
    const first = step < 0 ? start + (taken - 1) * step : start;
    const covered = taken === 0 ? 0 : (taken - 1) * Math.abs(step) + 1;
    if (Math.abs(step) > 1 && taken > 0) signal = dilated(b, signal, axis, Math.abs(step));
    pads[axis] = taken === 0 ? 0 : first;
    pads[axis + dims.length] = dims[axis]! - covered - pads[axis]!;
  });
  return pads.every((p) => p === 0) ? signal : op.Pad(signal, b.ints(pads));
};

const gather = ({ op, b, node, x: [x, indices], g, attrs }: RuleContext<'Gather'>): Value => {
  const rank = rankOf(x, node);
  const axis = attrs.axis < 0 ? attrs.axis + rank : attrs.axis;
  const dims = extents(x, node);
  const at = numbersOf(indices);
  const scalar = indices.type.shape?.length === 0;
  if (at?.length === 1) {
    // One element: put it back between zeros.
    const i = at[0]! < 0 ? at[0]! + dims[axis]! : at[0]!;
    const part = scalar ? op.Unsqueeze(g, b.ints([axis])) : op.Reshape(g, b.ints(dims.map((d, k) => (k === axis ? 1 : d))));
    return op.Pad(part, b.ints([...dims.map((_, k) => (k === axis ? i : 0)), ...dims.map((d, k) => (k === axis ? d - 1 - i : 0))]));
  }
  const [outer, inner] = [sizeOf(dims.slice(0, axis)), sizeOf(dims.slice(axis + 1))];
  const ground = op.Expand(b.scalar(0, g.type.dtype as 'float32'), b.ints([outer, dims[axis]!, inner]));
  // Minus one would be ambiguous where nothing is gathered.
  const count = isStatic(indices.type.shape) ? sizeOf(indices.type.shape) : -1;
  const parts = reshaped(b, g, [outer, count, inner]);
  const where = op.Expand(reshaped(b, indices, [1, count, 1]), op.Shape(parts));
  return op.Reshape(op.ScatterElements(ground, where, parts, { axis: 1, reduction: 'add' }), b.ints(dims));
};

/** Running the operator on x again, with other positions in its place. */
const selecting = (c: Pick<RuleContext, 'b' | 'g' | 'node' | 'op'>): Value => {
  const { b, node } = c;
  return fromPositions(c, node.inputs[0]!, (positions) => b.node(node.opType, [positions, ...node.inputs.slice(1)], node.attrs)[0]!);
};

/** Operators that pick, order or place elements. */
export const select = {
  Compress: (c) => [selecting(c), null],
  CumSum: ({ op, x: [, axis], g, attrs: { exclusive, reverse } }) => [op.CumSum(g, axis, { exclusive, reverse: 1 - reverse }), null],
  Gather: (c) => [gather(c), null],
  GatherElements: ({ op, b, x: [x, indices], g, attrs: { axis } }) => [
    op.ScatterElements(zeros(b, x, g), indices, g, { axis, reduction: 'add' }),
    null,
  ],
  GatherND: (c) => {
    const {
      op,
      b,
      x: [x, indices],
      g,
      attrs,
    } = c;
    return [attrs.batch_dims === 0 ? op.ScatterND(zeros(b, x, g), indices, g, { reduction: 'add' }) : selecting(c), null];
  },
  OneHot: ({ op, b, node, y, x: [, , values], g, needs, attrs }) => {
    if (!needs(2)) return [null, null, null];
    const [off, on] = op.Split(values, b.ints([1, 1]), { axis: 0, outputs: 2 }) as [Value, Value];
    const axis = attrs.axis < 0 ? attrs.axis + rankOf(y, node) : attrs.axis;
    const hot = op.OneHot(node.inputs[0]!, node.inputs[1]!, op.Concat(op.Sub(off, off), op.Add(op.Sub(on, on), 1), { axis: 0 }), { axis });
    const [all, some] = [op.ReduceSum(g, undefined, { keepdims: 0 }), op.ReduceSum(op.Mul(g, hot), undefined, { keepdims: 0 })];
    return [null, null, op.Concat(op.Unsqueeze(op.Sub(all, some), b.ints([0])), op.Unsqueeze(some, b.ints([0])), { axis: 0 })];
  },
  Pad: (c) => {
    const {
      op,
      x: [x, pads, value, axes],
      g,
      attrs,
      needs,
    } = c;
    if (attrs.mode !== 'constant')
      return [fromPositions(c, x, (positions) => op.Pad(positions, pads, undefined, axes, attrs)), null, null, null] as never;
    const inside = op.Pad(g, op.Neg(pads), undefined, axes);
    return [
      inside,
      null,
      value && needs(2) ? op.Sub(op.ReduceSum(g, undefined, { keepdims: 0 }), op.ReduceSum(inside, undefined, { keepdims: 0 })) : null,
      null,
    ] as never;
  },
  ReverseSequence: ({ op, x: [, lengths], g, attrs }) => [op.ReverseSequence(g, lengths, attrs), null],
  Slice: (c) => [slice(c), null, null] as never,
  Split: ({ op, b, node, ys, gs, attrs: { axis } }) => {
    const given = gs.find((g) => g !== undefined)!;
    const shaped = (i: number): Value => ys[i] ?? b.node('Split', node.inputs, node.attrs, ys.length)[i]!;
    return [op.Concat(...gs.map((g, i) => g ?? zeros(b, shaped(i), given)), { axis }), null];
  },
  Tile: ({ op, b, node, x: [x, repeats], g }) => {
    const dims = extents(x, node);
    const times = numbersOf(repeats);
    const rank = dims.length;
    const apart =
      times === undefined
        ? op.Reshape(op.Concat(op.Unsqueeze(repeats, b.ints([1])), b.op.Unsqueeze(b.ints(dims), b.ints([1])), { axis: 1 }), b.ints([-1]))
        : b.ints(dims.flatMap((dim, i) => [times[i]!, dim]));
    return [op.ReduceSum(op.Reshape(g, apart), b.ints(Array.from({ length: rank }, (_, i) => 2 * i)), { keepdims: 0 }), null];
  },
  TopK: ({ op, b, x: [x], ys: [, indices], gs: [g], attrs: { axis } }) =>
    g === undefined ? [null, null] : [op.ScatterElements(zeros(b, x, g), indices!, g, { axis, reduction: 'add' }), null],
  Trilu: ({ op, x: [, k], g, attrs: { upper } }) => [op.Trilu(g, k, { upper }), null],
  Unique: (c) => {
    if (c.attrs.axis !== undefined) return c.fail('along an axis has no rule');
    const [, first] = c.b.node('Unique', c.node.inputs, c.node.attrs, 2);
    return [fromPositions(c, c.x[0], () => first!)];
  },
} satisfies RuleTable;
