import { dtypes, type Node, type Ops, type Value } from '@vitrine/ir';
import { backward } from '../backward.js';
import { extents, rankOf } from '../fit.js';
import { channelsFirst, without } from '../layout.js';
import { dequantized, ranges, single } from '../levels.js';
import type { RuleContext, RuleTable } from '../rule.js';

/** A quantized operator on floats: its result, and the scale that its output is in; none when it gives floats. */
interface OnFloats {
  readonly y: Value;
  readonly scale: Value | undefined;
}
type Inputs = readonly Value[];
type Context = Pick<RuleContext, 'b' | 'fail' | 'g' | 'needs' | 'node' | 'op' | 'rules' | 'y'>;

/** The nodes that made a value from others, in order. */
function nodesBetween({ b }: Context, from: ReadonlySet<Value>, to: Value): readonly Node[] {
  const found = new Set<Node>();
  const visit = (value: Value | undefined): void => {
    const node = value === undefined || from.has(value) ? undefined : b.producer(value);
    if (node === undefined || found.has(node)) return;
    node.inputs.forEach(visit);
    found.add(node);
  };
  visit(to);
  return [...found];
}

/**
 * The rule of a quantized operator: it is written out on floats beside the backward pass, which goes back through that; the operator
 * itself stays as it is. A result at the end of its range counts as saturated and passes nothing.
 */
const through =
  <Attrs>(write: (c: Context & { readonly attrs: Attrs }, inputs: Inputs) => OnFloats) =>
  (c: Context & { readonly attrs: Attrs }): never => {
    const { op, b, node, g, y: levels, needs, rules } = c;
    const inputs = node.inputs as Inputs;
    const { y, scale } = write(c, inputs);
    const wrt = inputs.filter((value, i) => value !== undefined && needs(i));
    const graph = { name: node.name, inputs: wrt, outputs: [y], nodes: nodesBetween(c, new Set(inputs), y), initializers: new Map() };
    const signal = scale === undefined ? g : op.Div(inRange(c, levels), single(c, scale));
    const found = backward(b, graph, new Map([[y, signal]]), wrt, rules);
    // A value may stand at several inputs: its signal is the sum of theirs.
    return inputs.map((value, i) => (inputs.indexOf(value) === i ? found.get(value) : undefined) ?? null) as never;
  };

/** g where the output is not at an end of its range. */
function inRange({ op, node, g, fail }: Context, levels: Value): Value {
  const { dtype } = node.outputs[0]!.type;
  const [least, most] = ranges[dtype] ?? fail(`makes ${dtype}, whose range has no row`);
  return op.Where(op.Or(op.Equal(levels, least), op.Equal(levels, most)), 0, g);
}

/** One quantized input and output: [x, scale, zero, scale, zero]. */
const around = <Attrs>(apply: (c: Context & { readonly attrs: Attrs }, x: Value) => Value) =>
  through<Attrs>((c, [x, xScale, xZero, yScale]) => ({ y: apply(c, dequantized(c, x!, xScale!, xZero)), scale: yScale }));

/** Two: [a, scale, zero, b, scale, zero, scale, zero]. */
const between = (apply: (op: Ops, a: Value, b: Value) => Value) =>
  through((c, [a, aScale, aZero, b, bScale, bZero, yScale]) => ({
    y: apply(c.op, dequantized(c, a!, aScale!, aZero), dequantized(c, b!, bScale!, bZero)),
    scale: yScale,
  }));

interface Layout {
  readonly auto_pad?: string;
  readonly channels_last?: number;
}
const laidOut = (c: Context & { readonly attrs: Layout }, x: Value, apply: (x: Value) => Value): Value =>
  c.attrs.channels_last === 1 ? channelsFirst(c, x, apply) : apply(x);

/** A whole number of units as a float. */
const inUnits = (op: Ops, v: Value, ...scales: readonly Value[]): Value =>
  scales.reduce((product, scale) => op.Mul(product, scale), op.Cast(v, { to: dtypes.float32.code }));

const conv = through<Layout>((c, [x, xScale, xZero, w, wScale, wZero, yScale, , bias]) => {
  const weight = dequantized(c, w!, wScale!, wZero, 0);
  const added = bias && inUnits(c.op, bias, single(c, xScale!), single(c, wScale!));
  const attrs = without(c.attrs as object, 'channels_last');
  return { y: laidOut(c, dequantized(c, x!, xScale!, xZero), (v) => c.op.Conv(v, weight, added, attrs)), scale: yScale };
});

const gemm = through<{ readonly alpha: number; readonly transA: number; readonly transB: number }>(
  (c, [a, aScale, aZero, b, bScale, bZero, bias, yScale]) => {
    const { op, attrs } = c;
    const product = op.Gemm(dequantized(c, a!, aScale!, aZero), dequantized(c, b!, bScale!, bZero, attrs.transB ? 0 : 1), undefined, attrs);
    const added = (): Value => op.Mul(inUnits(op, bias!, single(c, aScale!), single(c, bScale!)), attrs.alpha);
    return { y: bias === undefined ? product : op.Add(product, added()), scale: yScale };
  },
);

const matmul = through((c, [a, aScale, aZero, b, bScale, bZero, yScale]) => {
  const rows = (v: Value): number => Math.max(0, rankOf(v, c.node) - 2);
  const [left, right] = [dequantized(c, a!, aScale!, aZero, rows(a!)), dequantized(c, b!, bScale!, bZero, rankOf(b!, c.node) - 1)];
  return { y: c.op.MatMul(left, right), scale: yScale };
});

/** Softmax over one axis, or before opset 13 over all axes from there on. */
const softmax = around<{ readonly axis: number; readonly opset: number }>(({ op, b, node, attrs: { axis, opset } }, x) => {
  if (opset >= 13) return op.Softmax(x, { axis });
  const dims = extents(x, node);
  const rows = dims.slice(0, axis < 0 ? axis + dims.length : axis).reduce((n, d) => n * d, 1);
  return op.Reshape(op.Softmax(op.Reshape(x, b.ints([rows, -1])), { axis: 1 }), b.ints(dims));
});

/** Operators from quantized values to quantized values, straight through. */
export const quantized = {
  QLinearConv: conv,
  QLinearMatMul: matmul,
  'com.microsoft.QGemm': gemm,
  'com.microsoft.QLinearAdd': between((op, a, b) => op.Add(a, b)),
  'com.microsoft.QLinearAveragePool': around<Layout>((c, x) =>
    laidOut(c, x, (v) => c.op.AveragePool(v, without(c.attrs, 'channels_last') as never)),
  ),
  'com.microsoft.QLinearConcat': through<{ readonly axis: number }>((c, [scale, , ...triples]) => {
    const parts = triples.flatMap((x, i) => (i % 3 === 0 ? [dequantized(c, x, triples[i + 1]!, triples[i + 2])] : []));
    return { y: c.op.Concat(...parts, { axis: c.attrs.axis }), scale };
  }),
  'com.microsoft.QLinearConv': conv,
  'com.microsoft.QLinearGlobalAveragePool': around<Layout>((c, x) => laidOut(c, x, (v) => c.op.GlobalAveragePool(v))),
  'com.microsoft.QLinearLeakyRelu': around<{ readonly alpha: number }>(({ op, attrs: { alpha } }, x) => op.LeakyRelu(x, { alpha })),
  'com.microsoft.QLinearMul': between((op, a, b) => op.Mul(a, b)),
  'com.microsoft.QLinearSigmoid': around(({ op }, x) => op.Sigmoid(x)),
  'com.microsoft.QLinearSoftmax': softmax,
  'com.microsoft.QLinearWhere': through((c, [condition, a, aScale, aZero, b, bScale, bZero, yScale]) => ({
    y: c.op.Where(condition!, dequantized(c, a!, aScale!, aZero), dequantized(c, b!, bScale!, bZero)),
    scale: yScale,
  })),
} satisfies RuleTable;
