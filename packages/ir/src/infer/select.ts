import type { Shape } from '../graph.js';
import { axesOf, axisOf, dtypeFrom, freshList, listOf, numbersOf, shapeOf, type InferContext, type InferTable } from './context.js';

/** Reductions, indexing, and tensors made from nothing. */
export const select = {
  ArgMax: (c) => [reduced(c, shapeOf(c.x[0]), [c.attrs.axis], c.attrs.keepdims)],
  ArgMin: (c) => [reduced(c, shapeOf(c.x[0]), [c.attrs.axis], c.attrs.keepdims)],
  ReduceL1: (c) => reduction(c),
  ReduceL2: (c) => reduction(c),
  ReduceLogSum: (c) => reduction(c),
  ReduceLogSumExp: (c) => reduction(c),
  ReduceMax: (c) => reduction(c),
  ReduceMean: (c) => reduction(c),
  ReduceMin: (c) => reduction(c),
  ReduceProd: (c) => reduction(c),
  ReduceSum: (c) => reduction(c),
  ReduceSumSquare: (c) => reduction(c),
  Gather: (c) => {
    const [x, indices] = c.x.map(shapeOf) as [Shape, Shape];
    const axis = axisOf(c, c.attrs.axis, x.length);
    return [[...x.slice(0, axis), ...indices, ...x.slice(axis + 1)]];
  },
  GatherElements: ({ x: [, indices] }) => [shapeOf(indices)],
  GatherND: (c) => [gatherND(c, shapeOf(c.x[0]), shapeOf(c.x[1]), c.attrs.batch_dims)],
  'com.microsoft.GatherND': (c) => [gatherND(c, shapeOf(c.x[0]), shapeOf(c.x[1]), 0)],
  OneHot: (c) => {
    const indices = shapeOf(c.x[0]);
    const axis = axisOf(c, c.attrs.axis, indices.length + 1);
    return [[...indices.slice(0, axis), listOf(c.x[1])?.[0] ?? c.fresh(), ...indices.slice(axis)]];
  },
  TopK: (c) => {
    const x = shapeOf(c.x[0]);
    const axis = axisOf(c, c.attrs.axis, x.length);
    const k = listOf(c.x[1])?.[0] ?? c.fresh();
    if (typeof k === 'number' && typeof x[axis] === 'number' && (k < 0 || k > x[axis]))
      c.fail(`k ${k} is more than the ${x[axis]} elements there are`);
    const top = x.map((dim, i) => (i === axis ? k : dim));
    return [top, top];
  },
  Compress: (c) => {
    const x = shapeOf(c.x[0]);
    const kept = numbersOf(c.x[1])?.filter((flag) => flag !== 0).length ?? c.fresh();
    if (c.attrs.axis === undefined) return [[kept]];
    const axis = axisOf(c, c.attrs.axis, x.length);
    return [x.map((dim, i) => (i === axis ? kept : dim))];
  },
  NonZero: (c) => [[shapeOf(c.x[0]).length, numbersOf(c.x[0])?.filter((v) => v !== 0).length ?? c.fresh()]],
  NonMaxSuppression: ({ fresh }) => [[fresh(), 3]],
  Unique: (c) => {
    const x = shapeOf(c.x[0]);
    const count = c.fresh();
    const axis = c.attrs.axis === undefined ? undefined : axisOf(c, c.attrs.axis, x.length);
    return [
      axis === undefined ? [count] : x.map((d, i) => (i === axis ? count : d)),
      [count],
      [axis === undefined ? c.fresh() : x[axis]!],
      [count],
    ].slice(0, c.outputs);
  },
  Range: (c) => {
    const [start, limit, delta] = c.x.map((v) => numbersOf(v)?.[0]);
    const [extent] = c.x[1]?.known?.values ?? [];
    if (start === 0 && delta === 1 && typeof extent === 'string') return [[extent]];
    if (start === undefined || limit === undefined || delta === undefined) return [[c.fresh()]];
    return [[delta === 0 ? c.fail('a delta of 0') : Math.max(0, Math.ceil((limit - start) / delta))]];
  },
  ConstantOfShape: (c) => [{ dtype: c.attrs.value?.dtype ?? 'float32', shape: listOf(c.x[0]) ?? freshList(c, c.x[0]) }],
  EyeLike: (c) => [{ dtype: dtypeFrom(c, c.attrs.dtype, c.x[0]), shape: shapeOf(c.x[0]) }],
  RandomNormal: (c) => [{ dtype: dtypeFrom(c, c.attrs.dtype), shape: c.attrs.shape }],
  RandomUniform: (c) => [{ dtype: dtypeFrom(c, c.attrs.dtype), shape: c.attrs.shape }],
  RandomNormalLike: (c) => [{ dtype: dtypeFrom(c, c.attrs.dtype, c.x[0]), shape: shapeOf(c.x[0]) }],
  RandomUniformLike: (c) => [{ dtype: dtypeFrom(c, c.attrs.dtype, c.x[0]), shape: shapeOf(c.x[0]) }],
  NegativeLogLikelihoodLoss: ({ x: [, target], attrs: { reduction } }) => [reduction === 'none' ? shapeOf(target) : []],
  SoftmaxCrossEntropyLoss: ({ x: [scores, labels], attrs: { reduction }, outputs }) =>
    [reduction === 'none' ? shapeOf(labels) : [], shapeOf(scores)].slice(0, outputs),
  Multinomial: (c) => [{ dtype: dtypeFrom(c, c.attrs.dtype), shape: [shapeOf(c.x[0])[0]!, c.attrs.sample_size] }],
} satisfies InferTable;

export type Reduction =
  | 'ReduceL1'
  | 'ReduceL2'
  | 'ReduceLogSum'
  | 'ReduceLogSumExp'
  | 'ReduceMax'
  | 'ReduceMean'
  | 'ReduceMin'
  | 'ReduceProd'
  | 'ReduceSum'
  | 'ReduceSumSquare';

function reduction(c: InferContext<Reduction>): readonly (Shape | undefined)[] {
  const x = shapeOf(c.x[0]);
  const axes = reducedAxes(x.length, c.x[1] === undefined ? [] : numbersOf(c.x[1]), c.attrs.noop_with_empty_axes);
  if (axes === undefined) {
    const gone = c.attrs.keepdims ? 0 : c.x[1]?.type.shape?.[0];
    return [typeof gone === 'number' ? x.slice(gone).map(() => c.fresh()) : undefined];
  }
  return [reduced(c, x, axes, c.attrs.keepdims)];
}

/** Axes a reduction runs over: no axes means all, or none when the attribute says so. */
export function reducedAxes(rank: number, axes: readonly number[] | undefined, noopWhenEmpty: number): readonly number[] | undefined {
  if (axes === undefined || axes.length > 0) return axes?.map((axis) => (axis < 0 ? axis + rank : axis));
  return noopWhenEmpty ? [] : Array.from({ length: rank }, (_, i) => i);
}

export function reduced(c: Pick<InferContext, 'fail'>, x: Shape, axes: readonly number[], keepdims: number): Shape {
  const gone = axesOf(c, axes, x.length);
  return keepdims ? x.map((dim, i) => (gone.includes(i) ? 1 : dim)) : x.filter((_, i) => !gone.includes(i));
}

function gatherND(c: Pick<InferContext, 'fail' | 'fresh'>, x: Shape, indices: Shape, batch: number): Shape | undefined {
  const depth = indices.at(-1);
  if (typeof depth !== 'number') return undefined;
  if (batch + depth > x.length) c.fail(`indices of depth ${depth} reach beyond [${x.join(',')}]`);
  return [...indices.slice(0, -1), ...x.slice(batch + depth)];
}
