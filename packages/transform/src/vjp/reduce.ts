import { dtypes, numbersOf, reducedAxes, type Ops, type Reduction, type Value } from '@vitrine/ir';
import { rankOf, shapeVector } from '../fit.js';
import type { RuleContext, RuleTable } from '../rule.js';

/** The reduced axes, or an axes input that only running tells. */
interface Reduced {
  readonly axes: readonly number[] | undefined;
  /** g and y with the reduced axes kept at 1, so that they broadcast against x. */
  readonly g: Value;
  readonly y: Value;
}

function kept(c: RuleContext<Reduction>): Reduced {
  const { op, b, node, attrs, y, g } = c;
  const [x, given] = c.x;
  const axes = reducedAxes(rankOf(x, node), given === undefined ? [] : numbersOf(given), attrs.noop_with_empty_axes);
  if (attrs.keepdims || axes?.length === 0) return { axes, g, y };
  const where = axes === undefined ? given! : b.ints(axes);
  return { axes, g: op.Unsqueeze(g, where), y: op.Unsqueeze(y, where) };
}

/** Number of elements that go into one result, as a scalar or number. */
function count({ op, x: [x] }: RuleContext<Reduction>, { axes, y }: Reduced): Value | number {
  const shape = x.type.shape;
  if (axes !== undefined && shape !== undefined && axes.every((axis) => typeof shape[axis] === 'number'))
    return axes.reduce((n, axis) => n * (shape[axis] as number), 1);
  const to = dtypes[x.type.dtype as 'float32'].code;
  return op.Div(op.Cast(op.Size(x), { to }), op.Cast(op.Size(y), { to }));
}

const asFloat = (op: Ops, condition: Value, like: Value): Value => op.Cast(condition, { to: dtypes[like.type.dtype as 'float32'].code });

/** Elements equal to the extreme share its signal equally (torch.amax and amin). */
const extreme = (c: RuleContext<'ReduceMax' | 'ReduceMin'>): readonly [Value, null] => {
  const {
    op,
    b,
    x: [x],
  } = c;
  const r = kept(c);
  const hit = asFloat(op, op.Equal(x, r.y), r.g);
  if (r.axes?.length === 0) return [r.g, null];
  const ties = op.ReduceSum(hit, r.axes === undefined ? c.x[1] : b.ints(r.axes));
  return [op.Mul(hit, op.Div(r.g, ties)), null];
};

/** Reductions. Every rule works on g and y with the reduced axes kept. */
export const reduce = {
  ReduceL1: (c) => [c.op.Mul(kept(c).g, c.op.Sign(c.x[0])), null],
  ReduceL2: (c) => {
    const {
      op,
      x: [x],
    } = c;
    const { g, y } = kept(c);
    // The norm has no derivative at 0; PyTorch takes 0 there.
    const zero = op.Equal(y, 0);
    return [op.Mul(op.Where(zero, 0, op.Div(g, op.Where(zero, 1, y))), x), null];
  },
  ReduceLogSum: (c) => {
    const { g, y } = kept(c);
    return [c.op.Expand(c.op.Div(g, c.op.Exp(y)), shapeVector(c.b, c.x[0])), null];
  },
  ReduceLogSumExp: (c) => {
    const { g, y } = kept(c);
    return [c.op.Mul(g, c.op.Exp(c.op.Sub(c.x[0], y))), null];
  },
  ReduceMax: extreme,
  ReduceMean: (c) => {
    const r = kept(c);
    const n = count(c, r);
    return [c.op.Expand(typeof n === 'number' ? c.op.Mul(r.g, 1 / n) : c.op.Div(r.g, n), shapeVector(c.b, c.x[0])), null];
  },
  ReduceMin: extreme,
  ReduceProd: (c) => {
    const {
      op,
      b,
      x: [x, given],
    } = c;
    const { g, axes } = kept(c);
    const where = axes === undefined ? given : b.ints(axes);
    if (axes?.length === 0) return [g, null];
    // The product of the others: by division without zeros, the product of the rest at a single zero, 0 with more.
    const zero = op.Equal(x, 0);
    const rest = op.ReduceProd(op.Where(zero, 1, x), where);
    const zeros = op.ReduceSum(asFloat(op, zero, x), where);
    const others = op.Where(
      zero,
      op.Where(op.Equal(zeros, 1), rest, 0),
      op.Where(op.Equal(zeros, 0), op.Div(rest, op.Where(zero, 1, x)), 0),
    );
    return [op.Mul(g, others), null];
  },
  ReduceSum: (c) => [c.op.Expand(kept(c).g, shapeVector(c.b, c.x[0])), null],
  ReduceSumSquare: (c) => [c.op.Mul(kept(c).g, c.op.Mul(c.x[0], 2)), null],
} satisfies RuleTable;
