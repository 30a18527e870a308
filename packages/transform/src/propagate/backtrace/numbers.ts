import type { Builder, Ops, Value } from '@vitrine/ir';

/**
 * What stands for no contributions at all. Large enough that a relevance divided by it, times any weights, stays finite: 0 times that
 * is 0, so units without contributions pass nothing on.
 */
export const NOTHING = 1e-20;

/** An amount of contributions that can be divided by. */
export const floored = (op: Ops, amount: Value): Value => op.Max(amount, NOTHING);

/** Whether an amount that can be divided by is none. */
export const isNothing = (op: Ops, amount: Value): Value => op.LessOrEqual(amount, NOTHING);

/** What has been made of values, by the builder that it was made in: weights have many readers, as the steps of a recurrent network. */
const made = new WeakMap<Builder, Map<Value, Map<string, Value>>>();

function once(b: Builder, name: string, v: Value, make: (op: Ops) => Value): Value {
  const all = made.get(b) ?? new Map<Value, Map<string, Value>>();
  made.set(b, all);
  const own = all.get(v) ?? new Map<string, Value>();
  all.set(v, own);
  const found = own.get(name) ?? make(b.op);
  own.set(name, found);
  return found;
}

/** Amount of a value, its positive part, and the amount of its negative part. */
export const amountOf = (b: Builder, v: Value): Value => once(b, 'amount', v, (op) => op.Abs(v));
export const positivePart = (b: Builder, v: Value): Value => once(b, 'positive', v, (op) => op.Relu(v));
export const negativePart = (b: Builder, v: Value): Value => once(b, 'negative', v, (op) => op.Relu(op.Neg(v)));
