import type { Attrs, OpType, Shape, TensorType, Value } from '../graph.js';
import type { Inputs } from '../ops.js';
import { MAX_RANK, dtypeWith } from '../tensor.js';

/** What a row knows of the node. Inputs that are present all have a known rank. */
export interface InferContext<Op extends OpType = OpType> {
  readonly attrs: Attrs<Op>;
  readonly x: Inputs<Op, Value>;
  /** How many outputs the node has. */
  readonly outputs: number;
  /** A new symbol, for an extent that only running tells. */
  readonly fresh: () => string;
  /** @throws GraphError 'shape-mismatch' naming operator and node. */
  readonly fail: (message: string) => never;
}

/** Shape of each output; a full type where the signature does not tell the dtype. */
export type Inferred = readonly (Shape | TensorType | undefined)[];
export type InferRow<Op extends OpType = OpType> = (c: InferContext<Op>) => Inferred;
export type InferTable = { readonly [Op in OpType]?: InferRow<Op> };

type Fail = Pick<InferContext, 'fail'>;
type Fresh = Pick<InferContext, 'fail' | 'fresh'>;

/** Shape of an input that is present. */
export const shapeOf = (value: Value): Shape => value.type.shape!;

/** An axis counted from the front. */
export function axisOf(c: Fail, axis: number, rank: number): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= Math.max(rank, 1))
    return c.fail(`axis ${axis} is not an axis of a tensor with ${rank} dimensions`);
  return axis < 0 ? axis + rank : axis;
}

export function axesOf(c: Fail, axes: readonly number[], rank: number): readonly number[] {
  const found = axes.map((axis) => axisOf(c, axis, rank));
  if (new Set(found).size !== found.length) c.fail(`axes [${axes.join(',')}] name an axis twice`);
  return found;
}

/** ONNX's multidirectional broadcast. */
export const broadcast = (c: Fresh, ...shapes: readonly Shape[]): Shape => broadcastAll(c, shapes);

/** The same for any number of shapes: more than a call takes arguments. */
export function broadcastAll(c: Fresh, shapes: readonly Shape[]): Shape {
  const rank = shapes.reduce((most, { length }) => Math.max(most, length), 0);
  return Array.from({ length: rank }, (_, i) => {
    let dim: number | string = 1;
    for (const shape of shapes) {
      const other = shape[shape.length - rank + i] ?? 1;
      if (other === 1 || other === dim) continue;
      if (dim === 1) dim = other;
      else if (typeof dim === 'number' && typeof other === 'number')
        c.fail(`shapes ${shapes.map((s) => `[${s.join(',')}]`).join(' and ')} do not broadcast`);
      else if (typeof dim === 'string') dim = typeof other === 'number' ? other : c.fresh();
    }
    return dim;
  });
}

/** Row-major strides in elements. */
export function stridesOf(dims: readonly number[]): readonly number[] {
  const strides: number[] = dims.map(() => 1);
  for (let i = dims.length - 1, stride = 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= dims[i]!;
  }
  return strides;
}

/** As many extents as a list of unknown content has elements; undefined when not even that is known. */
export function freshList(c: Fresh, list: Value): Shape | undefined {
  const [length] = shapeOf(list);
  if (typeof length !== 'number') return undefined;
  if (length > MAX_RANK) return c.fail(`${length} extents are more than the ${MAX_RANK} a tensor may have`);
  return Array.from({ length }, c.fresh);
}

/** The element type that an attribute names by its code; without one, that of `x`. */
export function dtypeFrom(c: Fail, code: number | undefined, x?: Value): TensorType['dtype'] {
  if (code !== undefined) return dtypeWith(code) ?? c.fail(`element type ${code} is not one that ONNX defines`);
  return x === undefined || x.type.dtype === 'opaque' ? 'unknown' : x.type.dtype;
}

/** The integers an input holds, when known; symbols may stand among them. */
export const listOf = (value: Value | undefined): Shape | undefined => value?.known?.values;

/** The same, when all are numbers. */
export function numbersOf(value: Value | undefined): readonly number[] | undefined {
  const values = listOf(value);
  return values?.every((v) => typeof v === 'number') ? values : undefined;
}

/** Whether every extent is a number. */
export const isStatic = (shape: Shape | undefined): shape is readonly number[] =>
  shape !== undefined && shape.every((dim) => typeof dim === 'number');
