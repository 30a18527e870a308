import { reducedAxes, numbersOf, type Value } from '@vitrine/ir';
import { rankOf } from '../../fit.js';
import type { AnyContext } from '../lrp.js';
import { apart, change, inputAt, outputAt, type Both, type LiftRule, type LiftTable } from './lift.js';
import type { Reference } from './reference.js';

/** Below this the mean of e at both points is closer to Δe/Δx than their difference in single precision. */
const CLOSE = 1e-3;
/** e^80 is finite in single precision. Where it is reached, the multiplier beside it has vanished. */
const GREATEST = 80;

/**
 * Exponentials of x against their sums S and S₀ over axes: (Δeˣ/Δx)/S and (Δeˣ/Δx)/S₀, from L = log S and L₀. A shift of x that is the
 * same at both points cancels, so that none is chosen here and nothing overflows: all exponents are differences to L or L₀.
 */
function slopes(c: AnyContext, x: Both, l: Both): readonly [overSum: Value, overSum0: Value] {
  const { op } = c;
  const dx = change(op, x);
  const far = apart(op, dx, CLOSE);
  return [l.x, l.x0].map((log) => {
    const [e, e0] = [x.x, x.x0].map((v) => op.Exp(op.Min(op.Sub(v, log), GREATEST as never))) as [Value, Value];
    return op.Where(far, op.Div(op.Sub(e, e0), dx), op.Mul(op.Add(e, e0), 0.5));
  }) as [Value, Value];
}

/** ΔL/ΔS · S = t/(1 − e⁻ᵗ) with t = ΔL: 1 + t/2 where t is small. */
function logSlope({ op }: AnyContext, l: Both): Value {
  const t = change(op, l);
  const bounded = op.Max(t, -GREATEST as never);
  return op.Where(apart(op, t, CLOSE), op.Div(t, op.Sub(1, op.Exp(op.Neg(bounded)))), op.Add(op.Mul(t, 0.5), 1));
}

/** Multiplier from that at L = log Σ eˣ. */
const throughLog = (c: AnyContext, x: Both, l: Both, toLog: Value): Value => {
  const [overSum] = slopes(c, x, l);
  return c.op.Mul(overSum, c.op.Mul(toLog, logSlope(c, l)));
};

/** Σ eˣ's logarithm at both points, from the greatest x and the probability it has. */
function logSums({ op, b }: AnyContext, x: Both, y: Both, axis: number): Both {
  const over = b.ints([axis]);
  const log = (v: Value, p: Value): Value => op.Sub(op.ReduceMax(v, over), op.Log(op.ReduceMax(p, over)));
  return { x: log(x.x, y.x), x0: log(x.x0, y.x0) };
}

/**
 * eˣ · (1/Σ eˣ), each by its own rule: with p = softmax x, ½ (Δe/Δx)/S (g − Σ g p₀) + ½ (Δe/Δx)/S₀ (g − Σ g p).
 * Lundberg and Lee 2017, section 4.2: multipliers of components compose.
 */
const softmax: LiftRule = (c, at) => {
  const { op, b, g } = c;
  const { axis } = c.attrs as { readonly axis: number };
  const [x, p] = [inputAt(c, at, 0), outputAt(c, at)];
  const [overSum, overSum0] = slopes(c, x, logSums(c, x, p, axis));
  const against = (q: Value): Value => op.Sub(g, op.ReduceSum(op.Mul(g, q), b.ints([axis])));
  return [op.Mul(op.Add(op.Mul(overSum, against(p.x0)), op.Mul(overSum0, against(p.x))), 0.5)];
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
