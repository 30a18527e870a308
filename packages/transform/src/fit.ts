import { isFresh, isStatic, type Builder, type Dim, type Node, type Value } from '@vitrine/ir';
import { RuleError } from './error.js';

/** The shape of a value as an int64 vector: a constant when it is known, else read at run time. */
export const shapeVector = (b: Builder, value: Value): Value => (isStatic(value.type.shape) ? b.ints(value.type.shape) : b.op.Shape(value));

/** Rank of a value. @throws RuleError 'unknown-shape' */
export const rankOf = (value: Value, node: Node): number => value.type.shape?.length ?? unknown(node, value, 'rank');

/** Extents of a value, all numbers. @throws RuleError 'unknown-shape' */
export function extents(value: Value, node: Node): readonly number[] {
  return isStatic(value.type.shape) ? value.type.shape : unknown(node, value, 'shape');
}

/** Brings a signal to the shape of the value it belongs to: sums over axes that were broadcast, repeats where the rule gave less. */
export function fit(b: Builder, signal: Value, value: Value, node: Node): Value {
  const from = signal.type.shape ?? unknown(node, signal, 'rank');
  const to = value.type.shape ?? unknown(node, value, 'rank');
  const extra = from.length - to.length;
  if (extra >= 0 && to.every((dim, i) => dim === from[i + extra]) && extra === 0) return signal;
  const target = Array.from({ length: Math.max(extra, 0) }, (): Dim => 1).concat(to);
  const summed = from.flatMap((dim, i) => {
    const wanted = target[i + (target.length - from.length)]!;
    if (i < extra) return [i];
    if (wanted === dim || dim === 1) return [];
    if (wanted === 1) return [i];
    // Two symbols nobody named may be one extent; a named one is taken at its word.
    if (typeof wanted === 'string' || typeof dim === 'string')
      return isFresh(wanted) || isFresh(dim) || typeof wanted !== typeof dim ? [] : unknown(node, value, 'shape');
    throw new RuleError(
      'unknown-shape',
      `${node.opType} (at ${node.name}): a signal of shape [${from.join(',')}] does not fit ${value.name} [${to.join(',')}]`,
    );
  });
  const repeated = extra < 0 || from.some((dim, i) => dim === 1 && target[i + target.length - from.length] !== 1);
  let result = signal;
  if (summed.length > 0) result = b.op.ReduceSum(result, b.ints(summed), { keepdims: 1 });
  if (repeated) result = b.op.Expand(result, shapeVector(b, value));
  if (extra > 0)
    result =
      isStatic(to) || !isStatic(result.type.shape)
        ? b.op.Squeeze(result, b.ints(Array.from({ length: extra }, (_, i) => i)))
        : b.op.Squeeze(result);
  return result;
}

function unknown(node: Node, value: Value, what: string): never {
  throw new RuleError(
    'unknown-shape',
    `${node.opType} (at ${node.name}): the ${what} of ${value.name} is not known: give the model's input shapes, or an input to measure them with`,
  );
}
