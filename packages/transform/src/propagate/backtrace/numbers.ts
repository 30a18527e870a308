import type { Ops, Value } from '@vitrine/ir';

/**
 * What stands for no contributions at all. Large enough that a relevance divided by it, times any weights, stays finite: 0 times that
 * is 0, so units without contributions pass nothing on.
 */
export const NOTHING = 1e-20;

/** An amount of contributions that can be divided by. */
export const floored = (op: Ops, amount: Value): Value => op.Max(amount, NOTHING);

/** Whether an amount that can be divided by is none. */
export const isNothing = (op: Ops, amount: Value): Value => op.LessOrEqual(amount, NOTHING);

/** Positive part, and the amount of the negative one. */
export const positivePart = (op: Ops, v: Value): Value => op.Relu(v);
export const negativePart = (op: Ops, v: Value): Value => op.Relu(op.Neg(v));
