import { uses, type Builder, type Value } from '@vitrine/ir';
import { placewise } from './narrow.js';

/** Matrix products: each column of the result is made of one of the second factor. */
const PRODUCTS = new Set(['MatMul']);

/**
 * y [...,V] at some of V, `columns` (int64 [K]), as [...,K]: of a matrix product that makes it only these columns are computed, and of what is
 * done to each element behind the product. What mixes columns is computed whole, and picked from.
 */
export function columnsOf(b: Builder, y: Value, columns: Value): Value {
  const made = new Map<Value, Value>();
  const at = (value: Value): Value => {
    const found = made.get(value) ?? picked(value);
    made.set(value, found);
    return found;
  };
  const picked = (value: Value): Value => {
    const node = b.producer(value);
    const width = value.type.shape?.at(-1);
    const isOne = node !== undefined && node.outputs.length === 1 && typeof width === 'number' && width > 1;
    const [x, w] = node?.inputs ?? [];
    const anew = (inputs: readonly (Value | undefined)[]): Value =>
      b.named({ ...node!, name: `${node!.name}/chosen`, inputs }, [`${value.name}/chosen`])[0]!;
    if (isOne && PRODUCTS.has(node.opType) && w!.type.shape?.length === 2) return anew([x, b.op.Gather(w!, columns, { axis: 1 })]);
    const isWide = ({ type }: Value): boolean => type.shape?.at(-1) === width;
    const isNarrow = ({ type }: Value): boolean => type.shape !== undefined && (type.shape.at(-1) ?? 1) === 1;
    if (isOne && placewise.has(node.opType) && uses(node).every((v) => isWide(v) || isNarrow(v)))
      return anew(node.inputs.map((v) => (v !== undefined && isWide(v) ? at(v) : v)));
    return b.op.Gather(value, columns, { axis: -1 });
  };
  return at(y);
}
