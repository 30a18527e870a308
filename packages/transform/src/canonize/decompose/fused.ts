import { dtypes, type Ops, type Value } from '@vitrine/ir';
import { extents, rankOf } from '../../fit.js';
import { channelsFirst, without } from '../../layout.js';
import { swap } from '../../vjp/linear.js';
import type { DecompositionContext, DecompositionTable } from '../decomposition.js';

type Parameters = readonly (number | undefined)[];
type Activation = (op: Ops, x: Value, parameters: Parameters) => Value;

/** Activations that ONNX Runtime fuses into products, by the name its operators give them. Parameters left out have the operator's defaults. */
const activations: { readonly [name: string]: Activation } = {
  Clip: (op, x, [low, high]) => op.Clip(x, low, high),
  Elu: (op, x, [alpha]) => op.Elu(x, { alpha }),
  HardSigmoid: (op, x, [alpha, beta]) => op.HardSigmoid(x, { alpha, beta }),
  LeakyRelu: (op, x, [alpha]) => op.LeakyRelu(x, { alpha }),
  Relu: (op, x) => op.Relu(x),
  Selu: (op, x, [alpha, , gamma]) => op.Selu(x, { alpha, gamma }),
  Sigmoid: (op, x) => op.Sigmoid(x),
  Softplus: (op, x) => op.Softplus(x),
  Softsign: (op, x) => op.Softsign(x),
  Tanh: (op, x) => op.Tanh(x),
  ThresholdedRelu: (op, x, [alpha]) => op.ThresholdedRelu(x, { alpha }),
};

function activated(c: Pick<DecompositionContext, 'op' | 'fail'>, name: string | undefined, x: Value, parameters: Parameters): Value {
  if (name === undefined || name === '') return x;
  const apply = Object.hasOwn(activations, name) ? activations[name]! : c.fail(`fuses the activation ${name}, which has no row`);
  return apply(c.op, x, parameters);
}

/** Matrix product with operands turned as the attributes say. */
function product(
  c: DecompositionContext<'com.microsoft.FusedMatMul' | 'com.microsoft.FusedMatMulActivation' | 'com.microsoft.TransposeMatMul'>,
): Value {
  const { op, node, x } = c;
  const { alpha, transA, transB, transBatchA, transBatchB } = { transBatchA: 0, transBatchB: 0, ...c.attrs };
  const operand = (v: Value, batch: number, last: number): Value => {
    const rank = rankOf(v, node);
    const rowsFirst = Array.from({ length: rank }, (_, i) => i).slice(1, -1);
    const turned = batch && rank > 2 ? op.Transpose(v, { perm: [...rowsFirst, 0, rank - 1] }) : v;
    return last && rank > 1 ? swap(op, turned, rank) : turned;
  };
  const y = op.MatMul(operand(x[0], transBatchA, transA), operand(x[1], transBatchB, transB));
  return alpha === 1 ? y : op.Mul(y, alpha);
}

/** A convolution, another tensor added, an activation. */
function fusedConv(
  c: DecompositionContext<'com.microsoft.FusedConv' | 'com.microsoft.NhwcFusedConv'>,
  x: Value,
  z: Value | undefined,
): Value {
  const { op, attrs } = c;
  const y = op.Conv(x, c.x[1], c.x[2], without(attrs, 'activation', 'activation_params'));
  return activated(c, attrs.activation, z === undefined ? y : op.Add(y, z), attrs.activation_params ?? []);
}

/** Fusions of ONNX Runtime, taken apart. */
export const fused = {
  'com.microsoft.BiasAdd': ({ op, x: [x, bias, skip] }) => [op.Add(op.Add(x, bias), skip)],
  'com.microsoft.BiasDropout': (c) => {
    const [x, bias, residual, ratio, training] = c.x;
    const dropped = c.b.node('Dropout', [c.op.Add(x, bias), ratio, training], {}, c.outputs);
    return [residual === undefined ? dropped[0] : c.op.Add(dropped[0]!, residual), dropped[1]];
  },
  'com.microsoft.BiasGelu': ({ op, x: [x, bias] }) => [op.Gelu(op.Add(x, bias))],
  'com.microsoft.BiasSoftmax': ({ op, b, node, x: [x, bias], attrs: { axis } }) => {
    const dims = extents(x, node);
    const rows = dims.slice(0, axis < 0 ? axis + dims.length : axis).reduce((n, d) => n * d, 1);
    return [op.Reshape(op.Softmax(op.Reshape(op.Add(x, bias), b.ints([rows, -1])), { axis: 1 }), b.ints(dims))];
  },
  'com.microsoft.BiasSplitGelu': ({ op, b, node, x: [x, bias] }) => {
    const half = extents(x, node).at(-1)! / 2;
    const [value, gate] = op.Split(op.Add(x, bias), b.ints([half, half]), { axis: -1, outputs: 2 }) as [Value, Value];
    return [op.Mul(value, op.Gelu(gate))];
  },
  'com.microsoft.ExpandDims': ({ op, b, x: [x, axis] }) => [
    op.Unsqueeze(x, op.Reshape(op.Cast(axis, { to: dtypes.int64.code }), b.ints([1]))),
  ],
  'com.microsoft.FusedConv': (c) => [fusedConv(c, c.x[0], c.x[3])],
  'com.microsoft.FusedGemm': (c) => {
    const { activation, activation_alpha: alpha, activation_beta: beta, activation_gamma: gamma, ...attrs } = c.attrs;
    return [activated(c, activation, c.op.Gemm(...c.x, attrs), [alpha, beta, gamma])];
  },
  'com.microsoft.FusedMatMul': (c) => [product(c)],
  'com.microsoft.FusedMatMulActivation': (c) => {
    const { activation, activation_alpha: alpha, activation_beta: beta, activation_gamma: gamma } = c.attrs;
    return [activated(c, activation, product(c), [alpha, beta, gamma])];
  },
  'com.microsoft.GatedAdd': ({ op, x: [x, y, gate] }) => [op.Add(x, op.Mul(y, gate))],
  'com.microsoft.GatherND': ({ op, x: [x, indices] }) => [op.GatherND(x, op.Cast(indices, { to: dtypes.int64.code }))],
  'com.microsoft.GemmFastGelu': ({ op, x: [x, w, bias] }) => {
    const y = op.MatMul(x, w);
    return [op.Gelu(bias === undefined ? y : op.Add(y, bias), { approximate: 'tanh' })];
  },
  'com.microsoft.NhwcConv': (c) => [channelsFirst(c, c.x[0], (x) => c.op.Conv(x, c.x[1], c.x[2], without(c.attrs)))],
  'com.microsoft.NhwcFusedConv': (c) => {
    const rank = rankOf(c.x[0], c.node);
    const z = c.x[3] && c.op.Transpose(c.x[3], { perm: [0, rank - 1, ...Array.from({ length: rank - 2 }, (_, i) => i + 1)] });
    return [channelsFirst(c, c.x[0], (x) => fusedConv(c, x, z))];
  },
  'com.microsoft.NhwcMaxPool': (c) => [channelsFirst(c, c.x[0], (x) => c.op.MaxPool(x, c.attrs))],
  'com.microsoft.Pad': ({ op, b, x: [x, pads, value], attrs }) => [
    op.Pad(x, op.Reshape(pads, b.ints([-1])), value && op.Reshape(value, b.ints([])), attrs),
  ],
  'com.microsoft.TransposeMatMul': (c) => [product(c)],
  'com.microsoft.Trilu': ({ op, x: [x, k], attrs }) => [op.Trilu(x, k, attrs)],
  'com.microsoft.UnfoldTensor': ({ op, b, node, x: [x], attrs: { dim, size, step } }) => {
    const dims = extents(x, node);
    const axis = dim < 0 ? dim + dims.length : dim;
    const count = Math.floor((dims[axis]! - size) / step) + 1;
    const at = b.ints(Array.from({ length: count * size }, (_, i) => Math.floor(i / size) * step + (i % size)));
    const apart = op.Reshape(op.Gather(x, at, { axis }), b.ints(dims.flatMap((d, i) => (i === axis ? [count, size] : [d]))));
    const order = dims.map((_, i) => (i <= axis ? i : i + 1));
    return [op.Transpose(apart, { perm: [...order, axis + 1] })];
  },
} satisfies DecompositionTable;
