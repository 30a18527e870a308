import type { Attrs, OpType, Ops, Value } from '@vitrine/ir';

/** dy/dx of an elementwise operator, from its input x and output y. */
export type Derivative<Op extends OpType = OpType> = (op: Ops, x: Value, y: Value, attrs: Attrs<Op>) => Value;

const TWO_OVER_SQRT_PI = 2 / Math.sqrt(Math.PI);
const SQRT_HALF = Math.SQRT1_2;
const SQRT_TWO_OVER_PI = Math.sqrt(2 / Math.PI);
const INV_SQRT_TWO_PI = 1 / Math.sqrt(2 * Math.PI);
/** Hendrycks and Gimpel 2016, the tanh approximation of GELU. */
const GELU_CUBIC = 0.044715;

const square = (op: Ops, x: Value): Value => op.Mul(x, x);

/** Φ(x) + x φ(x), the normal distribution's function and density. */
const geluExact = (op: Ops, x: Value): Value => {
  const distribution = op.Mul(op.Add(op.Erf(op.Mul(x, SQRT_HALF)), 1), 0.5);
  const density = op.Mul(op.Exp(op.Mul(square(op, x), -0.5)), INV_SQRT_TWO_PI);
  return op.Add(distribution, op.Mul(x, density));
};

/** With u = √(2/π)(x + c x³): ½(1 + tanh u) + ½ x (1 − tanh² u) u′. */
export const geluTanh = (op: Ops, x: Value): Value => {
  const squared = square(op, x);
  const t = op.Tanh(op.Mul(op.Mul(x, op.Add(op.Mul(squared, GELU_CUBIC), 1)), SQRT_TWO_OVER_PI));
  const slope = op.Mul(op.Add(op.Mul(squared, 3 * GELU_CUBIC), 1), SQRT_TWO_OVER_PI);
  return op.Mul(op.Add(op.Add(t, 1), op.Mul(op.Mul(x, op.Sub(1, square(op, t))), slope)), 0.5);
};

/**
 * Smooth elementwise operators: one line each, from which the vector-Jacobian product follows.
 * Kinks and poles take PyTorch's values.
 */
export const derivatives = {
  Abs: (op, x) => op.Sign(x),
  Acos: (op, x) => op.Neg(op.Reciprocal(op.Sqrt(op.Sub(1, square(op, x))))),
  Acosh: (op, x) => op.Reciprocal(op.Sqrt(op.Sub(square(op, x), 1))),
  Asin: (op, x) => op.Reciprocal(op.Sqrt(op.Sub(1, square(op, x)))),
  Asinh: (op, x) => op.Reciprocal(op.Sqrt(op.Add(square(op, x), 1))),
  Atan: (op, x) => op.Reciprocal(op.Add(square(op, x), 1)),
  Atanh: (op, x) => op.Reciprocal(op.Sub(1, square(op, x))),
  Celu: (op, x, y, { alpha }) => op.Where(op.Greater(x, 0), 1, op.Add(op.Mul(y, 1 / alpha), 1)),
  Cos: (op, x) => op.Neg(op.Sin(x)),
  Cosh: (op, x) => op.Sinh(x),
  Elu: (op, x, y, { alpha }) => op.Where(op.Greater(x, 0), 1, op.Add(y, alpha)),
  Erf: (op, x) => op.Mul(op.Exp(op.Neg(square(op, x))), TWO_OVER_SQRT_PI),
  Exp: (_, __, y) => y,
  Gelu: (op, x, _, { approximate }) => (approximate === 'tanh' ? geluTanh(op, x) : geluExact(op, x)),
  HardSwish: (op, x) => op.Where(op.Greater(x, -3), op.Where(op.Less(x, 3), op.Add(op.Mul(x, 1 / 3), 0.5), 1), 0),
  LeakyRelu: (op, x, _, { alpha }) => op.Add(op.Mul(op.CastLike(op.Greater(x, 0), x), 1 - alpha), alpha),
  Log: (op, x) => op.Reciprocal(x),
  Mish: (op, x) => {
    const [t, s] = [op.Tanh(op.Softplus(x)), op.Sigmoid(x)];
    return op.Add(t, op.Mul(op.Mul(x, s), op.Sub(1, square(op, t))));
  },
  Reciprocal: (op, _, y) => op.Neg(square(op, y)),
  Selu: (op, x, y, { alpha, gamma }) => op.Where(op.Greater(x, 0), gamma, op.Add(y, alpha * gamma)),
  Sigmoid: (op, _, y) => op.Mul(y, op.Sub(1, y)),
  Sin: (op, x) => op.Cos(x),
  Sinh: (op, x) => op.Cosh(x),
  Softplus: (op, x) => op.Sigmoid(x),
  Softsign: (op, x) => op.Reciprocal(square(op, op.Add(op.Abs(x), 1))),
  Sqrt: (op, _, y) => op.Div(0.5, y),
  Tan: (op, _, y) => op.Add(square(op, y), 1),
  Tanh: (op, _, y) => op.Sub(1, square(op, y)),
  'com.microsoft.Gelu': (op, x) => geluExact(op, x),
  'com.microsoft.QuickGelu': (op, x, y, { alpha }) => {
    const s = op.Sigmoid(op.Mul(x, alpha));
    return op.Add(s, op.Mul(op.Mul(y, op.Sub(1, s)), alpha));
  },
} satisfies { readonly [Op in OpType]?: Derivative<Op> };
