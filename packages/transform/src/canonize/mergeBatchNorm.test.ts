import { builder, numbers, sizeOf, tensorOf, type Builder, type Graph, type Tensor, type Value } from '@vitrine/ir';
import { expect, test } from 'vitest';
import { runOnce } from '../testing/ort.js';
import { mergeBatchNorm } from './mergeBatchNorm.js';

const wave = (dims: readonly number[], from: number): Tensor =>
  tensorOf(
    'float32',
    dims,
    Array.from({ length: sizeOf(dims) }, (_, i) => Math.sin(1.3 * (i + from)) + 0.1),
  );
const weights = (b: Builder, from: number, ...dims: readonly number[]): Value => b.initializer(wave(dims, from));
const norm = (b: Builder, x: Value, channels: number): Value => {
  const variance = b.initializer(
    tensorOf(
      'float32',
      [channels],
      Array.from({ length: channels }, (_, i) => 0.5 + 0.3 * i),
    ),
  );
  return b.node('BatchNormalization', [x, weights(b, 1, channels), weights(b, 2, channels), weights(b, 3, channels), variance])[0]!;
};

/** Networks, and the operators that are left of them. */
const networks: { readonly [name: string]: readonly [write: (b: Builder, x: Value) => Value, left: readonly string[]] } = {
  'behind a convolution': [(b, x) => norm(b, b.op.Conv(x, weights(b, 4, 5, 3, 3, 3), weights(b, 5, 5)), 5), ['Conv']],
  'behind a convolution without a bias, in groups': [
    (b, x) => norm(b, b.op.Conv(x, weights(b, 4, 6, 1, 2, 2), undefined, { group: 3 }), 6),
    ['Conv'],
  ],
  'behind a transposed convolution': [(b, x) => norm(b, b.op.ConvTranspose(x, weights(b, 4, 3, 4, 2, 2)), 4), ['ConvTranspose']],
  'behind a dense layer': [
    (b, x) => norm(b, b.op.Gemm(b.op.Flatten(x), weights(b, 4, 4, 108), weights(b, 5, 4), { transB: 1 }), 4),
    ['Flatten', 'Gemm'],
  ],
  'between an activation and a convolution without padding': [
    (b, x) => b.op.Conv(norm(b, b.op.Relu(x), 3), weights(b, 4, 5, 3, 3, 3), weights(b, 5, 5), { strides: [2, 1] }),
    ['Relu', 'Conv'],
  ],
  'between an activation and a dense layer': [
    (b, x) => b.op.Gemm(norm(b, b.op.Relu(b.op.Flatten(x)), 108), weights(b, 4, 108, 4)),
    ['Flatten', 'Relu', 'Gemm'],
  ],
  'between an activation and a convolution that pads': [
    (b, x) => b.op.Conv(norm(b, b.op.Relu(x), 3), weights(b, 4, 5, 3, 3, 3), undefined, { pads: [1, 1, 1, 1] }),
    ['Relu', 'Mul', 'Add', 'Conv'],
  ],
  'behind a concatenation of layers': [
    (b, x) => norm(b, b.op.Concat(b.op.Conv(x, weights(b, 4, 2, 3, 1, 1)), b.op.Conv(x, weights(b, 6, 3, 3, 1, 1)), { axis: 1 }), 5),
    ['Conv', 'Conv', 'Concat'],
  ],
  'behind a value that others read too': [
    (b, x) => {
      const y = b.op.Conv(x, weights(b, 4, 3, 3, 1, 1));
      return b.op.Add(norm(b, y, 3), y);
    },
    ['Conv', 'Mul', 'Add', 'Add'],
  ],
};

test.each(Object.entries(networks))('%s', async (_, [write, left]) => {
  const b = builder();
  const graph = b.build([write(b, b.input('x', { dtype: 'float32', shape: [2, 3, 6, 6] }))]);
  const merged = mergeBatchNorm(graph);
  const feeds = new Map([['x', wave([2, 3, 6, 6], 7)]]);
  const result = async (g: Graph): Promise<readonly number[]> => [...numbers((await runOnce(g, feeds)).get(graph.outputs[0]!.name)!)];
  const [want, got] = [await result(graph), await result(merged)];
  got.forEach((v, i) => expect(v).toBeCloseTo(want[i]!, 4));
  // What works on weights alone is done when the graph is loaded.
  const constant = new Set<Value>(merged.initializers.keys());
  const remaining = merged.nodes.filter((node) => {
    const folded = node.inputs.every((v) => v === undefined || constant.has(v));
    if (folded) for (const v of node.outputs) if (v) constant.add(v);
    return !folded && node.opType !== 'Identity';
  });
  expect(remaining.map(({ opType }) => opType)).toEqual(left);
});
