import type { Builder, Value } from '@vitrine/ir';
import {
  between,
  bool,
  constant,
  form,
  int8,
  real,
  scalar,
  shaped,
  uint8,
  whole,
  x,
  type Fixed,
  type Form,
  type FormTable,
  type Variable,
} from '../form.js';

/** Rounding moves results by half a unit: differences are taken over many, and agree roughly. */
const rough = { step: 8, tolerance: 0.08, twice: false } as const;
const exact = { twice: false, tolerance: 1e-4 } as const;
const float = (...values: readonly number[]): Fixed => ({ ...real(...values), dtype: 'float32' });
const scale = (value: number): Fixed => scalar(value, 'float32');
const zero = (value: number, dtype: 'int8' | 'uint8' = 'uint8'): Fixed => scalar(value, dtype);
/** Levels in the middle of the range, and all of it. */
const levels = (...dims: readonly number[]): Variable => whole('uint8', 100, 156, ...dims);
const signed = (...dims: readonly number[]): Variable => whole('int8', -30, 30, ...dims);
const weights = (...dims: readonly number[]): Fixed =>
  shaped(int8(...Array.from({ length: dims.reduce((p, d) => p * d, 1) }, (_, i) => ((i * 37) % 101) - 50)), ...dims);
const bytes = (...dims: readonly number[]): Fixed =>
  shaped(uint8(...Array.from({ length: dims.reduce((p, d) => p * d, 1) }, (_, i) => (i * 151) % 256)), ...dims);

/** Scales that spread results over the range. */
const one = (out: number): readonly Fixed[] => [scale(0.05), zero(128), scale(out), zero(120)];
/** An operator of one quantized input. */
const around = (dims: readonly number[], attrs: Form['attrs'] = {}, out = 0.01): Form => form([levels(...dims), ...one(out)], attrs, rough);
const between2 = (out: number, ...dims: readonly (readonly number[])[]): Form =>
  form([levels(...dims[0]!), scale(0.05), zero(128), levels(...dims[1]!), scale(0.04), zero(120), scale(out), zero(128)], {}, rough);
const nBits = (bits: number, more: readonly (Fixed | undefined)[], attrs: Form['attrs'] = {}, K = 32): Form =>
  form(
    [x(2, K), bytes(5, Math.ceil(K / 16), 2 * bits), constant(3, 5, Math.ceil(K / 16)), ...more],
    { K, N: 5, bits, block_size: 16, ...attrs },
    { twice: false },
  );

const doubled = (b: Builder, v: Value): readonly Value[] => {
  const [small, large, at] = [b.scalar(0.05, 'float32'), b.scalar(0.1, 'float32'), b.scalar(128, 'uint8')];
  return b.node('com.microsoft.QLinearAdd', [v, small, at, v, small, at, large, at]);
};

/** Quantized operators. */
export const quantized = {
  ConvInteger: [
    form([levels(1, 2, 5, 4), whole('uint8', 100, 150, 3, 2, 3, 2), zero(128), zero(120)], { strides: [2, 1], pads: [1, 0, 1, 1] }, exact),
    form([signed(1, 2, 5), weights(4, 1, 2)], { group: 2 }, { ...exact, unrun: false }),
    form([levels(1, 1, 4, 4), weights(2, 1, 2, 2), zero(128)], {}, exact),
  ],
  DequantizeLinear: [
    form([levels(2, 3), scale(0.1), zero(128)], {}, exact),
    form([levels(2, 3), scale(0.1)], {}, exact),
    form([signed(2, 3, 2), float(0.1, 0.2, 0.3), int8(1, 2, 3)], {}, exact),
    form(
      [signed(2, 6), shaped(float(0.1, 0.2, 0.3, 0.4, 0.5, 0.6), 2, 3), shaped(int8(1, 2, 3, 4, 5, 6), 2, 3)],
      { axis: -1, block_size: 2 },
      exact,
    ),
    form([signed(5, 2), shaped(float(0.1, 0.2, 0.3, 0.4, 0.5, 0.6), 3, 2)], { axis: 0, block_size: 2 }, exact),
    form([whole('int32', -100, 100, 4), scale(0.01)], {}, exact),
  ],
  DynamicQuantizeLinear: [form([x(4, 5)], {}, { outputs: 3, seeded: [0], conventional: true, twice: false })],
  MatMulInteger: [
    form([levels(2, 3), signed(3, 4), zero(128)], {}, exact),
    form([levels(2, 3), weights(3, 4), zero(128), int8(1, 2, 3, 4)], {}, exact),
    form([levels(5, 2, 3), levels(3, 4)], {}, exact),
    form([levels(2, 3), weights(3, 4)], {}, exact),
  ],
  QuantizeLinear: [
    form([x(4, 5), scale(0.02), zero(0, 'int8')], {}, { ...rough, step: 1 }),
    form([between(1.5, 3, 4, 5), scale(0.02)], {}, { ...rough, step: 1 }),
    form([x(2, 3, 4), float(0.02, 0.03, 0.025), int8(1, -2, 3)], { axis: 1 }, { ...rough, step: 1 }),
    form(
      [x(2, 6), shaped(float(0.02, 0.03, 0.025, 0.04, 0.035, 0.03), 2, 3), shaped(int8(1, 2, 3, 4, 5, 6), 2, 3)],
      { axis: 1, block_size: 2 },
      { ...rough, step: 1 },
    ),
  ],
  'com.microsoft.DequantizeLinear': [
    form([levels(2, 3), scale(0.1), zero(128)], {}, exact),
    form([signed(2, 3), float(0.1, 0.2, 0.3), int8(1, 2, 3)], { axis: 1 }, exact),
  ],
  'com.microsoft.QuantizeLinear': [form([x(4, 5), scale(0.02), zero(0, 'int8')], {}, { ...rough, step: 1 })],
  QLinearConv: [
    form(
      [levels(1, 2, 5, 4), scale(0.05), zero(128), weights(3, 2, 3, 2), scale(0.02), zero(3, 'int8'), scale(0.06), zero(120)],
      { strides: [2, 1], pads: [1, 0, 1, 1] },
      rough,
    ),
    form(
      [
        levels(1, 2, 5),
        scale(0.05),
        zero(128),
        weights(4, 1, 2),
        float(0.02, 0.03, 0.01, 0.02),
        int8(0, 0, 0, 0),
        scale(0.1),
        zero(120),
        { ...real(10, 20, -30, 5), dtype: 'int32' },
      ],
      { group: 2 },
      rough,
    ),
  ],
  QLinearMatMul: [
    form(
      [levels(2, 6), scale(0.05), zero(128), weights(6, 4), float(0.02, 0.03, 0.01, 0.02), int8(1, 2, 3, 4), scale(0.1), zero(120)],
      {},
      rough,
    ),
  ],
  'com.microsoft.DynamicQuantizeMatMul': [
    form([x(3, 6), weights(6, 4), scale(0.02), zero(2, 'int8'), x(4)], {}, { ...rough, step: 1 }),
    form([x(3, 6), weights(6, 4), float(0.02, 0.03, 0.01, 0.02)], {}, { ...rough, step: 1 }),
  ],
  'com.microsoft.MatMulIntegerToFloat': [
    form([levels(2, 6), weights(6, 4), scale(0.05), float(0.02, 0.03, 0.01, 0.02), zero(128), int8(1, 2, 3, 4), x(4)], {}, exact),
    form([levels(2, 6), weights(6, 4), scale(0.05), scale(0.02)], {}, exact),
  ],
  'com.microsoft.MatMulNBits': [
    nBits(4, []),
    nBits(4, [bytes(5, 1)]),
    nBits(4, [constant(4, 5, 2)]),
    nBits(8, []),
    nBits(8, [bytes(5, 2), undefined, constant(5, 5)]),
    nBits(4, [], {}, 20),
    form([x(2, 2, 32), bytes(5, 1, 8), constant(3, 5, 1)], { K: 32, N: 5, bits: 2, block_size: 32 }, { twice: false }),
  ],
  'com.microsoft.QAttention': [
    form(
      [levels(2, 3, 5), weights(5, 24), x(24), scale(0.02), scale(0.02), undefined, zero(128), zero(1, 'int8')],
      { num_heads: 2 },
      { twice: false, tolerance: 0.05 },
    ),
  ],
  'com.microsoft.QEmbedLayerNormalization': [
    form(
      [
        shaped({ ...real(1, 0, 2, 2, 3, 1), dtype: 'int32' }, 2, 3),
        undefined,
        signed(4, 5),
        weights(6, 5),
        undefined,
        weights(5),
        weights(5),
        undefined,
        scale(0.02),
        scale(0.03),
        undefined,
        scale(0.01),
        scale(0.01),
        zero(1, 'int8'),
        zero(0, 'int8'),
        undefined,
        zero(0, 'int8'),
        zero(0, 'int8'),
      ],
      { epsilon: 1e-3 },
      { outputs: 2, seeded: [0], twice: false, tolerance: 0.05 },
    ),
  ],
  'com.microsoft.QGemm': [
    form(
      [
        levels(2, 6),
        scale(0.05),
        zero(128),
        weights(6, 4),
        scale(0.02),
        zero(2, 'int8'),
        { ...real(10, 20, -30, 5), dtype: 'int32' },
        scale(0.1),
        zero(120),
      ],
      {},
      rough,
    ),
    form(
      [
        levels(2, 6),
        scale(0.05),
        zero(128),
        weights(4, 6),
        float(0.02, 0.03, 0.01, 0.02),
        int8(1, 2, 3, 4),
        { ...real(10, 20, -30, 5), dtype: 'int32' },
      ],
      { transB: 1, alpha: 0.5 },
      exact,
    ),
  ],
  'com.microsoft.QLinearAdd': [
    // One value at both inputs.
    form([levels(2, 3)], {}, { ...rough, make: (b, [v]) => doubled(b, v!) }),
    between2(0.04, [2, 3], [2, 3]),
    between2(0.04, [2, 3], [3]),
  ],
  'com.microsoft.QLinearMul': [between2(0.03, [2, 3], [2, 3]), between2(0.03, [2, 3], [1])],
  'com.microsoft.QLinearAveragePool': [
    around([1, 2, 5, 4], { kernel_shape: [3, 2], strides: [2, 1], pads: [1, 0, 1, 0] }, 0.015),
    around([1, 5, 4, 2], { kernel_shape: [2, 2], channels_last: 1 }),
  ],
  'com.microsoft.QLinearConcat': [
    form([scale(0.1), zero(120), levels(2, 3), scale(0.05), zero(128), levels(2, 2), scale(0.04), zero(120)], { axis: 1 }, rough),
  ],
  'com.microsoft.QLinearConv': [
    form(
      [levels(1, 5, 4, 2), scale(0.05), zero(128), weights(3, 2, 3, 2), scale(0.02), zero(3, 'int8'), scale(0.06), zero(120)],
      { channels_last: 1, strides: [2, 1] },
      rough,
    ),
  ],
  'com.microsoft.QLinearGlobalAveragePool': [around([1, 2, 3, 4]), around([1, 3, 4, 2], { channels_last: 1 })],
  'com.microsoft.QLinearLeakyRelu': [
    form([whole('uint8', 150, 180, 4, 5), ...one(0.03)], {}, rough),
    form([whole('uint8', 60, 110, 4, 5), ...one(0.01)], { alpha: 0.2 }, rough),
  ],
  'com.microsoft.QLinearSigmoid': [form([levels(4, 5), scale(0.02), zero(128), scale(0.004), zero(0)], {}, rough)],
  'com.microsoft.QLinearSoftmax': [
    form([levels(3, 4), scale(0.02), zero(128), scale(0.004), zero(0)], { axis: -1, opset: 13 }, rough),
    form([levels(2, 2, 3), scale(0.02), zero(128), scale(0.004), zero(0)], { axis: 1, opset: 11 }, rough),
  ],
  'com.microsoft.QLinearWhere': [
    form(
      [
        shaped(bool(1, 0, 1, 0, 1, 1), 2, 3),
        levels(2, 3),
        scale(0.05),
        zero(128),
        levels(3),
        scale(0.04),
        zero(120),
        scale(0.06),
        zero(128),
      ],
      {},
      rough,
    ),
  ],
} satisfies FormTable;
