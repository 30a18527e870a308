import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { builder } from '../builder.js';
import type { AttrValue } from '../graph.js';
import { joinedBytes } from '../onnx/encode.js';
import { writeModel } from '../onnx/write.js';
import { filesIn } from '../testing/archive.js';
import { casesIn, check, type Case, type Verdict } from '../testing/cases.js';
import { randomFrom } from '../testing/fuzz.js';
import { sizeOf, tensorOf, type NumericDType, type Tensor } from '../tensor.js';
import { inferences } from './index.js';

const subset = fileURLToPath(new URL('../../testdata/node-cases.tar.gz', import.meta.url));
/** Archives with all cases; of those, what we or ONNX Runtime do not know is passed over. */
const others = process.env['VITRINE_NODE_TESTS']?.split(':') ?? [];
const confirmed = new Set<string>();
const verify = async (one: Case): Promise<Verdict> => {
  const verdict = await check(one);
  for (const op of verdict.confirmed) confirmed.add(op);
  return verdict;
};

describe('a case of the ONNX standard, read and written', () => {
  test.each(casesIn(filesIn(subset)).map((one) => [one.name, one] as const))(
    '%s computes the same, its types and contents are right',
    async (_, one) => {
      expect(await verify(one)).toMatchObject({ kind: 'unchanged', why: '' });
    },
  );

  test.each(others.flatMap((archive) => casesIn(filesIn(archive))).map((one) => [one.name, one] as const))(
    '%s is read right or not at all',
    async (_, one) => {
      const { kind, why } = await verify(one);
      expect(['unchanged', 'refused', 'unsupported'], why).toContain(kind);
    },
  );
});

type Operand = Tensor | undefined;
interface Sample {
  readonly op: string;
  readonly inputs: readonly Operand[];
  readonly attrs?: { readonly [name: string]: AttrValue };
  readonly outputs?: number;
}

let seed = 0;
const random = (dtype: NumericDType, dims: readonly number[], low: number, high: number): Tensor => {
  const next = randomFrom(++seed);
  return tensorOf(
    dtype,
    dims,
    Array.from({ length: sizeOf(dims) }, () => low + (high - low) * next()),
  );
};
const f = (...dims: readonly number[]): Tensor => random('float32', dims, -1, 1);
const u8 = (...dims: readonly number[]): Tensor => random('uint8', dims, 0, 255);
const i8 = (...dims: readonly number[]): Tensor => random('int8', dims, -127, 127);
const i32 = (dims: readonly number[], ...values: readonly number[]): Tensor => tensorOf('int32', dims, values);
const i64 = (dims: readonly number[], ...values: readonly number[]): Tensor => tensorOf('int64', dims, values);
const one = (value: number): Tensor => tensorOf('float32', [], [value]);
const zero = (value: number): Tensor => tensorOf('uint8', [], [value]);
const on = (op: string, inputs: readonly Operand[], attrs: Sample['attrs'] = {}, outputs = 1): Sample => ({ op, inputs, attrs, outputs });
const ms = (op: string, ...rest: [readonly Operand[], Sample['attrs']?, number?]): Sample => on(`com.microsoft.${op}`, ...rest);

/** A tree of one test, in a file's lists. */
const stump = (leaves: 'class' | 'target'): Sample['attrs'] => ({
  nodes_treeids: [0, 0, 0],
  nodes_nodeids: [0, 1, 2],
  nodes_featureids: [1, 0, 0],
  nodes_values: [0.2, 0, 0],
  nodes_modes: ['BRANCH_LEQ', 'LEAF', 'LEAF'],
  nodes_truenodeids: [1, 0, 0],
  nodes_falsenodeids: [2, 0, 0],
  [`${leaves}_treeids`]: [0, 0],
  [`${leaves}_nodeids`]: [1, 2],
  [`${leaves}_weights`]: [1, 2],
});

/** Operators that the standard's cases do not cover, or whose cases ONNX Runtime does not run. */
const vectors = { coefficients: [1, -1], kernel_params: [0.5, 0, 3], kernel_type: 'RBF', rho: [0.1], support_vectors: [1, 2, 3, 4] };
const samples: readonly Sample[] = [
  on('Bernoulli', [random('float32', [2, 3], 0, 1)], { dtype: 6, seed: 1 }),
  on('Mish', [f(2, 3)]),
  on('GlobalLpPool', [f(1, 2, 3, 4)]),
  on('MaxRoiPool', [f(1, 2, 6, 6), tensorOf('float32', [2, 5], [0, 0, 0, 3, 3, 0, 1, 1, 5, 5])], { pooled_shape: [2, 3] }),
  on('MaxUnpool', [f(1, 1, 2, 2), i64([1, 1, 2, 2], 5, 7, 13, 15)], { kernel_shape: [2, 2], strides: [2, 2] }),
  on('Multinomial', [f(2, 4)], { sample_size: 3, seed: 1, dtype: 7 }),
  on('RandomNormal', [], { shape: [2, 3], dtype: 11 }),
  on('RandomUniform', [], { shape: [2, 3] }),
  on('RandomNormalLike', [f(2, 3)], { dtype: 1 }),
  on('RandomUniformLike', [f(2, 3)]),
  on('RoiAlign', [f(1, 2, 6, 6), tensorOf('float32', [1, 4], [0, 0, 4, 4]), i64([1], 0)], { output_height: 2, output_width: 3 }),
  on('SimplifiedLayerNormalization', [f(2, 3, 4), f(4)], { stash_type: 1 }, 2),
  on('SimplifiedLayerNormalization', [f(2, 3, 4), f(3, 4)], { axis: 1 }),
  on('LayerNormalization', [f(2, 3, 4), f(4), f(4)], {}, 3),
  on('DequantizeLinear', [u8(2, 3), one(0.1), zero(3)]),
  on('DequantizeLinear', [i8(2, 3), tensorOf('float32', [3], [1, 2, 3])], { axis: 1 }),
  on('QuantizeLinear', [f(2, 3), one(0.1)], { output_dtype: 3 }),
  on('Resize', [f(1, 1, 10, 3), undefined, tensorOf('float32', [4], [1, 1, 0.7, 1.5])]),
  ms('BiasGelu', [f(2, 4), f(4)]),
  ms('FastGelu', [f(2, 4), f(4)]),
  ms('Gelu', [f(2, 4)]),
  ms('QuickGelu', [f(2, 4)]),
  ms('Inverse', [tensorOf('float32', [1, 2, 2], [2, 1, 1, 3])]),
  ms('RotaryEmbedding', [f(1, 3, 8), i64([1, 3], 0, 1, 2), f(5, 2), f(5, 2)], { num_heads: 2 }),
  ms('Trilu', [f(3, 3)]),
  ms('QLinearLeakyRelu', [u8(2, 3), one(0.1), zero(128), one(0.1), zero(128)]),
  ms('QLinearSigmoid', [u8(2, 3), one(0.1), zero(128), one(0.01), zero(0)]),
  ms('QLinearSoftmax', [u8(2, 3), one(0.1), zero(128), one(0.01), zero(0)], { opset: 13 }),
  ms('QLinearAdd', [u8(2, 3), one(0.1), zero(128), u8(3), one(0.1), zero(128), one(0.2), zero(128)]),
  ms('QLinearMul', [u8(2, 1), one(0.1), zero(128), u8(3), one(0.1), zero(128), one(0.2), zero(128)]),
  ms('DequantizeLinear', [u8(2, 3), one(0.1), zero(128)]),
  ms('QuantizeLinear', [f(2, 3), one(0.1), zero(128)]),
  ms('SkipLayerNormalization', [f(2, 3, 4), f(2, 3, 4), f(4), f(4), f(4)]),
  ms('SkipSimplifiedLayerNormalization', [f(2, 3, 4), f(2, 3, 4), f(4)]),
  ms('DynamicQuantizeMatMul', [f(2, 3), i8(3, 4), one(0.1), tensorOf('int8', [], [0])]),
  ms('MatMulIntegerToFloat', [u8(2, 3), i8(3, 4), one(0.1), one(0.2)]),
  ms('FusedMatMul', [f(2, 5, 3), f(2, 5, 4)], { transA: 1, alpha: 0.5 }),
  ms('TransposeMatMul', [f(2, 3), f(4, 3)], { transB: 1 }),
  ms('MatMulNBits', [f(2, 32), u8(5, 1, 16), f(5)], { K: 32, N: 5, bits: 4, block_size: 32 }),
  ms('FusedGemm', [f(3, 2), f(3, 4), f(4)], { transA: 1, activation: 'Relu' }),
  ms('QGemm', [u8(2, 3), one(0.1), zero(128), i8(3, 4), one(0.1), tensorOf('int8', [], [0]), i32([4], 1, 2, 3, 4), one(0.5), zero(128)]),
  ms('QGemm', [u8(2, 3), one(0.1), zero(128), i8(3, 4), one(0.1), tensorOf('int8', [], [0])]),
  ms('FusedConv', [f(1, 2, 5, 5), f(3, 2, 3, 3)], { activation: 'Relu', kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }),
  ms('QLinearGlobalAveragePool', [u8(1, 2, 3, 4), one(0.1), zero(128), one(0.1), zero(128)]),
  ms('GatherND', [f(2, 3), i64([2, 1], 1, 0)]),
  ms('ExpandDims', [f(2, 3), i32([1], -1)]),
  ms('FusedMatMul', [f(5, 2, 3), f(2, 3, 4)], { transBatchA: 1 }),
  ms('GatedAdd', [f(2, 3), f(2, 3), f(2, 1)]),
  ms('GatedRMSNorm', [f(2, 4), f(4), f(2, 4)]),
  ms('NhwcMaxPool', [i8(1, 5, 6, 2)], { kernel_shape: [2, 3], strides: [2, 1] }),
  ms('Pad', [f(2, 3), i64([4], 0, 1, 2, 0), one(0.5)]),
  ms('QLinearAveragePool', [u8(1, 2, 5, 6), one(0.1), zero(128), one(0.1), zero(128)], { kernel_shape: [2, 2], strides: [2, 2] }),
  ms('QLinearAveragePool', [u8(1, 5, 6, 2), one(0.1), zero(128), one(0.1), zero(128)], { kernel_shape: [2, 2], channels_last: 1 }),
  ms('QLinearConcat', [one(0.1), zero(128), u8(2, 3), one(0.1), zero(128), u8(2, 4), one(0.2), zero(100)], { axis: 1 }),
  ms('QLinearConv', [u8(1, 2, 5, 5), one(0.1), zero(128), u8(3, 2, 3, 3), one(0.1), zero(128), one(0.5), zero(128)], {
    kernel_shape: [3, 3],
  }),
  ms('QLinearConv', [u8(1, 5, 5, 2), one(0.1), zero(128), u8(3, 2, 3, 3), one(0.1), zero(128), one(0.5), zero(128)], {
    kernel_shape: [3, 3],
    channels_last: 1,
  }),
  ms('QLinearWhere', [tensorOf('bool', [2, 1], [1, 0]), u8(2, 3), one(0.1), zero(128), u8(3), one(0.1), zero(128), one(0.1), zero(128)]),
  ms('UnfoldTensor', [f(2, 7)], { dim: 1, size: 3, step: 2 }),
  ms('GridSample', [f(1, 2, 4, 5), f(1, 3, 2, 2)], { mode: 'bilinear' }),
  on('ai.onnx.ml.ArrayFeatureExtractor', [f(5), i64([], 3)]),
  on('ai.onnx.ml.ArrayFeatureExtractor', [f(2, 5), i64([2, 2], 3, 0, 1, 1)]),
  on('ai.onnx.ml.FeatureVectorizer', [f(3, 2), f(3, 1)], { inputdimensions: [2, 1] }),
  on('ai.onnx.ml.Imputer', [f(3, 2)], { imputed_value_floats: [0.5], replaced_value_float: 9 }),
  on('ai.onnx.ml.LinearClassifier', [f(4, 3)], { coefficients: [1, 2, 3, 4, 5, 6], intercepts: [0.1, 0.2], classlabels_ints: [3, 7] }, 2),
  on('ai.onnx.ml.LinearRegressor', [f(4, 3)], { coefficients: [1, 2, 3, 4, 5, 6], targets: 2 }),
  on(
    'ai.onnx.ml.SVMClassifier',
    [f(4, 2)],
    { ...vectors, classlabels_ints: [0, 1], vectors_per_class: [1, 1], prob_a: [-1], prob_b: [0] },
    2,
  ),
  on('ai.onnx.ml.SVMClassifier', [f(4, 2)], { ...vectors, classlabels_ints: [0, 1], vectors_per_class: [1, 1] }, 2),
  on('ai.onnx.ml.SVMRegressor', [f(4, 2)], { ...vectors, n_supports: 2 }),
  on('ai.onnx.ml.Normalizer', [f(3, 4)], { norm: 'L2' }),
  on('ai.onnx.ml.Binarizer', [f(3, 4)], { threshold: 0.5 }),
  on('ai.onnx.ml.CategoryMapper', [i64([3], 1, 2, 3)], { cats_int64s: [1, 2], cats_strings: ['a', 'b'] }),
  on('ai.onnx.ml.LabelEncoder', [i64([3], 1, 2, 3)], { keys_int64s: [1, 2], values_floats: [0.5, 1.5] }),
  on('ai.onnx.ml.OneHotEncoder', [i64([3, 1], 1, 2, 3)], { cats_int64s: [1, 2, 3, 4] }),
  on('ai.onnx.ml.TreeEnsembleClassifier', [f(3, 2)], { ...stump('class'), class_ids: [0, 1], classlabels_strings: ['a', 'b'] }, 2),
  on('ai.onnx.ml.TreeEnsembleRegressor', [f(3, 2)], { ...stump('target'), target_ids: [0, 1], n_targets: 2 }),
  on('ai.onnx.ml.TreeEnsemble', [f(3, 2)], {
    n_targets: 2,
    tree_roots: [0],
    nodes_featureids: [1],
    nodes_splits: tensorOf('float32', [1], [0.2]),
    nodes_modes: tensorOf('uint8', [1], [0]),
    nodes_truenodeids: [0],
    nodes_trueleafs: [1],
    nodes_falsenodeids: [1],
    nodes_falseleafs: [1],
    leaf_targetids: [0, 1],
    leaf_weights: tensorOf('float32', [2], [1, 2]),
  }),
  on('ai.onnx.ml.Scaler', [f(3, 2)], { offset: [0.1, 0.2], scale: [2, 3] }),
  ms('QAttention', [u8(2, 3, 8), i8(8, 24), f(24), one(0.1), one(0.01), undefined, zero(128), tensorOf('int8', [], [0])], { num_heads: 2 }),
  ms(
    'QEmbedLayerNormalization',
    [
      i32([2, 3], 0, 1, 2, 3, 1, 0),
      i32([2, 3], 0, 0, 0, 1, 1, 1),
      u8(4, 8),
      u8(6, 8),
      u8(2, 8),
      u8(8),
      u8(8),
      i32([2, 3], 1, 1, 1, 1, 1, 0),
      one(0.1),
      one(0.1),
      one(0.1),
      one(0.1),
      one(0.1),
      zero(128),
      zero(128),
      zero(128),
      zero(0),
      zero(128),
    ],
    {},
    2,
  ),
  ms('Attention', [f(2, 3, 8), f(8, 24), f(24)], { num_heads: 2 }),
  ms('MultiHeadAttention', [f(2, 3, 8), f(2, 5, 8), f(2, 5, 8)], { num_heads: 2 }),
  ms(
    'GroupQueryAttention',
    [f(1, 3, 16), f(1, 3, 8), f(1, 3, 8), undefined, undefined, i32([1, 1], 2), i32([], 3)],
    { num_heads: 2, kv_num_heads: 1 },
    3,
  ),
  ms(
    'EmbedLayerNormalization',
    [i32([2, 3], 0, 1, 2, 3, 1, 0), i32([2, 3], 0, 0, 0, 1, 1, 1), f(4, 8), f(6, 8), f(2, 8), f(8), f(8), i32([2, 3], 1, 1, 1, 1, 1, 0)],
    {},
    2,
  ),
];

/** Rows that ONNX Runtime's CPU build has no kernel for, so that nothing can confirm them. */
const unconfirmed = new Set([
  'ai.vitrine.Endpoint',
  'com.microsoft.BiasAdd',
  'com.microsoft.BiasDropout',
  'com.microsoft.BiasSoftmax',
  'com.microsoft.BiasSplitGelu',
  'com.microsoft.FusedMatMulActivation',
  'com.microsoft.GemmFastGelu',
  'com.microsoft.GroupNorm',
  'com.microsoft.NhwcConv',
  'com.microsoft.NhwcFusedConv',
  'com.microsoft.QLinearReduceMean',
  'com.microsoft.SkipGroupNorm',
]);

/** Operators of ai.onnx.ml that its first version does not have. */
const since: { readonly [op: string]: number } = { 'ai.onnx.ml.LabelEncoder': 2, 'ai.onnx.ml.TreeEnsemble': 5 };

function caseOf({ op, inputs, attrs = {}, outputs = 1 }: Sample): Case {
  const b = builder();
  const operands = inputs.map((tensor, i) => tensor && b.input(`x${i}`, { dtype: tensor.dtype, shape: tensor.dims }));
  const graph = b.build(b.node(op, operands, attrs, outputs).slice(0, op.endsWith('GroupQueryAttention') ? 1 : outputs));
  return {
    name: op,
    model: joinedBytes(writeModel(graph, { domains: new Map([['ai.onnx.ml', since[op] ?? 1]]) })),
    inputs: () => inputs.filter((t) => t !== undefined),
  };
}

describe('an operator beyond the standard cases', () => {
  test.each(samples.map((sample) => [sample.op, sample] as const))('%s has the types that ONNX Runtime gives it', async (op, sample) => {
    const { kind, why, confirmed: ops } = await verify(caseOf(sample));
    // What draws at random cannot compute the same twice.
    const isRandom = /^(Random|Multinomial|Bernoulli)/.test(op);
    if (!(isRandom && kind === 'changed')) expect({ kind, why }).toEqual({ kind: 'unchanged', why: '' });
    expect([...ops]).toContain(op);
  });
});

test('every row has a sample on which ONNX Runtime confirms it', () => {
  expect(Object.keys(inferences).filter((op) => !confirmed.has(op) && !unconfirmed.has(op))).toEqual([]);
  expect([...unconfirmed].filter((op) => !Object.hasOwn(inferences, op))).toEqual([]);
});
