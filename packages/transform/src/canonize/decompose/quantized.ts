import { dtypes, type Value } from '@vitrine/ir';
import { extents, rankOf } from '../../fit.js';
import { without } from '../../layout.js';
import { dequantized, type Making } from '../../levels.js';
import type { DecompositionContext, DecompositionTable } from '../decomposition.js';

/** Products of integers that come out as floats. */
function floatProduct(c: Making, a: Value, b: Value, bias: Value | undefined): readonly [Value] {
  const y = c.op.MatMul(a, b);
  return [bias === undefined ? y : c.op.Add(y, bias)];
}

/** Whole numbers of 2, 4 or 8 bits, the first in the lowest bits of a byte, each as an element of its own along the last axis. */
function unpacked({ op, b, node }: Making, bytes: Value, bits: number): Value {
  if (bits === 8) return bytes;
  const mask = b.scalar(2 ** bits - 1, 'uint8');
  const parts = Array.from({ length: 8 / bits }, (_, i) => {
    const shifted = i === 0 ? bytes : op.BitShift(bytes, b.scalar(i * bits, 'uint8'), { direction: 'RIGHT' });
    return op.Unsqueeze(op.BitwiseAnd(shifted, mask), b.ints([-1]));
  });
  const dims = extents(bytes, node);
  return op.Reshape(op.Concat(...parts, { axis: dims.length }), b.ints([...dims.slice(0, -1), (dims.at(-1)! * 8) / bits]));
}

/** A weight of few bits, one scale for each block along K: A [..., K] times its floats. They are constants, made when the graph is loaded. */
const matmulNBits = (c: DecompositionContext<'com.microsoft.MatMulNBits'>): readonly [Value] => {
  const { op, b, attrs } = c;
  const [a, packed, scales, zeros, order, bias] = c.x;
  if (order !== undefined) c.fail('orders its columns (g_idx)');
  if (attrs.weight_prepacked) c.fail('has its weight in the layout of one graphics card (weight_prepacked)');
  const { N: rows, K: columns, bits, block_size: block } = attrs;
  if (![2, 4, 8].includes(bits)) c.fail(`has weights of ${bits} bits`);
  const blocks = Math.ceil(columns / block);
  const dtype = a.type.dtype as 'float32';
  const asFloat = (v: Value): Value => op.Cast(v, { to: dtypes[dtype].code });
  const perBlock = (v: Value): Value => op.Reshape(v, b.ints([rows, blocks, 1]));
  const offsets = (): Value => {
    if (zeros === undefined) return b.scalar(2 ** (bits - 1), dtype);
    if (zeros.type.dtype !== 'uint8') return perBlock(zeros);
    const whole = unpacked(c, op.Reshape(zeros, b.ints([rows, -1])), bits);
    return perBlock(asFloat(op.Slice(whole, b.ints([0]), b.ints([blocks]), b.ints([1]))));
  };
  const levels = asFloat(op.Reshape(unpacked(c, packed, bits), b.ints([rows, blocks, block])));
  const weight = op.Reshape(op.Mul(op.Sub(levels, offsets()), perBlock(scales)), b.ints([rows, blocks * block]));
  const cut = blocks * block === columns ? weight : op.Slice(weight, b.ints([0]), b.ints([columns]), b.ints([1]));
  return floatProduct(c, a, op.Transpose(cut, { perm: [1, 0] }), bias);
};

/** Operators that take quantized values and give floats; those that give quantized values have rules of their own. */
export const quantization = {
  'com.microsoft.DynamicQuantizeMatMul': (c) => {
    const [a, b, scale, zero, bias] = c.x;
    const [levels, aScale, aZero] = c.op.DynamicQuantizeLinear(a);
    return floatProduct(c, dequantized(c, levels, aScale, aZero), dequantized(c, b, scale, zero, rankOf(b, c.node) - 1), bias);
  },
  'com.microsoft.MatMulIntegerToFloat': (c) => {
    const [a, b, aScale, bScale, aZero, bZero, bias] = c.x;
    const last = (v: Value): number => rankOf(v, c.node) - 1;
    return floatProduct(c, dequantized(c, a, aScale, aZero, last(a)), dequantized(c, b, bScale, bZero, last(b)), bias);
  },
  'com.microsoft.MatMulNBits': matmulNBits,
  'com.microsoft.QAttention': (c) => {
    const [x, weight, bias, xScale, wScale, mask, xZero, wZero, past] = c.x;
    const operands = [dequantized(c, x, xScale, xZero), dequantized(c, weight, wScale, wZero), bias, mask, past];
    return c.b.node('com.microsoft.Attention', operands, without(c.attrs), c.outputs);
  },
  'com.microsoft.QEmbedLayerNormalization': (c) => {
    const [ids, segments, words, positions, segmentTable, gamma, beta, mask, ...scales] = c.x;
    const [w, p, s, g, b, wZero, pZero, sZero, gZero, bZero] = scales;
    const floats = [
      dequantized(c, words, w, wZero),
      dequantized(c, positions, p, pZero),
      segmentTable && s ? dequantized(c, segmentTable, s, sZero) : undefined,
      dequantized(c, gamma, g, gZero),
      dequantized(c, beta, b, bZero),
    ];
    return c.b.node('com.microsoft.EmbedLayerNormalization', [ids, segments, ...floats, mask], without(c.attrs), c.outputs);
  },
} satisfies DecompositionTable;
