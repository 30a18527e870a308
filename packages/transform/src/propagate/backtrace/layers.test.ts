import { numbers, sizeOf, tensorOf, type Builder, type Tensor, type Value } from '@vitrine/ir';
import { describe, expect, test } from 'vitest';
import { matrixOf, network, noise, traced } from '../../testing/backtrace.js';
import { runOnce } from '../../testing/ort.js';

type Row = readonly number[];
const sum = (list: Row): number => list.reduce((s, v) => s + v, 0);

/** A unit as section 1.2 has it: contributions z, and their sums. */
function unit(weights: Row, x: Row, bias: number) {
  const z = weights.map((w, i) => w * x[i]!);
  const [P, N] = [sum(z.filter((v) => v > 0)), -sum(z.filter((v) => v < 0))];
  return { z, P, N, T: P - N + bias, b: bias };
}

/** Default mode, from the definition. */
function byDefinition(matrix: readonly Row[], x: Row, bias: Row, r: Row, low = -Infinity, high = Infinity): Row {
  const R = x.map(() => 0);
  matrix.forEach((weights, j) => {
    const { z, P, N, T, b } = unit(weights, x, bias[j]!);
    const [plus, minus] = [T < low ? 0 : 1, T > high ? 0 : 1];
    const D = plus * P + minus * N + Math.abs(b);
    if (D === 0) return;
    z.forEach((v, i) => (R[i]! += (r[j]! * Math.abs(v) * (v > 0 ? plus : minus)) / D));
  });
  return R;
}

/** Contrast mode, from the definition. */
function contrastByDefinition(matrix: readonly Row[], x: Row, bias: Row, p: Row, n: Row): readonly [Row, Row] {
  const [Rp, Rn] = [x.map(() => 0), x.map(() => 0)];
  matrix.forEach((weights, j) => {
    const { z, P, N, T } = unit(weights, x, bias[j]!);
    const [pj, nj] = [p[j]!, n[j]!];
    const give = (to: number[], amount: number, sign: 1 | -1): void =>
      z.forEach((v, i) => {
        if (sign * v > 0) to[i]! += (amount * Math.abs(v)) / (sign > 0 ? P : N);
      });
    const ways = (): readonly [1 | -1, 1 | -1] | undefined => {
      if (P > 0 && N === 0) return [1, 1];
      if (N > 0 && P === 0) return [-1, -1];
      if ((T > 0 && pj > nj) || (T < 0 && pj < nj)) return [1, -1];
      return T === 0 ? undefined : [-1, 1];
    };
    const way = ways();
    if (way === undefined) return;
    give(Rp, pj, way[0]);
    give(Rn, nj, way[1]);
  });
  return [Rp, Rn];
}

/** Layers: the extents of x, those of the weights, how they are joined, whether there is a bias. */
type Form = readonly [
  name: string,
  x: readonly number[],
  w: readonly number[],
  units: number,
  make: (b: Builder, x: Value, w: Value, bias?: Value) => Value,
];
const conv =
  (attrs: object) =>
  (b: Builder, x: Value, w: Value, bias?: Value): Value =>
    b.op.Conv(x, w, bias, attrs);
const transposed =
  (attrs: object) =>
  (b: Builder, x: Value, w: Value, bias?: Value): Value =>
    b.op.ConvTranspose(x, w, bias, attrs);

const forms: readonly Form[] = [
  ['Gemm', [1, 7], [5, 7], 5, (b, x, w, bias) => b.op.Gemm(x, w, bias, { transB: 1 })],
  ['Gemm with factors of either sign', [1, 7], [7, 5], 5, (b, x, w, bias) => b.op.Gemm(x, w, bias, { alpha: -0.5, beta: 2 })],
  ['MatMul and Add', [2, 3, 4], [4, 5], 5, (b, x, w, bias) => (bias ? b.op.Add(b.op.MatMul(x, w), bias) : b.op.MatMul(x, w))],
  ['MatMul, weights in front', [4, 3], [5, 4], 0, (b, x, w) => b.op.MatMul(w, x)],
  ['Einsum', [1, 2, 4], [3, 4], 0, (b, x, w) => b.op.Einsum(x, w, { equation: 'bik,jk->bij' })],
  ['Conv 1-D, strided, dilated, grouped', [1, 4, 11], [4, 2, 3], 4, conv({ strides: [2], dilations: [2], group: 2 })],
  ['Conv 2-D, padded', [1, 2, 5, 5], [3, 2, 3, 3], 3, conv({ pads: [1, 1, 1, 1] })],
  ['Conv 2-D, strided, padded unevenly', [1, 2, 6, 5], [3, 2, 3, 2], 3, conv({ strides: [2, 1], pads: [1, 0, 0, 1] })],
  ['Conv 2-D, depthwise', [1, 3, 5, 5], [3, 1, 3, 3], 3, conv({ group: 3, pads: [1, 1, 1, 1] })],
  ['Conv 2-D of single elements, strided', [1, 3, 5, 6], [4, 3, 1, 1], 4, conv({ strides: [2, 3] })],
  ['Conv 3-D', [1, 1, 3, 4, 3], [2, 1, 2, 2, 2], 2, conv({})],
  ['ConvTranspose 1-D, strided', [1, 2, 5], [2, 3, 3], 3, transposed({ strides: [2] })],
  [
    'ConvTranspose 2-D, strided, padded',
    [1, 2, 3, 3],
    [2, 3, 3, 3],
    3,
    transposed({ strides: [2, 2], pads: [1, 1, 1, 1], output_padding: [1, 1] }),
  ],
  ['ConvTranspose 2-D, grouped', [1, 4, 3, 3], [4, 2, 2, 2], 4, transposed({ group: 2 })],
  // Large enough that P and N are told from their sum and difference.
  ['Gemm, large', [1, 120], [60, 120], 60, (b, x, w, bias) => b.op.Gemm(x, w, bias, { transB: 1 })],
];

const near = (got: Row, want: Row): void => {
  const scale = Math.max(...want.map(Math.abs)) || 1;
  expect(Math.max(...got.map((v, i) => Math.abs(v - want[i]!))) / scale).toBeLessThan(2e-5);
};

const activations: readonly (readonly [string, (b: Builder, v: Value) => Value, number, number])[] = [
  ['nothing', (_, v) => v, -Infinity, Infinity],
  ['Relu', (b, v) => b.op.Relu(v), 0, Infinity],
  ['Sigmoid', (b, v) => b.op.Sigmoid(v), -4, 4],
  ['Tanh', (b, v) => b.op.Tanh(v), -2, 2],
  ['Clip', (b, v) => b.op.Clip(v, -1, 1.5), -1, 1.5],
  ['HardSwish', (b, v) => b.op.HardSwish(v), -3, Infinity],
  ['x σ(x)', (b, v) => b.op.Mul(v, b.op.Sigmoid(v)), -6, Infinity],
];

describe('layers, against loops over their units', () => {
  for (const known of [false, true])
    test.each(forms)(`%s, x ${known ? 'not negative' : 'of both signs'}`, async (_, dims, wDims, units, make) => {
      const x = noise(1, dims, known ? 1 : 2);
      const shown = known ? ({ ...x, data: Float32Array.from(x.data as Float32Array, (v) => Math.max(v, 0)) } as Tensor) : x;
      const [w, bias] = [noise(2, wDims), units === 0 ? undefined : noise(3, [units])];
      const weigh = (b: Builder, v: Value): Value => make(b, known ? b.op.Relu(v) : v, b.initializer(w), bias && b.initializer(bias));
      const matrix = await matrixOf(x, (b, v) => make(b, v, b.initializer(w)));
      const zero = tensorOf('float32', dims, new Array<number>(sizeOf(dims)).fill(0));
      const shift = [...numbers((await runOnce(network(x, weigh), new Map([['x', zero]]))).get('y')!)];
      const y = (await runOnce(network(x, weigh), new Map([['x', x]]))).get('y')!;
      const values = [...numbers(shown)];
      const [p, n] = [noise(4, y.dims), noise(5, y.dims)];
      // One tie.
      (p.data as Float32Array)[1] = (n.data as Float32Array)[1]!;
      const [a, d] = [[...numbers(p)], [...numbers(n)]];
      const { relevance } = await traced(network(x, weigh), x, [p], { mode: 'default', profile: 'intended' });
      near(relevance[0]!, byDefinition(matrix, values, shift, a));
      const both = await traced(network(x, weigh), x, [p, n], { mode: 'contrast', profile: 'intended' });
      contrastByDefinition(matrix, values, shift, a, d).forEach((want, lane) => near(both.relevance[lane]!, want));
    });

  test.each(activations)('saturated by %s', async (_, act, low, high) => {
    const x = noise(7, [3, 6], 4);
    const [w, bias] = [noise(8, [6, 9], 1.5), noise(9, [9], 2)];
    const weigh = (b: Builder, v: Value): Value => b.op.Gemm(v, b.initializer(w), b.initializer(bias));
    const matrix = await matrixOf(x, (b, v) => b.op.Gemm(v, b.initializer(w)));
    const r = noise(10, [3, 9]);
    const shift = [0, 1, 2].flatMap(() => [...numbers(bias)]);
    const plain = network(x, (b, v) => act(b, weigh(b, v)));
    const { relevance } = await traced(plain, x, [r], { mode: 'default', profile: 'intended' });
    near(relevance[0]!, byDefinition(matrix, [...numbers(x)], shift, [...numbers(r)], low, high));
  });
});

describe('units without contributions', () => {
  test('drop relevance where nothing but weights of 0 or inputs of 0 lead to them, and stay finite', async () => {
    const x = tensorOf('float32', [1, 3], [0, 0, 2]);
    const w = tensorOf('float32', [3, 3], [1, 1, 1, 2, 2, 2, 0, 0, 1]);
    const net = network(x, (b, v) => b.op.MatMul(v, b.initializer(w)));
    const seed = tensorOf('float32', [1, 3], [5, 7, 11]);
    const one = await traced(net, x, [seed], { mode: 'default', profile: 'intended' });
    expect(one.relevance).toEqual([[0, 0, 11]]);
    expect(one.dropped).toEqual([12]);
    const two = await traced(net, x, [seed, seed], { mode: 'contrast', profile: 'intended' });
    expect(two.relevance).toEqual([
      [0, 0, 11],
      [0, 0, 11],
    ]);
    expect(two.dropped).toEqual([12, 12]);
  });
});
