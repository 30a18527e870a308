import type { Builder, Value } from '@vitrine/ir';
import { between, form, int64, positive, x, type Form, type FormTable } from '../form.js';

const coefficients = [0.1, -0.2, 0.3, 0.5, 0.4, -0.6];
const linear = { coefficients, intercepts: [0.1, -0.1] };
const classes = { ...linear, classlabels_ints: [3, 7] };
const exact = { twice: false } as const;

/** A node without a row for its output's type, as sequences have none. */
const node = (b: Builder, opType: string, inputs: readonly (Value | undefined)[], attrs = {}): Value =>
  b.named({ opType, name: opType, inputs, attrs }, [`${opType}/out`])[0]!;

const taken = (operands: Form['operands'], make: NonNullable<Form['make']>): Form => form(operands, {}, { ...exact, make });

/** Classical models, and sequences that the graph itself puts together. */
export const ml = {
  'ai.onnx.ml.ArrayFeatureExtractor': [form([x(3, 4), int64(2, 0)], {}, exact)],
  'ai.onnx.ml.FeatureVectorizer': [form([x(3, 2), x(3, 1)], { inputdimensions: [2, 1] }, exact)],
  'ai.onnx.ml.Imputer': [
    form([x(3, 4)], { imputed_value_floats: [0.5], replaced_value_float: 9 }, exact),
    form([x(3, 2)], { imputed_value_floats: [0.5, 1], replaced_value_float: NaN }, exact),
  ],
  'ai.onnx.ml.LinearClassifier': [
    form([x(4, 3)], classes, { ...exact, outputs: 2, seeded: [1] }),
    form([x(4, 3)], { ...linear, classlabels_strings: ['no', 'yes'] }, { ...exact, outputs: 2, seeded: [1] }),
    form([x(4, 3)], { ...classes, post_transform: 'SOFTMAX' }, { ...exact, outputs: 2, seeded: [1] }),
    form([x(4, 3)], { ...classes, post_transform: 'LOGISTIC' }, { ...exact, outputs: 2, seeded: [1] }),
  ],
  'ai.onnx.ml.LinearRegressor': [form([x(4, 3)], { ...linear, targets: 2 }, exact), form([x(4, 6)], { coefficients }, exact)],
  'ai.onnx.ml.Normalizer': ['L1', 'L2', 'MAX'].map((norm) =>
    form([norm === 'MAX' ? positive(3, 4) : between(0.2, 1, 3, 4)], { norm }, { ...exact, bends: norm === 'MAX' }),
  ),
  'ai.onnx.ml.Scaler': [
    form([x(3, 2)], { offset: [0.1, 0.2], scale: [2, 3] }, exact),
    form([x(3, 2)], { offset: [0.1], scale: [2] }, exact),
  ],
  ConcatFromSequence: [
    taken([x(2, 3), x(1, 3)], (b, inputs) => [node(b, 'ConcatFromSequence', [node(b, 'SequenceConstruct', inputs)], { axis: 0 })]),
    taken([x(2, 3), x(2, 3)], (b, inputs) => [
      node(b, 'ConcatFromSequence', [node(b, 'SequenceConstruct', inputs)], { axis: 1, new_axis: 1 }),
    ]),
  ],
  SequenceAt: [
    taken([x(2, 3), x(1, 3)], (b, inputs) => [node(b, 'SequenceAt', [node(b, 'SequenceConstruct', inputs), b.scalar(-2, 'int64')])]),
    taken([x(5, 2)], (b, [v]) => [node(b, 'SequenceAt', [node(b, 'SplitToSequence', [v, b.ints([2, 3])]), b.scalar(1, 'int64')])]),
    taken([x(5, 2)], (b, [v]) => [node(b, 'SequenceAt', [node(b, 'SplitToSequence', [v, b.scalar(2, 'int64')]), b.scalar(2, 'int64')])]),
    taken([x(2, 3)], (b, [v]) => [
      node(b, 'SequenceAt', [node(b, 'SplitToSequence', [v], { axis: 1, keepdims: 0 }), b.scalar(2, 'int64')]),
    ]),
    taken([x(2), x(3)], (b, [v, w]) => {
      const inserted = node(b, 'SequenceInsert', [node(b, 'SequenceConstruct', [v]), w, b.scalar(0, 'int64')]);
      return [node(b, 'SequenceAt', [inserted, b.scalar(0, 'int64')])];
    }),
    taken([x(2), x(3)], (b, inputs) => [
      node(b, 'SequenceAt', [node(b, 'SequenceErase', [node(b, 'SequenceConstruct', inputs)]), b.scalar(0, 'int64')]),
    ]),
  ],
} satisfies FormTable;
