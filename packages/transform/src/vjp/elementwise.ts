import { dtypes, isFloat, type Attrs, type Builder, type OpType, type Ops, type Value } from '@vitrine/ir';
import type { Rule, RuleContext, RuleTable } from '../rule.js';
import { derivatives, geluTanh, type Derivative } from './derivatives.js';

const fromDerivative =
  (d: Derivative): Rule =>
  ({ op, x, y, g, attrs }) =>
    [op.Mul(g, d(op, x[0]!, y, attrs))] as never;

/** g where the condition holds, else 0. Where beats Mul: 0 * inf must be 0. */
const masked =
  <Op extends OpType>(condition: (op: Ops, x: Value, attrs: Attrs<Op>) => Value) =>
  ({ op, x, g, attrs }: RuleContext<Op>): readonly [Value] => [op.Where(condition(op, (x as readonly Value[])[0]!, attrs), g, 0)];

const identity = ({ g }: RuleContext): readonly [Value] => [g];

/** Elements equal to the winner share its signal equally. */
const sharedAmongTies = ({ op, x, y, g }: RuleContext<'Max' | 'Min'>): readonly Value[] => {
  const hits = x.map((v) => op.Cast(op.Equal(v, y), { to: dtypes[dtypeOfFloat(g)].code }));
  const share = op.Div(g, hits.length === 1 ? hits[0]! : op.Sum(...hits));
  return hits.map((hit) => op.Mul(share, hit));
};

/** The float type a signal has. */
const dtypeOfFloat = (g: Value): 'float32' | 'float64' => (g.type.dtype === 'float64' ? 'float64' : 'float32');

/** g in the dtype of x. A whole number that becomes a float passes its signal, in its own units; rounding and truth values stop it. */
const cast = ({ op, node, g }: RuleContext<'Cast' | 'CastLike'>): readonly [Value | null] => {
  const [from, to] = [node.inputs[0]!.type.dtype, node.outputs[0]!.type.dtype];
  if (from === 'bool' || to === 'bool' || (isFloat(from) && !isFloat(to))) return [null];
  return [!isFloat(from) || from === g.type.dtype ? g : op.Cast(g, { to: dtypes[from as 'float32'].code })];
};

/** Whether the operator computes with integers, where it truncates or wraps around. */
const isWhole = ({ node }: Pick<RuleContext, 'node'>): boolean => !isFloat(node.outputs[0]!.type.dtype);

const constantOf = (v: Value): number | undefined =>
  v.known?.values.length === 1 && typeof v.known.values[0] === 'number' ? v.known.values[0] : undefined;

const SUMS = new Set(['Add', 'Sum']);
const PRODUCTS = new Set(['Conv', 'ConvTranspose', 'Gemm', 'MatMul']);
const maskedProducts = new WeakSet<Value>();

/** Whether a signal is a sum of products with weights: finite unless they overflowed, so that a 0/1 factor masks it, at half the cost of Where. */
function isProduct(b: Builder, g: Value): boolean {
  const made = b.producer(g);
  if (made !== undefined && SUMS.has(made.opType)) return made.inputs.every((part) => part !== undefined && isProduct(b, part));
  return maskedProducts.has(g) || (made !== undefined && PRODUCTS.has(made.opType));
}

const FLOAT32_MAX = 3.4028234663852886e38;

/**
 * Passes g where the output is positive: the output tells as much as the input, and leaves the input free to be fused away.
 * clip(max · y, 0, 1) is the mask as one operator that ONNX Runtime runs in its convolutions' blocked layout.
 */
const relu = ({ op, b, y, g }: RuleContext<'Relu'>): readonly [Value] => {
  if (y.type.dtype !== 'float32' || !isProduct(b, g)) return [op.Where(op.Greater(y, 0), g, 0)];
  const signal = op.Mul(g, op.HardSigmoid(y, { alpha: FLOAT32_MAX, beta: 0 }));
  maskedProducts.add(signal);
  return [signal];
};

/** Elementwise operators of one or more inputs. */
export const elementwise = {
  ...(Object.fromEntries(Object.entries(derivatives).map(([opType, d]) => [opType, fromDerivative(d as Derivative)])) as {
    readonly [Op in keyof typeof derivatives]: Rule<Op>;
  }),
  Add: ({ g }) => [g, g],
  Cast: cast,
  CastLike: (c) => [cast(c)[0], null],
  Clip: ({ op, x: [x, low, high], g }) => {
    const above = low && op.GreaterOrEqual(x, low);
    const below = high && op.LessOrEqual(x, high);
    const inside = above && below ? op.And(above, below) : (above ?? below);
    const toX = inside === undefined ? g : op.Where(inside, g, 0);
    return [toX, above ? op.Where(above, 0, g) : null, below ? op.Where(below, 0, g) : null];
  },
  Div: (c) => {
    const {
      op,
      x: [, b],
      y,
      g,
      needs,
    } = c;
    if (isWhole(c)) return [null, null];
    const left = op.Div(g, b);
    return [left, needs(1) ? op.Neg(op.Mul(left, y)) : null];
  },
  Dropout: (c) =>
    c.x[2] !== undefined && constantOf(c.x[2]) !== 0 ? c.fail('drops at random (training_mode): export the model for inference') : [c.g],
  HardSigmoid: ({ op, y, g, attrs: { alpha } }) => [op.Where(op.And(op.Greater(y, 0), op.Less(y, 1)), op.Mul(g, alpha), 0)],
  Identity: identity as never,
  Max: sharedAmongTies as never,
  Mean: ({ op, x, g }) => {
    const share = op.Mul(g, 1 / x.length);
    return x.map(() => share);
  },
  Min: sharedAmongTies as never,
  Mod: (c) => {
    const {
      op,
      x: [a, b],
      g,
      attrs,
    } = c;
    if (isWhole(c)) return [null, null];
    const ratio = op.Div(a, b);
    const whole = attrs.fmod === 1 ? op.Mul(op.Sign(ratio), op.Floor(op.Abs(ratio))) : op.Floor(ratio);
    return [g, op.Neg(op.Mul(g, whole))];
  },
  Mul: ({ op, x: [a, b], g }) => [op.Mul(g, b), op.Mul(g, a)],
  Neg: ({ op, g }) => [op.Neg(g)],
  PRelu: ({ op, x: [x, slope], g }) => {
    const positive = op.Greater(x, 0);
    return [op.Where(positive, g, op.Mul(g, slope)), op.Where(positive, 0, op.Mul(g, x))];
  },
  Pow: ({ op, b, x: [base, power], y, g, needs }) => {
    const k = constantOf(power);
    const exponent = power.type.dtype === base.type.dtype ? power : op.Cast(power, { to: dtypes[base.type.dtype as 'float32'].code });
    const slope = (): Value => {
      if (k === 0) return op.Sub(base, base);
      if (k === 1) return b.scalar(1, base.type.dtype as 'float32');
      if (k === 2) return op.Mul(base, 2);
      if (k !== undefined) return op.Mul(op.Pow(base, k - 1), k);
      const plain = op.Mul(op.Pow(base, op.Sub(exponent, 1)), exponent);
      return op.Where(op.Equal(exponent, 0), 0, plain);
    };
    // 0^p is flat in p; log 0 would make it NaN.
    const log = (): Value => op.Mul(y, op.Log(op.Where(op.Equal(base, 0), 1, base)));
    return [op.Mul(g, slope()), needs(1) ? op.Mul(g, log()) : null];
  },
  Relu: relu,
  Shrink: masked<'Shrink'>((op, x, { lambd }) => op.Greater(op.Abs(x), lambd)),
  Sub: ({ op, g, needs }) => [g, needs(1) ? op.Neg(g) : null],
  Sum: ({ x, g }) => x.map(() => g),
  ThresholdedRelu: masked<'ThresholdedRelu'>((op, x, { alpha }) => op.Greater(x, alpha)),
  Where: ({ op, x: [condition], g }) => [null, op.Where(condition, g, 0), op.Where(condition, 0, g)],
  'com.microsoft.FastGelu': ({ op, x: [x, bias], g }) => {
    const signal = op.Mul(g, geluTanh(op, bias === undefined ? x : op.Add(x, bias)));
    return [signal, signal];
  },
} satisfies RuleTable;
