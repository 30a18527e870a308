import { numbersOf, type Value } from '@vitrine/ir';
import type { DecompositionContext } from '../../canonize/decomposition.js';
import { extents } from '../../fit.js';

/** Values that one network sorts. */
const MOST = 4096;
/** In place of values that are not there; infinite ones would give ∞ − ∞. */
const BEYOND = 3e38;

/**
 * The k greatest, or least, in order: a network of Max and Min, whose parts of Δ each add up. Batcher 1968, the bitonic sorter, in the
 * form whose comparisons all point one way. Positions, where they are asked for, are TopK's own.
 */
export function sortedValues(c: DecompositionContext<'TopK'>): readonly (Value | undefined)[] {
  const { op, b, node, attrs } = c;
  const [x, count] = c.x;
  const dims = extents(x, node);
  const axis = attrs.axis < 0 ? attrs.axis + dims.length : attrs.axis;
  const n = dims[axis]!;
  const k = numbersOf(count)?.[0];
  if (k === undefined || n > MOST)
    return c.fail(
      `orders ${n} values, which DeepLIFT follows up to ${MOST} where their number is known: explain from a value behind this node`,
    );
  const over = b.ints([axis]);
  const positions = node.outputs[1] === undefined ? undefined : b.node('TopK', [x, count], attrs, 2)[1];
  if (k === 1) return [attrs.largest === 0 ? op.ReduceMin(x, over) : op.ReduceMax(x, over), positions];

  const length = 2 ** Math.ceil(Math.log2(n));
  const blank = attrs.largest === 0 ? BEYOND : -BEYOND;
  const behind = b.ints(Array.from({ length: 2 * dims.length }, (_, i) => (i === dims.length + axis ? length - n : 0)));
  const laid = (v: Value, shape: readonly number[]): Value =>
    op.Reshape(v, b.ints([...dims.slice(0, axis), ...shape, ...dims.slice(axis + 1)]));
  /** Blocks of `size`: each value of the first half against one of the second, the better in front. */
  const compared = (v: Value, size: number, mirrored: boolean): Value => {
    const [first, second] = op.Split(laid(v, [length / size, 2, size / 2]), b.ints([1, 1]), { axis: axis + 1, outputs: 2 }) as [
      Value,
      Value,
    ];
    const turned = (w: Value): Value =>
      mirrored && size > 2 ? op.Slice(w, b.ints([-1]), b.ints([-(2 ** 31)]), b.ints([axis + 2]), b.ints([-1])) : w;
    const other = turned(second);
    const [better, worse] =
      attrs.largest === 0 ? [op.Min(first, other), op.Max(first, other)] : [op.Max(first, other), op.Min(first, other)];
    return laid(op.Concat(better, turned(worse), { axis: axis + 1 }), [length]);
  };
  let v = length === n ? x : op.Pad(x, behind, b.scalar(blank, x.type.dtype as 'float32'));
  for (let size = 2; size <= length; size *= 2) {
    v = compared(v, size, true);
    for (let part = size / 2; part >= 2; part /= 2) v = compared(v, part, false);
  }
  return [op.Slice(v, b.ints([0]), b.ints([k]), over), positions];
}
