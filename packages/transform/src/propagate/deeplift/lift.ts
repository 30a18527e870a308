import { dtypes, isFloat, type Ops, type Value } from '@vitrine/ir';
import type { AnyRule } from '../../rule.js';
import { vjps } from '../../vjp/index.js';
import type { AnyContext } from '../lrp.js';
import type { Reference } from './reference.js';

/** A rule that sees both points: it passes multipliers m, with Σ m Δx the same before and after. Shrikumar et al. 2017, eq. 3 (chain rule). */
export type LiftRule = (c: AnyContext, at: Reference) => readonly (Value | null | undefined)[];
export type LiftTable = { readonly [opType: string]: LiftRule };

/** A value at x and at the baseline, both in the signal's type where they are whole numbers. */
export interface Both {
  readonly x: Value;
  readonly x0: Value;
}

export const moves = (at: Reference, v: Value | undefined): boolean => v !== undefined && at(v) !== v;

/** A value and its counterpart, in the signal's type. */
function bothOf({ op, gs }: AnyContext, v: Value, v0: Value): Both {
  const signal = gs.find((g) => g !== undefined)!;
  const real = (w: Value): Value => (isFloat(w.type.dtype) ? w : op.Cast(w, { to: dtypes[signal.type.dtype as 'float32'].code }));
  const x = real(v);
  return { x, x0: v0 === v ? x : real(v0) };
}

/** Input i at both points. */
export const inputAt = (c: AnyContext, at: Reference, i: number): Both =>
  bothOf(c, moves(at, c.node.inputs[i]) ? c.node.inputs[i]! : c.x[i]!, moves(at, c.node.inputs[i]) ? at(c.node.inputs[i]!) : c.x[i]!);

/** Output i at both points. */
export function outputAt(c: AnyContext, at: Reference, i = 0): Both {
  const y = c.node.outputs[i] ?? c.ys[i]!;
  return bothOf(c, y, at(y));
}

export const change = (op: Ops, { x, x0 }: Both): Value => op.Sub(x, x0);
export const middle = (op: Ops, { x, x0 }: Both): Value => (x === x0 ? x : op.Mul(op.Add(x, x0), 0.5));

/** Positions of inputs that the baseline changes. */
export const movingInputs = ({ node }: Pick<AnyContext, 'node'>, at: Reference): readonly number[] =>
  node.inputs.flatMap((v, i) => (moves(at, v) ? [i] : []));

/** The gradient's rule for this operator, with other operands where given. */
export function plainly(c: AnyContext, changes: Partial<AnyContext> = {}): readonly (Value | null | undefined)[] {
  const rule = vjps[c.node.opType as keyof typeof vjps] as unknown as AnyRule;
  return rule({ ...c, ...changes } as never);
}

/** Δx below which the multiplier is the derivative at x: where 0/0 would come of it. */
export const SAME = 1e-10;

/** Whether two values differ enough to divide by; false for NaN, as ∞ − ∞ is. */
export const apart = (op: Ops, difference: Value, least: number = SAME): Value => op.Greater(op.Abs(difference), least);
