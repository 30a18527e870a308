import { sizeOf, tensorOf, type Builder, type Graph, type Tensor, type Value } from '@vitrine/ir';
import { describe, expect, test } from 'vitest';
import { graphOf } from '../../testing/gradient.js';
import { random } from '../../testing/random.js';
import { lift, missed } from './testing.js';

/** Random networks: an input's shape, and how they are written with weights drawn by `w`. */
type Network = readonly [dims: readonly number[], make: (b: Builder, x: Value, w: (...dims: readonly number[]) => Value) => Value];
const networks: { readonly [name: string]: Network } = {
  'convolutions, rectified, under overlapping pools with ties': [
    [1, 2, 9, 9],
    (b, x, w) => {
      const { op } = b;
      const h = op.MaxPool(op.Relu(op.Conv(op.Round(x), w(4, 2, 3, 3), w(4))), { kernel_shape: [3, 3], strides: [1, 2] });
      return op.MaxPool(op.Relu(op.Conv(h, w(3, 4, 2, 2))), { kernel_shape: [2, 2], pads: [1, 1, 0, 0] });
    },
  ],
  'a residual block that shares its weights': [
    [1, 3, 6, 6],
    ({ op }, x, w) => {
      const weights = w(3, 3, 3, 3);
      const block = (v: Value): Value => op.Relu(op.Add(v, op.Conv(op.Relu(v), weights, undefined, { pads: [1, 1, 1, 1] })));
      return op.GlobalAveragePool(block(block(x)));
    },
  ],
  'branches that meet in a concatenation': [
    [1, 2, 8],
    ({ op }, x, w) => {
      const branch = op.Tanh(op.Conv(x, w(3, 2, 3), w(3), { pads: [1, 1] }));
      return op.LeakyRelu(op.Conv(op.Concat(x, branch, op.Sigmoid(branch), { axis: 1 }), w(2, 8, 3)), { alpha: 0.1 });
    },
  ],
  'a softmax at the end, far from uniform': [[1, 6], ({ op }, x, w) => op.Softmax(op.Mul(op.MatMul(x, w(6, 5)), 12))],
  'logarithms of a softmax': [[2, 6], ({ op }, x, w) => op.LogSoftmax(op.MatMul(x, w(6, 5)))],
  'attention in the middle, and a layer norm': [
    [1, 5, 8],
    (b, x, w) => {
      const { op } = b;
      const scores = op.MatMul(op.MatMul(x, w(8, 8)), op.Transpose(op.MatMul(x, w(8, 8)), { perm: [0, 2, 1] }));
      const mixed = op.MatMul(op.Softmax(scores), op.MatMul(x, w(8, 8)));
      const normal = op.LayerNormalization(op.Add(x, mixed), w(8), w(8));
      return op.MatMul(op.Gelu(op.MatMul(normal, w(8, 16))), w(16, 3));
    },
  ],
  'masked attention': [
    [1, 4, 6],
    (b, x, w) => {
      const { op } = b;
      const mask = b.initializer(
        tensorOf(
          'float32',
          [4, 4],
          Array.from({ length: 16 }, (_, i) => (i % 4 > Math.floor(i / 4) ? -Infinity : 0)),
        ),
      );
      const scores = op.Add(op.MatMul(op.MatMul(x, w(6, 6)), op.Transpose(x, { perm: [0, 2, 1] })), mask);
      return op.MatMul(op.Softmax(scores), x);
    },
  ],
  'root-mean-square norms and gated products': [
    [1, 4, 8],
    ({ op }, x, w) => {
      const h = op.RMSNormalization(x, w(8));
      const gate = op.MatMul(h, w(8, 12));
      return op.MatMul(op.Mul(op.Mul(gate, op.Sigmoid(gate)), op.MatMul(h, w(8, 12))), w(12, 2));
    },
  ],
  'squeeze and excitation': [
    [1, 4, 5, 5],
    ({ op }, x, w) => {
      const h = op.HardSwish(op.Conv(x, w(6, 4, 3, 3)));
      const gate = op.HardSigmoid(op.Conv(op.Relu(op.Conv(op.GlobalAveragePool(h), w(2, 6, 1, 1))), w(6, 2, 1, 1)));
      return op.GlobalMaxPool(op.Mul(h, gate));
    },
  ],
  LSTM: [[5, 1, 3], (b, x, w) => b.node('LSTM', [x, w(1, 16, 3), w(1, 16, 4), w(1, 32)], { hidden_size: 4 })[0]!],
  GRU: [[5, 1, 3], (b, x, w) => b.node('GRU', [x, w(1, 12, 3), w(1, 12, 4), w(1, 24)], { hidden_size: 4 })[0]!],
  'group and instance norms': [
    [1, 4, 3, 3],
    ({ op }, x, w) => op.InstanceNormalization(op.Relu(op.GroupNormalization(x, w(4), w(4), { num_groups: 2 })), w(4), w(4)),
  ],
  'norms of vectors': [[2, 6], (b, x, w) => b.op.Mul(b.op.LpNormalization(b.op.MatMul(x, w(6, 5))), b.op.ReduceL2(x, b.ints([1])))],
};

describe.each(['rescale', 'reveal-cancel'] as const)('%s is complete on random networks', (variant) => {
  test.each(Object.entries(networks))('%s', async (_, [dims, make]) => {
    for (let seed = 1; seed <= 6; seed++) {
      const next = random(seed);
      const drawn = (size: readonly number[], scale: number): Tensor =>
        tensorOf(
          'float32',
          size,
          Array.from({ length: sizeOf(size) }, () => scale * (2 * next() - 1)),
        );
      const graph: Graph = graphOf([drawn(dims, 1)], (b, [x]) => [
        make(b, x!, (...size) => b.initializer(drawn(size, 1.5 / Math.sqrt(Math.max(1, sizeOf(size.slice(1)) / 2))))),
      ]);
      const zero = tensorOf('float32', dims, new Array<number>(sizeOf(dims)).fill(0));
      const found = await lift(
        graph,
        new Map([['x0', drawn(dims, 2)]]),
        new Map([['x0', seed % 2 === 0 ? zero : drawn(dims, 2)]]),
        variant,
        true,
      );
      expect(missed(found)).toBeLessThan(1e-3);
    }
  });
});
