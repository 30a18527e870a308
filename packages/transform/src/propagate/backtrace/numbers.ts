import type { Ops, Value } from '@vitrine/ir';

/**
 * Amounts of contributions below this count as none. Large enough that a relevance divided by it, times any weights, stays finite:
 * 0 times that is 0, so units without contributions pass nothing on.
 */
const NOTHING = 1e-20;

/** a / z for z ≥ 0. Where z is 0 the result only ever meets contributions of 0. */
export const over = (op: Ops, a: Value, z: Value): Value => op.Div(a, op.Max(z, NOTHING));

/** Where `over` divides by nothing. */
export const isNothing = (op: Ops, z: Value): Value => op.Less(z, NOTHING);

/** Positive part, and the amount of the negative one. */
export const positivePart = (op: Ops, v: Value): Value => op.Relu(v);
export const negativePart = (op: Ops, v: Value): Value => op.Relu(op.Neg(v));
