import { reducedAxes, numbersOf, type Value } from '@vitrine/ir';
import { rankOf } from '../../fit.js';
import type { AnyContext } from '../lrp.js';
import { apart, change, inputAt, middle, outputAt, type Both, type LiftRule, type LiftTable } from './lift.js';
import type { Reference } from './reference.js';

/** Below this the mean of e at both points is closer to Δe/Δx than their difference in single precision. */
const CLOSE = 1e-3;
/** e^80 is finite in single precision; what is beyond it no longer counts. */
const GREATEST = 80;

/** Δeˣ/Δx over e^m, for m not below x or x₀. */
function slope({ op }: AnyContext, x: Both, m: Value): Value {
  const dx = change(op, x);
  const [e, e0] = [op.Exp(op.Sub(x.x, m)), op.Exp(op.Sub(x.x0, m))];
  return op.Where(apart(op, dx, CLOSE), op.Div(op.Sub(e, e0), dx), op.Mul(op.Add(e, e0), 0.5));
}

/**
 * Multiplier from that at L = log Σ eˣ: (Δeˣ/Δx) ΔL/ΔS. Over e^M with M = max(L, L₀) and t = |ΔL| that is t/(1 − e⁻ᵗ) at L: 1 + t/2
 * where t is small. A shift of x cancels, and all exponents are differences that are not positive.
 */
function throughLog(c: AnyContext, x: Both, l: Both, toLog: Value): Value {
  const { op } = c;
  const t = op.Abs(change(op, l));
  const rise = op.Div(t, op.Sub(1, op.Exp(op.Neg(op.Min(t, op.Add(op.Mul(t, 0), GREATEST))))));
  const factor = op.Where(apart(op, t, CLOSE), rise, op.Add(op.Mul(t, 0.5), 1));
  return op.Mul(slope(c, x, op.Max(l.x, l.x0)), op.Mul(toLog, factor));
}

/** Σ eˣ's logarithm at both points, from the greatest x and the probability it has. */
function logSums({ op, b }: AnyContext, x: Both, y: Both, axis: number): Both {
  const over = b.ints([axis]);
  const log = (v: Value, p: Value): Value => op.Sub(op.ReduceMax(v, over), op.Log(op.ReduceMax(p, over)));
  return { x: log(x.x, y.x), x0: log(x.x0, y.x0) };
}

/**
 * p with p S = e, e = eˣ and S = Σ e. The product's change shared as that of any product, Δe = Δp S̄ + ΔS p̄ (means over both points),
 * gives Δp = (Δe − p̄ ΔS)/S̄, and m = (Δe/Δx)/S̄ (g − Σ g p̄). All is taken over e^M, M = max(L, L₀), which cancels.
 */
const softmax: LiftRule = (c, at) => {
  const { op, b, g } = c;
  const { axis } = c.attrs as { readonly axis: number };
  const [x, p] = [inputAt(c, at, 0), outputAt(c, at)];
  const l = logSums(c, x, p, axis);
  const m = op.Max(l.x, l.x0);
  const sum = middle(op, { x: op.Exp(op.Sub(l.x, m)), x0: op.Exp(op.Sub(l.x0, m)) });
  const against = op.Sub(g, op.ReduceSum(op.Mul(g, middle(op, p)), b.ints([axis])));
  return [op.Mul(op.Div(slope(c, x, m), sum), against)];
};

/** x − log Σ eˣ. */
const logSoftmax: LiftRule = (c, at) => {
  const { op, b, g } = c;
  const { axis } = c.attrs as { readonly axis: number };
  const [x, y] = [inputAt(c, at, 0), outputAt(c, at)];
  const log = (v: Value, w: Value): Value => {
    // Of the likeliest, which is never −∞.
    const over = b.ints([axis]);
    return op.Sub(op.ReduceMax(v, over), op.ReduceMax(w, over));
  };
  const l = { x: log(x.x, y.x), x0: log(x.x0, y.x0) };
  return [op.Sub(g, throughLog(c, x, l, op.ReduceSum(g, b.ints([axis]))))];
};

const logSumExp: LiftRule = (c, at: Reference) => {
  const { op, b, node, x: operands, attrs } = c;
  const { keepdims, noop_with_empty_axes: noop } = attrs as { readonly keepdims: number; readonly noop_with_empty_axes: number };
  const axes = reducedAxes(rankOf(operands[0]!, node), operands[1] === undefined ? [] : numbersOf(operands[1]), noop);
  if (axes === undefined) return c.fail('reduces axes that only running tells');
  const kept = (v: Value): Value => (keepdims === 1 || axes.length === 0 ? v : op.Unsqueeze(v, b.ints(axes)));
  const y = outputAt(c, at);
  return [throughLog(c, inputAt(c, at, 0), { x: kept(y.x), x0: kept(y.x0) }, kept(c.g)), null];
};

/** Operators of exponentials and their sum. */
export const exponential: LiftTable = { LogSoftmax: logSoftmax, ReduceLogSumExp: logSumExp, Softmax: softmax };
