import { isStatic, type Builder, type Node, type Value } from '@vitrine/ir';
import { RuleError } from './error.js';

/** The shape of a value as an int64 vector: a constant when it is known, else read at run time. */
export const shapeVector = (b: Builder, value: Value): Value => (isStatic(value.type.shape) ? b.ints(value.type.shape) : b.op.Shape(value));

/** A value's elements in the shape of another. */
export const reshapedLike = (b: Builder, v: Value, like: Value): Value =>
  isStatic(like.type.shape) ? reshaped(b, v, like.type.shape) : b.op.Reshape(v, b.op.Shape(like));

/** A value's elements in this shape. In ONNX a 0 means something else unless it is told not to. */
export const reshaped = (b: Builder, v: Value, dims: readonly number[]): Value =>
  b.op.Reshape(v, b.ints(dims), dims.includes(0) ? { allowzero: 1 } : {});

/** Rank of a value. @throws RuleError 'unknown-shape' */
export const rankOf = (value: Value, node: Node): number => value.type.shape?.length ?? unknown(node, value, 'rank');

/** Extents of a value, all numbers. @throws RuleError 'unknown-shape' */
export function extents(value: Value, node: Node): readonly number[] {
  return isStatic(value.type.shape) ? value.type.shape : unknown(node, value, 'shape');
}

/** Brings a signal to the shape of the value it belongs to: sums over axes that were broadcast, repeats where the rule gave less. */
export function fit(b: Builder, signal: Value, value: Value, node: Node): Value {
  const { op } = b;
  const from = signal.type.shape ?? unknown(node, signal, 'rank');
  const to = value.type.shape ?? unknown(node, value, 'rank');
  const extra = from.length - to.length;
  const level = extra > 0 ? op.ReduceSum(signal, b.ints(range(extra)), { keepdims: 0 }) : signal;
  const wanted = extra < 0 ? to.slice(-extra) : to;
  const given = from.slice(Math.max(extra, 0));
  const differing = wanted.flatMap((dim, axis) => (dim === given[axis] ? [] : [axis]));
  if (differing.length === 0) return extra < 0 ? op.Expand(level, shapeVector(b, value)) : level;
  const isOne = (axis: number): boolean => wanted[axis] === 1 || given[axis] === 1;
  const isNumeric = (axis: number): boolean => typeof wanted[axis] === 'number' && typeof given[axis] === 'number';
  if (!differing.every(isOne)) {
    if (!differing.every((axis) => isOne(axis) || !isNumeric(axis))) return misfit(node, signal, value);
    return fitRunning(b, extra < 0 ? op.Unsqueeze(level, b.ints(range(-extra))) : level, value);
  }
  const summed = differing.filter((axis) => wanted[axis] === 1);
  const sum = summed.length > 0 ? op.ReduceSum(level, b.ints(summed)) : level;
  return summed.length === differing.length && extra >= 0 ? sum : op.Expand(sum, shapeVector(b, value));
}

/** The same where only running tells which axes were broadcast: those whose extents differ. */
function fitRunning(b: Builder, signal: Value, value: Value): Value {
  const { op } = b;
  const shape = op.Shape(value);
  const differing = op.Not(op.Equal(op.Shape(signal), shape));
  const axes = op.Squeeze(op.NonZero(differing), b.ints([0]));
  return op.Expand(op.ReduceSum(signal, axes, { noop_with_empty_axes: 1 }), shape);
}

const range = (length: number): readonly number[] => Array.from({ length }, (_, i) => i);

function misfit(node: Node, signal: Value, { name, type }: Value): never {
  const [given, wanted] = [signal.type.shape!.join(','), type.shape!.join(',')];
  throw new RuleError('unknown-shape', `${node.opType} (at ${node.name}): a signal of shape [${given}] does not fit ${name} [${wanted}]`);
}

function unknown(node: Node, value: Value, what: string): never {
  throw new RuleError(
    'unknown-shape',
    `${node.opType} (at ${node.name}): the ${what} of ${value.name} is not known: give the model's input shapes, or an input to measure them with`,
  );
}
