import { repeated } from '../tensor.js';
import type { OpType, Value } from '../graph.js';
import { axisOf, broadcast, broadcastAll, dtypeFrom, shapeOf, type InferContext, type InferRow, type InferTable } from './context.js';

/** Every output is shaped as the first input. */
const same = ({ x, outputs }: InferContext): ReturnType<InferRow> => repeated(outputs, shapeOf(x[0]!));
/** All inputs broadcast together. */
const broadcasting = (c: InferContext): ReturnType<InferRow> => [
  broadcastAll(c, (c.x as readonly (Value | undefined)[]).filter((v) => v !== undefined).map(shapeOf)),
];

const all = <const Op extends OpType>(
  row: (c: InferContext) => ReturnType<InferRow>,
  ops: readonly Op[],
): { readonly [O in Op]: InferRow } => Object.fromEntries(ops.map((op) => [op, row])) as { readonly [O in Op]: InferRow };

// oxfmt-ignore
const SAME = all(same, [
  'Abs', 'Acos', 'Acosh', 'Asin', 'Asinh', 'Atan', 'Atanh', 'BitwiseNot', 'Ceil', 'Celu', 'Clip', 'Cos', 'Cosh', 'CumSum',
  'Dropout', 'Elu', 'Erf', 'Exp', 'Floor', 'Gelu', 'GroupNormalization', 'HardSigmoid', 'HardSwish', 'Hardmax', 'Identity',
  'InstanceNormalization', 'IsInf', 'IsNaN', 'LRN', 'LeakyRelu', 'Log', 'LogSoftmax', 'LpNormalization',
  'MeanVarianceNormalization', 'Mish', 'Neg', 'Not', 'PRelu', 'RMSNormalization', 'Reciprocal', 'Relu', 'ReverseSequence',
  'RotaryEmbedding', 'Round', 'ScatterElements', 'ScatterND', 'Selu', 'Shrink', 'Sigmoid', 'Sign', 'Sin', 'Sinh', 'Softmax',
  'Softplus', 'Softsign', 'Sqrt', 'Tan', 'Tanh', 'ThresholdedRelu', 'Trilu',
  'com.microsoft.BiasDropout', 'com.microsoft.BiasGelu', 'com.microsoft.BiasSoftmax', 'com.microsoft.FastGelu',
  'com.microsoft.Gelu', 'com.microsoft.GroupNorm', 'com.microsoft.Inverse', 'com.microsoft.QLinearLeakyRelu',
  'com.microsoft.QLinearSigmoid', 'com.microsoft.QLinearSoftmax', 'com.microsoft.QuickGelu', 'com.microsoft.RotaryEmbedding',
  'com.microsoft.Trilu',
]);

// oxfmt-ignore
const BROADCASTING = all(broadcasting, [
  'Add', 'And', 'BitShift', 'BitwiseAnd', 'BitwiseOr', 'BitwiseXor', 'Div', 'Equal', 'Greater', 'GreaterOrEqual', 'Less',
  'LessOrEqual', 'Max', 'Mean', 'Min', 'Mod', 'Mul', 'Or', 'Pow', 'Sub', 'Sum', 'Where', 'Xor',
  'com.microsoft.BiasAdd',
]);

/** Element by element, alone or broadcast; and the normalizations, which keep their input's shape. */
export const elementwise = {
  ...SAME,
  ...BROADCASTING,
  // The right half gates the left one.
  'com.microsoft.BiasSplitGelu': (c) => [
    shapeOf(c.x[0]).map((dim, i, { length }) => (i < length - 1 ? dim : typeof dim === 'number' ? dim / 2 : c.fresh())),
  ],
  'com.microsoft.QLinearAdd': (c) => [broadcast(c, shapeOf(c.x[0]), shapeOf(c.x[3]))],
  'com.microsoft.QLinearMul': (c) => [broadcast(c, shapeOf(c.x[0]), shapeOf(c.x[3]))],
  'com.microsoft.DequantizeLinear': ({ x }) => [shapeOf(x[0])],
  'com.microsoft.QuantizeLinear': ({ x }) => [shapeOf(x[0])],
  BatchNormalization: ({ x: [x, scale], outputs }) => [shapeOf(x), ...repeated(outputs - 1, shapeOf(scale))],
  Bernoulli: (c) => [{ dtype: dtypeFrom(c, c.attrs.dtype, c.x[0]), shape: shapeOf(c.x[0]) }],
  Cast: (c) => [{ dtype: dtypeFrom(c, c.attrs.to), shape: shapeOf(c.x[0]) }],
  CastLike: ({ x: [x] }) => [shapeOf(x)],
  DequantizeLinear: (c) => [{ dtype: dtypeFrom(c, c.attrs.output_dtype || undefined, c.x[1]), shape: shapeOf(c.x[0]) }],
  DynamicQuantizeLinear: ({ x: [x] }) => [shapeOf(x), [], []],
  LayerNormalization: (c) => normalized(c),
  QuantizeLinear: (c) => {
    const [x, , zero] = c.x;
    const code = c.attrs.output_dtype || undefined;
    return [{ dtype: code === undefined && zero === undefined ? 'uint8' : dtypeFrom(c, code, zero), shape: shapeOf(x) }];
  },
  SimplifiedLayerNormalization: (c) => normalized(c),
  'com.microsoft.SkipLayerNormalization': (c) => skip(c),
  'com.microsoft.SkipSimplifiedLayerNormalization': (c) => skip(c),
} satisfies InferTable;

/** The normalized input, then its statistics in the type they were computed in. */
function normalized(c: InferContext<'LayerNormalization' | 'SimplifiedLayerNormalization'>): ReturnType<InferRow> {
  const shape = shapeOf(c.x[0]);
  const axis = axisOf(c, c.attrs.axis, shape.length);
  const statistics = { dtype: dtypeFrom(c, c.attrs.stash_type), shape: shape.map((dim, i) => (i >= axis ? 1 : dim)) };
  return [shape, ...repeated(c.outputs - 1, statistics)];
}

/** Outputs: normalized, mean, inverse deviation (both unused by inference builds), and the sum. */
const skip = (c: InferContext): ReturnType<InferRow> => {
  const shape = shapeOf(c.x[0]!);
  return [shape, undefined, undefined, shape].slice(0, c.outputs);
};
