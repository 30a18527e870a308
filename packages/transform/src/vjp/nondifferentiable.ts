import type { OpType } from '@vitrine/ir';
import type { Rule, RuleTable } from '../rule.js';

const flat: Rule = ({ x }) => (x as readonly unknown[]).map(() => null) as never;
const passingNothing = <const Op extends OpType>(...opTypes: readonly Op[]): { readonly [O in Op]: Rule<O> } =>
  Object.fromEntries(opTypes.map((opType) => [opType, flat])) as never;

/** Operators that pass nothing back, declared. */
export const nondifferentiable = {
  // Steps: their derivative is zero almost everywhere.
  ...passingNothing('Ceil', 'Floor', 'Round', 'Sign', 'ai.onnx.ml.Binarizer'),
  // Comparisons, and logic on their results or on bits.
  ...passingNothing('Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual', 'IsInf', 'IsNaN', 'com.microsoft.IsAllFinite'),
  ...passingNothing('And', 'Not', 'Or', 'Xor', 'BitShift', 'BitwiseAnd', 'BitwiseNot', 'BitwiseOr', 'BitwiseXor'),
  // Positions and counts.
  ...passingNothing('ArgMax', 'ArgMin', 'Hardmax', 'NonMaxSuppression', 'NonZero', 'TfIdfVectorizer', 'com.microsoft.DynamicTimeWarping'),
  // What only depends on shapes.
  ...passingNothing('ConstantOfShape', 'EyeLike', 'RandomNormalLike', 'RandomUniformLike', 'Range', 'SequenceLength', 'Shape', 'Size'),
  ...passingNothing('BlackmanWindow', 'HammingWindow', 'HannWindow', 'MelWeightMatrix', 'OptionalHasElement', 'com.microsoft.Range'),
  // Draws: what comes out is a sample, not a function of the odds.
  ...passingNothing('Bernoulli', 'Multinomial'),
  // Text, categories and codes.
  ...passingNothing('RegexFullMatch', 'StringConcat', 'StringNormalizer', 'StringSplit', 'com.microsoft.Tokenizer'),
  ...passingNothing('ai.onnx.ml.CategoryMapper', 'ai.onnx.ml.LabelEncoder', 'ai.onnx.ml.OneHotEncoder'),
  ...passingNothing('com.microsoft.MurmurHash3', 'com.microsoft.NGramHashMapping'),
  // A look-up of constants by whole numbers.
  ...passingNothing('com.microsoft.GatherBlockQuantized'),
} satisfies RuleTable;
