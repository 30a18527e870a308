import { sizeOf, type Value } from '@vitrine/ir';
import { extents } from '../../fit.js';
import { apart, change, inputAt, moves, outputAt, plainly, type LiftRule, type LiftTable } from './lift.js';

/**
 * What the greatest value gained over the baseline goes to the winner at x, what it lost to the winner at the baseline:
 * max(y, y₀) − y₀ and y − max(y, y₀). Winners have risen, or fallen, by at least as much, so that multipliers lie between 0 and 1.
 * golden/README.md, DeepLIFT; after Captum's rule for pools.
 */
const extreme =
  (better: 'Max' | 'Min'): LiftRule =>
  (c, at) => {
    const { op, g, node } = c;
    const y = outputAt(c, at);
    const best = op[better](y.x, y.x0);
    const [won, lost] = [op.Mul(g, op.Sub(best, y.x0)), op.Mul(g, op.Sub(y.x, best))];
    const plain = plainly(c);
    const gains = plainly(c, { g: won, gs: [won] });
    const operands = node.inputs.map((v, i) => (moves(at, v) ? inputAt(c, at, i).x0 : c.x[i]));
    const losses = plainly(c, { x: operands as never, y: y.x0, ys: [y.x0], g: lost, gs: [lost] });
    return node.inputs.map((v, i) => {
      if (v === undefined || !c.needs(i) || !plain[i]) return null;
      const dx = change(op, inputAt(c, at, i));
      return op.Where(apart(op, dx), op.Div(op.Add(gains[i]!, losses[i]!), dx), plain[i]);
    });
  };

/** The same for windows, each with one winner: the multiplier is worked out for each window, and overlapping windows add up. */
const maxPool: LiftRule = (c, at) => {
  const { op, b, node, g, attrs } = c;
  const [x, y] = [inputAt(c, at, 0), outputAt(c, at)];
  const dims = extents(node.inputs[0]!, node);
  const flat = b.ints([-1]);
  const plain = { ...(attrs as { readonly [name: string]: never }), storage_order: 0 };
  const rowMajor = (attrs as { readonly storage_order: number }).storage_order === 0;
  const given = (v: Value | undefined, of: Value): Value =>
    op.Reshape(rowMajor && v !== undefined ? v : b.node('MaxPool', [of], plain as never, 2)[1]!, flat);
  const [at1, at0] = [given(node.outputs[1], x.x), given(node.outputs[1] && at(node.outputs[1]), x.x0)];
  const dx = op.Reshape(change(op, x), flat);
  const best = op.Max(y.x, y.x0);
  const share = (part: Value, index: Value, otherwise: Value | number): Value => {
    const rise = op.Gather(dx, index);
    return op.Where(apart(op, rise), op.Div(op.Reshape(part, flat), rise), otherwise as Value);
  };
  const signal = op.Reshape(g, flat);
  const [won, lost] = [share(op.Sub(best, y.x0), at1, 1), share(op.Sub(y.x, best), at0, 0)];
  const ground = op.Expand(b.scalar(0, g.type.dtype as 'float32'), b.ints([sizeOf(dims)]));
  const placed = op.ScatterElements(
    ground,
    op.Concat(at1, at0, { axis: 0 }),
    op.Concat(op.Mul(signal, won), op.Mul(signal, lost), { axis: 0 }),
    { reduction: 'add' },
  );
  return [op.Reshape(placed, b.ints(dims))];
};

/** Operators whose result is one of their values. */
export const extremes: LiftTable = {
  GlobalMaxPool: extreme('Max'),
  Max: extreme('Max'),
  MaxPool: maxPool,
  Min: extreme('Min'),
  ReduceMax: extreme('Max'),
  ReduceMin: extreme('Min'),
  // Written out before, as a network of Max and Min.
  TopK: (c) => c.fail('orders values, which may be ordered otherwise at the baseline'),
};
