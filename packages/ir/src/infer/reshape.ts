import type { Dim, Shape } from '../graph.js';
import type { InferContext } from './context.js';

type Fresh = Pick<InferContext, 'fail' | 'fresh'>;

/** The shape that Reshape gives: 0 copies an extent unless it means itself, -1 takes what is left. */
export function reshaped(c: Fresh, from: Shape, to: Shape | undefined, zeroIsZero: boolean): Shape | undefined {
  if (to === undefined) return undefined;
  const copied = to.map((dim, i) =>
    dim === 0 && !zeroIsZero ? (from[i] ?? c.fail(`shape [${to.join(',')}] copies axis ${i}, which [${from.join(',')}] lacks`)) : dim,
  );
  const hole = copied.indexOf(-1);
  const isExtent = (dim: Dim, i: number): boolean => typeof dim === 'string' || i === hole || (dim >= 0 && Number.isInteger(dim));
  if (!copied.every(isExtent)) c.fail(`[${to.join(',')}] is not a shape`);
  const filled = copied.filter((_, i) => i !== hole);
  const left = quotient(c, from, filled);
  if (hole >= 0) {
    if (typeof left === 'number' && !Number.isInteger(left)) c.fail(`[${from.join(',')}] does not divide into [${to.join(',')}]`);
    return copied.map((dim, i) => (i === hole ? left : dim));
  }
  const [have, want] = [numbersIn(from), numbersIn(copied)];
  if (typeof left === 'number' && have !== want) c.fail(`[${from.join(',')}] has ${have} elements, [${to.join(',')}] would have ${want}`);
  return copied;
}

/** The number of elements of one shape over that of another: symbols that both have cancel out. Over nothing it is nothing. */
function quotient(c: Fresh, over: Shape, under: Shape): Dim {
  const rest = over.filter((dim) => typeof dim === 'string');
  const unmatched = under.filter((dim) => {
    const i = typeof dim === 'string' ? rest.indexOf(dim) : -1;
    if (i >= 0) rest.splice(i, 1);
    return typeof dim === 'string' && i < 0;
  });
  const [have, want] = [numbersIn(over), numbersIn(under)];
  if (rest.length === 0 && unmatched.length === 0) return want === 0 ? 0 : have / want;
  return rest.length === 1 && unmatched.length === 0 && have === want ? rest[0]! : c.fresh();
}

const numbersIn = (shape: Shape): number => shape.reduce<number>((product, dim) => (typeof dim === 'number' ? product * dim : product), 1);

/** The number of elements of a shape: a symbol when it is that symbol's extent. */
export function productOf(c: Pick<InferContext, 'fresh'>, dims: Shape): Dim {
  const symbols = dims.filter((dim) => typeof dim === 'string');
  const product = numbersIn(dims);
  if (symbols.length === 0) return product;
  return symbols.length === 1 && product === 1 ? symbols[0]! : c.fresh();
}
