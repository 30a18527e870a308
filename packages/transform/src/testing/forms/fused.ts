import { distinct, form, int32, int64, positive, scalar, shaped, x, type Form, type FormTable } from '../form.js';

const none = undefined;
const fusedConv = (attrs: Form['attrs'], sum = false): Form =>
  form(
    [x(1, 2, 5, 4), x(3, 2, 3, 2), x(3), ...(sum ? [x(1, 3, 5, 4)] : [])],
    { pads: [1, 0, 1, 1], kernel_shape: [3, 2], ...attrs },
    { bends: true, twice: false },
  );
const gemm = (attrs: Form['attrs']): Form => form([x(2, 3), x(3, 4), x(4)], { alpha: 0.7, ...attrs }, { bends: true, twice: false });
const unrun = { unrun: true, twice: false };

/** Fusions of ONNX Runtime. */
export const fused = {
  'com.microsoft.BiasAdd': [form([x(2, 3, 4), x(4), x(2, 3, 4)], {}, unrun)],
  'com.microsoft.BiasDropout': [
    form([x(2, 3), x(3), x(2, 3)], {}, unrun),
    form([x(2, 3), x(3), none, scalar(0.5)], {}, { ...unrun, outputs: 2 }),
  ],
  'com.microsoft.BiasGelu': [form([x(2, 3), x(3)], {}, { twice: false })],
  'com.microsoft.BiasSoftmax': [
    form([x(2, 3, 4), x(1, 1, 4)], { axis: 2, is_inner_broadcast: 0 }, unrun),
    form([x(2, 3, 4), x(2, 1, 1)], { axis: 1, is_inner_broadcast: 1 }, unrun),
  ],
  'com.microsoft.BiasSplitGelu': [form([x(2, 3, 4), x(4)], {}, unrun)],
  'com.microsoft.EmbedLayerNormalization': [
    form(
      [
        shaped(int32(1, 0, 2, 2, 3, 1), 2, 3),
        shaped(int32(0, 1, 1, 0, 0, 1), 2, 3),
        x(4, 5),
        x(6, 5),
        x(2, 5),
        x(5),
        x(5),
        shaped(int32(1, 1, 0, 1, 1, 1), 2, 3),
      ],
      { epsilon: 1e-3 },
      { outputs: 3, seeded: [0, 2], twice: false },
    ),
    form(
      [shaped(int32(1, 0, 2, 2, 3, 1), 2, 3), none, x(4, 5), x(6, 5), none, x(5), x(5), none, shaped(int32(2, 1, 0), 1, 3)],
      { epsilon: 1e-3 },
      { outputs: 2, twice: false },
    ),
  ],
  'com.microsoft.ExpandDims': [form([x(2, 3), scalar(1, 'int32')]), form([x(2, 3), scalar(-1, 'int32')])],
  'com.microsoft.FusedConv': [
    fusedConv({}),
    ...['Relu', 'Sigmoid', 'Tanh'].map((activation) => fusedConv({ activation })),
    fusedConv({ activation: 'LeakyRelu', activation_params: [0.2] }),
    fusedConv({ activation: 'Clip', activation_params: [-0.5, 0.6] }),
    fusedConv({ activation: 'HardSigmoid', activation_params: [0.3, 0.4] }),
    fusedConv({ activation: 'Relu' }, true),
  ],
  'com.microsoft.FusedGemm': [
    ...['Relu', 'Sigmoid', 'Softplus', 'Softsign', 'Tanh'].map((activation) => gemm({ activation })),
    gemm({ activation: 'LeakyRelu', activation_alpha: 0.2 }),
    gemm({ activation: 'Elu', activation_alpha: 1.3 }),
    gemm({ activation: 'ThresholdedRelu', activation_alpha: 0.1 }),
    gemm({ activation: 'HardSigmoid', activation_alpha: 0.3, activation_beta: 0.4 }),
    form([x(3, 2), x(4, 3)], { transA: 1, transB: 1, activation: 'Tanh' }, { twice: false }),
  ],
  'com.microsoft.FusedMatMul': [
    form([x(2, 3), x(3, 4)], { alpha: 0.5 }),
    form([x(2, 3, 2), x(2, 4, 3)], { transA: 1, transB: 1 }),
    form([x(5, 3), x(2, 4, 3)], { transB: 1 }),
    form([x(3, 2, 4), x(2, 4, 5)], { transBatchA: 1 }),
    form([x(3, 2, 4), x(5, 2, 4)], { transBatchA: 1, transBatchB: 1, transB: 1 }),
  ],
  'com.microsoft.FusedMatMulActivation': [form([x(2, 3), x(3, 4)], { activation: 'Tanh', alpha: 0.5 }, unrun)],
  'com.microsoft.GatedAdd': [form([x(2, 3, 4), x(2, 3, 4), x(2, 3, 1)])],
  'com.microsoft.GatedRMSNorm': [form([x(2, 3, 8), x(4), x(2, 3, 8)], {}, { twice: false })],
  'com.microsoft.GatherND': [form([x(3, 4), shaped(int32(1, 2, 0, 0), 2, 2)]), form([x(3, 4), shaped(int64(2, 0), 2, 1)])],
  'com.microsoft.GemmFastGelu': [form([x(2, 3), x(3, 4), x(4)], {}, unrun)],
  'com.microsoft.GroupNorm': [
    form([x(2, 3, 2, 4), x(4), x(4)], { groups: 2, activation: 0 }, unrun),
    form([x(2, 4, 3, 2), x(4), x(4)], { groups: 2, activation: 1, channels_last: 0, epsilon: 1e-2 }, unrun),
  ],
  'com.microsoft.SkipGroupNorm': [
    form([x(2, 3, 2, 4), x(4), x(4), x(2, 4), x(4)], { groups: 2, activation: 0 }, { ...unrun, outputs: 2 }),
    form([x(2, 4, 3, 2), x(4), x(4), x(2, 4, 3, 2), x(4)], { groups: 2, activation: 1, channels_last: 0 }, unrun),
    form([x(2, 3, 2, 4), x(4), x(4), x(2, 1, 1, 4)], { groups: 4, activation: 0 }, unrun),
  ],
  'com.microsoft.NhwcConv': [form([x(1, 5, 4, 2), x(3, 2, 3, 2), x(3)], { strides: [2, 1], pads: [1, 0, 1, 1] }, unrun)],
  'com.microsoft.NhwcFusedConv': [
    form([x(1, 5, 4, 2), x(3, 2, 3, 2), x(3), x(1, 3, 3, 3)], { strides: [2, 1], pads: [1, 0, 1, 0], activation: 'Sigmoid' }, unrun),
  ],
  'com.microsoft.NhwcMaxPool': [form([distinct(1, 5, 4, 2)], { kernel_shape: [2, 2], strides: [2, 1], pads: [1, 0, 0, 0] }, unrun)],
  'com.microsoft.Pad': [
    form([x(2, 3), int64(1, 0, 2, 1)]),
    form([x(2, 3), shaped(int64(0, 1, 1, 0), 1, 4), x(1)]),
    form([x(3, 4), int64(1, 2, 1, 0)], { mode: 'reflect' }),
  ],
  'com.microsoft.SkipLayerNormalization': [
    form([x(2, 3, 4), x(2, 3, 4), x(4), x(4), x(4)], {}, { twice: false }),
    // ONNX Runtime 1.30 crashes without beta.
    form([x(2, 3, 4), x(2, 3, 4), x(4)], { epsilon: 1e-2 }, unrun),
    form([x(2, 3, 4), x(1, 3, 4), x(4), x(4)], {}, { twice: false }),
    form([x(2, 3, 4), x(3, 4), x(4), x(4), x(4)], {}, { outputs: 4, kept: [0, 3], twice: false }),
  ],
  'com.microsoft.SkipSimplifiedLayerNormalization': [
    form([x(2, 3, 4), x(2, 3, 4), x(4), x(4)], {}, { twice: false }),
    form([x(2, 3, 4), x(2, 3, 4), positive(4)], { epsilon: 1e-2 }, { outputs: 4, kept: [0, 3], twice: false }),
  ],
  'com.microsoft.TransposeMatMul': [form([x(3, 2), x(3, 4)], { transA: 1, alpha: 2 })],
  'com.microsoft.Trilu': [form([x(3, 4)]), form([x(2, 3, 3), scalar(1, 'int64')], { upper: 0 })],
  'com.microsoft.UnfoldTensor': [form([x(2, 7)], { size: 3, step: 2 }), form([x(5, 2, 2)], { dim: 0, size: 2 })],
} satisfies FormTable;
