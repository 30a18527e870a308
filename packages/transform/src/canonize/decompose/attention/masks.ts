import { dtypes, type Value } from '@vitrine/ir';
import { extents } from '../../../fit.js';
import { condition, counted, type Making } from './core.js';

/**
 * The mask of com.microsoft's attentions as a condition that broadcasts to [N,H,T,S]. Its shape tells what it is: per example the
 * number of keys [N], or their ends and starts [2N]; a flag per key [N,S]; a flag per query and key [N,T,S] or [N,1,M,M] for all positions.
 */
export function visible(c: Making & { readonly fail: (message: string) => never }, mask: Value, n: number, t: number, s: number): Value {
  const { op, b } = c;
  const dims = extents(mask, c.node);
  const keys = b.ints(counted(s));
  const bound = (start: number): Value =>
    op.Cast(op.Reshape(op.Slice(mask, b.ints([start]), b.ints([start + n])), b.ints([n, 1, 1, 1])), { to: dtypes.int64.code });
  if (dims.length === 1 && dims[0] === n) return op.Less(keys, bound(0));
  if (dims.length === 1 && dims[0] === 2 * n) return op.And(op.Less(keys, bound(0)), op.GreaterOrEqual(keys, bound(n)));
  if (dims.length === 2) return op.Unsqueeze(condition(c, mask), b.ints([1, 2]));
  if (dims.length === 3) return op.Unsqueeze(condition(c, mask), b.ints([1]));
  if (dims.length === 4) return condition(c, op.Slice(mask, b.ints([s - t, 0]), b.ints([s, s]), b.ints([2, 3])));
  return c.fail(`has a mask of shape [${dims.join(',')}], which packs examples of different lengths`);
}
