import type { Node } from '@vitrine/ir';
import type { RuleContext } from '../rule.js';

/**
 * What an operator does to relevance that goes back through it. Rules of relevance are chosen by kind: a convolution and a dense layer
 * mix features, a sum mixes values, an activation changes each value on its own, routing only moves them. A product is one of two
 * values that both depend on the input, as attention and gates have it; a scale is one with a constant.
 */
export const kindNames = [
  'convolution',
  'dense',
  'product',
  'scale',
  'sum',
  'average',
  'activation',
  'softmax',
  'normalization',
  'batch normalization',
  'routing',
] as const;
export type Kind = (typeof kindNames)[number];

const each = <K extends Kind>(kind: K, text: string): { readonly [opType: string]: K } =>
  Object.fromEntries(
    text
      .trim()
      .split(/\s+/)
      .map((opType) => [opType, kind]),
  );

/** Kinds by operator; those of products depend on which operands depend on the input. */
const kinds: { readonly [opType: string]: Kind } = {
  ...each('convolution', 'Conv ConvTranspose'),
  ...each('dense', 'Gemm MatMul Einsum'),
  ...each('scale', 'Mul Div'),
  ...each('sum', 'Add Sub Sum Mean ReduceSum ReduceMean CumSum'),
  ...each('average', 'AveragePool GlobalAveragePool'),
  ...each(
    'activation',
    `Relu LeakyRelu PRelu ThresholdedRelu Elu Selu Celu Gelu Sigmoid HardSigmoid HardSwish Tanh Softplus Softsign Mish Shrink Clip Erf
     Swish Neg Abs Sqrt Exp Log Pow Sin Cos Atan Reciprocal com.microsoft.FastGelu com.microsoft.QuickGelu`,
  ),
  ...each('softmax', 'Softmax LogSoftmax'),
  ...each(
    'normalization',
    'LayerNormalization GroupNormalization InstanceNormalization RMSNormalization LRN MeanVarianceNormalization LpNormalization',
  ),
  ...each('batch normalization', 'BatchNormalization'),
  ...each(
    'routing',
    `Reshape Flatten Squeeze Unsqueeze Transpose Concat Split Slice Gather GatherElements GatherND Expand Tile Pad Identity Dropout Cast
     CastLike DepthToSpace SpaceToDepth MaxPool GlobalMaxPool ReduceMax ReduceMin Max Min Where TopK Resize ScatterElements ScatterND
     ReverseSequence Trilu Compress MaxUnpool GridSample`,
  ),
};

/** The kind an operator has when one operand depends on the input; undefined where relevance has no rule. */
export const kindByOperator = ({ opType }: Pick<Node, 'opType'>): Kind | undefined =>
  Object.hasOwn(kinds, opType) ? kinds[opType] : undefined;

/** The kind of a node, told from which of its operands depend on what is explained. */
export function kindOf({ node, needs }: Pick<RuleContext, 'node' | 'needs'>): Kind | undefined {
  const kind = kindByOperator(node);
  const several = node.inputs.filter((_, i) => needs(i)).length > 1;
  if (kind === 'scale' && several) return 'product';
  if (kind === 'dense') {
    const operands = node.opType === 'Gemm' ? 2 : node.inputs.length;
    const factors = node.inputs.slice(0, operands).filter((_, i) => needs(i)).length;
    if (factors > 1) return 'product';
    // A bias that depends on the input is no bias.
    if (factors === 0 || several) return 'sum';
  }
  return kind;
}
