import type { Ops, Value } from '@vitrine/ir';
import type { AnyContext } from '../lrp.js';
import type { Reference } from './reference.js';
import { apart, change, inputAt, movingInputs, outputAt, plainly, SAME, type Both, type LiftRule, type LiftTable } from './lift.js';

/**
 * Differences below this leave few correct digits of Δy/Δx in single precision. The mean of the derivatives at both points is
 * within f‴Δx²/12 of it there.
 */
const CLOSE = 1e-3;

/** Smooth everywhere, and bending on a scale of about 1. */
const SMOOTH = `Asinh Atan Cos Cosh Erf Exp Gelu Mish Sin Sinh Softplus
  com.microsoft.FastGelu com.microsoft.Gelu com.microsoft.QuickGelu`;
/** With kinks, steps or poles. Whole numbers that they round to are steps of Δy. */
const BENT = `Abs Acos Acosh Asin Atanh Ceil Celu Clip Elu Floor HardSigmoid HardSwish Log Mod QuantizeLinear com.microsoft.QuantizeLinear
  Round Selu Shrink Sign Softsign Tan ThresholdedRelu`;

/** Δy/Δx, and the derivative where Δx is too small to divide by. Shrikumar et al. 2017, section 3.5.1 (Rescale). */
export const secant =
  (least: number): LiftRule =>
  (c, at) => {
    const { op, g, node } = c;
    const movable = movingInputs(c, at);
    if (movable.length > 1) return pairwise(c, at, movable);
    const data = movable[0]!;
    const [x, y] = [inputAt(c, at, data), outputAt(c, at)];
    const dx = change(op, x);
    const here = plainly(c)[data] ?? op.Mul(g, 0);
    const slope = (): Value => {
      if (least === SAME) return here;
      const operands = c.x.map((v, i) => (i === data ? x.x0 : v));
      const there = plainly(c, { x: operands as never, y: y.x0, ys: [y.x0] })[data]!;
      return op.Mul(op.Add(here, there), 0.5);
    };
    const signal = op.Where(apart(op, dx, least), op.Mul(g, op.Div(change(op, y), dx)), slope());
    return node.inputs.map((_, i) => (i === data ? signal : null));
  };

/** Of two operands that change, each gets what its change does first and what it does last, averaged. Lundberg and Lee 2017, section 4.2. */
function pairwise(c: AnyContext, at: Reference, movable: readonly number[]): readonly (Value | null)[] {
  const { op, b, g, node, attrs } = c;
  if (movable.length > 2) return c.fail(`has ${movable.length} operands that depend on what is explained, and DeepLIFT has rules for two`);
  const operands = node.inputs.map((v, i) => (movable.includes(i) ? inputAt(c, at, i) : v && { x: v, x0: v }));
  const y = outputAt(c, at);
  const plain = plainly(c);
  return node.inputs.map((_, i) => {
    if (!movable.includes(i)) return null;
    const alone = b.node(
      node.opType,
      operands.map((v, k) => (k === i ? v?.x : v?.x0)),
      attrs as never,
    )[0]!;
    const others = b.node(
      node.opType,
      operands.map((v, k) => (k === i ? v?.x0 : v?.x)),
      attrs as never,
    )[0]!;
    const part = op.Mul(op.Add(op.Sub(alone, y.x0), op.Sub(y.x, others)), 0.5);
    const dx = change(op, operands[i]!);
    return op.Where(apart(op, dx), op.Mul(g, op.Div(part, dx)), plain[i] ?? op.Mul(g, 0));
  });
}

/** Least normal number or so: keeps 0/0 at 0, changes nothing else. */
const TINY = 1e-30;

/** Δ relu/Δx = (y + y₀)/(|x| + |x₀|): 1 where both are positive, 0 where neither is, and no difference of near numbers between. */
function reluSlope(c: AnyContext, at: Reference): Value {
  const { op } = c;
  const [x, y] = [inputAt(c, at, 0), c.node.opType === 'Relu' ? outputAt(c, at) : undefined];
  const positive = y === undefined ? op.Add(op.Relu(x.x), op.Relu(x.x0)) : op.Add(y.x, y.x0);
  return op.Div(positive, op.Add(op.Abs(x.x), op.Add(op.Abs(x.x0), TINY)));
}

/** tanh(d/k)/d, 1/k at 0. */
function tanhRatio({ op }: AnyContext, x: Both, k: number): Value {
  const d = op.Add(change(op, x), TINY);
  return op.Div(op.Tanh(k === 1 ? d : op.Mul(d, 1 / k)), d);
}

/** α + (1 − α) Δ relu/Δx. */
const leaky = (op: Ops, alpha: Value | number, slope: Value): Value =>
  op.Add(op.Mul(slope, typeof alpha === 'number' ? 1 - alpha : op.Sub(1, alpha)), alpha as Value);

/** x^k, in ways that take no difference of near numbers where k allows. */
const pow: LiftRule = (c, at) => {
  const { op, g, x } = c;
  const k = x[1]?.known?.values.length === 1 ? Number(x[1].known.values[0]) : undefined;
  const [base, y] = [inputAt(c, at, 0), outputAt(c, at)];
  const sum = (): Value => op.Add(base.x, base.x0);
  const exact: { readonly [k: number]: () => Value } = {
    2: sum,
    3: () => op.Sub(op.Mul(sum(), sum()), op.Mul(base.x, base.x0)),
    0.5: () => op.Reciprocal(op.Add(y.x, y.x0)),
    [-1]: () => op.Neg(op.Mul(y.x, y.x0)),
    [-0.5]: () => op.Neg(op.Div(op.Mul(op.Mul(y.x, y.x), op.Mul(y.x0, y.x0)), op.Add(y.x, y.x0))),
  };
  return k !== undefined && exact[k] !== undefined ? [op.Mul(g, exact[k]()), null] : secant(SAME)(c, at);
};

/** Operators that change each value on its own. */
export const elementwise: LiftTable = {
  ...each(SMOOTH, secant(CLOSE)),
  ...each(BENT, secant(SAME)),
  LeakyRelu: (c, at) => [c.op.Mul(c.g, leaky(c.op, (c.attrs as { readonly alpha: number }).alpha, reluSlope(c, at)))],
  Pow: pow,
  PRelu: (c, at) => {
    if (movingInputs(c, at).includes(1)) return secant(SAME)(c, at);
    return [c.op.Mul(c.g, leaky(c.op, c.x[1]!, reluSlope(c, at))), null];
  },
  Reciprocal: (c, at) => {
    const y = outputAt(c, at);
    return [c.op.Neg(c.op.Mul(c.g, c.op.Mul(y.x, y.x0)))];
  },
  Relu: (c, at) => [c.op.Mul(c.g, reluSlope(c, at))],
  // Δσ = tanh(Δx/2) (y (1 − y₀) + y₀ (1 − y)).
  Sigmoid: (c, at) => {
    const { op, g } = c;
    const y = outputAt(c, at);
    const both = op.Add(op.Mul(y.x, op.Sub(1, y.x0)), op.Mul(y.x0, op.Sub(1, y.x)));
    return [op.Mul(g, op.Mul(both, tanhRatio(c, inputAt(c, at, 0), 2)))];
  },
  // At 0 and 0 the derivative is infinite; a norm of 0 passes nothing on all the same.
  Sqrt: (c, at) => {
    const y = outputAt(c, at);
    return [c.op.Div(c.g, c.op.Add(y.x, c.op.Add(y.x0, TINY)))];
  },
  // Δ tanh = tanh Δx (1 − y y₀).
  Tanh: (c, at) => {
    const { op, g } = c;
    const y = outputAt(c, at);
    return [op.Mul(g, op.Mul(op.Sub(1, op.Mul(y.x, y.x0)), tanhRatio(c, inputAt(c, at, 0), 1)))];
  },
};

function each(names: string, rule: LiftRule): LiftTable {
  return Object.fromEntries(names.split(/\s+/).map((name) => [name, rule]));
}
