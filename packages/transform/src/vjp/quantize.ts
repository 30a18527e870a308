import { dtypes, type Ops, type Value } from '@vitrine/ir';
import { extents, rankOf } from '../fit.js';
import { ranges } from '../levels.js';
import type { RuleContext, RuleTable } from '../rule.js';
import { convolution } from './conv.js';
import { linear } from './linear.js';

/** A value in the signal's type. */
const real = (op: Ops, v: Value, g: Value): Value =>
  v.type.dtype === g.type.dtype ? v : op.Cast(v, { to: dtypes[g.type.dtype as 'float32'].code });

type Quantization = 'DequantizeLinear' | 'QuantizeLinear' | 'com.microsoft.DequantizeLinear' | 'com.microsoft.QuantizeLinear';

/** A scale or zero point against x: one for all, one for each place along the axis, or one for each block of them. */
function against(c: RuleContext<Quantization>, v: Value): Value {
  const { op, b, node, g } = c;
  const { axis = 1, block_size: block = 0 } = c.attrs as { readonly axis?: number; readonly block_size?: number };
  const [dims, own] = [extents(node.inputs[0]!, node), extents(v, node)];
  const at = axis < 0 ? axis + dims.length : axis;
  const scale = real(op, v, g);
  if (own.length === 0) return scale;
  if (own.length === 1)
    return own[0] === 1 ? op.Reshape(scale, b.ints([])) : op.Reshape(scale, b.ints(dims.map((d, i) => (i === at ? d : 1))));
  const apart = op.Expand(op.Unsqueeze(scale, b.ints([at + 1])), b.ints([...own.slice(0, at + 1), block, ...own.slice(at + 1)]));
  const repeated = op.Reshape(apart, b.ints(own.map((d, i) => (i === at ? d * block : d))));
  return op.Slice(repeated, b.ints([0]), b.ints([dims[at]!]), b.ints([at]));
}

/** The rounding passes signals as if it were not there, except where the result is at the end of its range. Bengio et al. 2013. */
function quantize(c: RuleContext<'QuantizeLinear' | 'com.microsoft.QuantizeLinear'>): readonly [Value, null, null] {
  const { op, node, x, g } = c;
  const [low, high] = ranges[node.outputs[0]!.type.dtype] ?? c.fail(`makes ${node.outputs[0]!.type.dtype}, whose range has no row`);
  const scale = against(c, x[1]);
  const units = op.Div(real(op, x[0], g), scale);
  const whole = node.outputs[0]!.type.dtype.startsWith('float') ? units : op.Round(units);
  const level = x[2] === undefined ? whole : op.Add(whole, against(c, x[2]));
  return [op.Where(op.And(op.GreaterOrEqual(level, low), op.LessOrEqual(level, high)), op.Div(g, scale), 0), null, null];
}

const dequantize = (c: RuleContext<'DequantizeLinear' | 'com.microsoft.DequantizeLinear'>): readonly [Value, null, null] => [
  c.op.Mul(c.g, against(c, c.x[1])),
  null,
  null,
];

/** An integer operand as the real number of units it stands for; its zero point is laid along `axis`. */
function units({ op, b, node, g }: Pick<RuleContext, 'b' | 'g' | 'node' | 'op'>, x: Value, zero: Value | undefined, axis?: number): Value {
  if (zero === undefined) return real(op, x, g);
  const along =
    axis === undefined || rankOf(zero, node) !== 1 ? zero : op.Reshape(zero, b.ints(extents(x, node).map((_, i) => (i === axis ? -1 : 1))));
  return op.Sub(real(op, x, g), real(op, along, g));
}

/**
 * Quantized values. Their signals are floats in units of the integer; scales and zero points count as constants, as do those that
 * DynamicQuantizeLinear finds.
 */
export const quantization = {
  ConvInteger: (c) => {
    const { node } = c;
    const [x, w, xZero, wZero] = node.inputs as readonly [Value, Value, Value?, Value?];
    const inUnits = [units(c, x, xZero), units(c, w, wZero, 0), undefined];
    return convolution.Conv({ ...c, x: inUnits } as never) as never;
  },
  DequantizeLinear: dequantize,
  DynamicQuantizeLinear: ({ op, ys, gs: [g] }) => [g === undefined ? null : op.Div(g, ys[1]!)],
  MatMulInteger: (c) => {
    const { node } = c;
    const [a, b, aZero, bZero] = node.inputs as readonly [Value, Value, Value?, Value?];
    const inUnits = [units(c, a, aZero, rankOf(a, node) - 2), units(c, b, bZero)];
    return linear.MatMul({ ...c, x: inUnits } as never) as never;
  },
  QuantizeLinear: quantize,
  'com.microsoft.DequantizeLinear': dequantize,
  'com.microsoft.QuantizeLinear': quantize,
} satisfies RuleTable;
