import { builder, tensorOf, type Builder, type Tensor, type Value } from '@vitrine/ir';
import { describe, expect, test } from 'vitest';
import { difference } from '../testing/equivalent.js';
import { random } from '../testing/random.js';
import { fuse } from './fuse.js';
import { plain } from './plain.js';

const DIMS = [2, 3, 8];
type Make = (b: Builder, x: Value) => Value;

const weights = (b: Builder, dims: readonly number[], from: number): Value => {
  const size = dims.reduce((p, d) => p * d, 1);
  return b.initializer(
    tensorOf(
      'float32',
      dims,
      Array.from({ length: size }, (_, i) => from + 0.1 * i),
    ),
  );
};
const centred: Make = (b, x) => b.op.Sub(x, b.op.ReduceMean(x, b.ints([-1])));
const spread =
  (square: Make): Make =>
  (b, d) =>
    b.op.Add(b.op.ReduceMean(square(b, d), b.ints([-1])), 1e-5);
const pow: Make = (b, d) => b.op.Pow(d, b.scalar(2, 'float32'));
const self: Make = (b, d) => b.op.Mul(d, d);
const C = Math.sqrt(2 / Math.PI);

/** What is written out, and the operator that it is. */
const cases: readonly (readonly [string, string, Make])[] = [
  [
    'layer normalization with Pow and Div',
    'LayerNormalization',
    (b, x) => {
      const d = centred(b, x);
      const normal = b.op.Div(d, b.op.Sqrt(spread(pow)(b, d)));
      return b.op.Add(b.op.Mul(normal, weights(b, [8], 0.5)), weights(b, [8], -0.3));
    },
  ],
  [
    'layer normalization with Mul, Reciprocal and weights of more axes',
    'LayerNormalization',
    (b, x) => {
      const [d, again] = [centred(b, x), centred(b, x)];
      const normal = b.op.Mul(b.op.Reciprocal(b.op.Sqrt(spread(self)(b, again))), d);
      return b.op.Add(weights(b, [1, 8], -0.3), b.op.Mul(weights(b, [1, 1, 8], 0.5), normal));
    },
  ],
  [
    'layer normalization over two axes without a scale',
    'LayerNormalization',
    (b, x) => {
      const d = b.op.Sub(x, b.op.ReduceMean(x, b.ints([1, 2])));
      return b.op.Div(d, b.op.Sqrt(b.op.Add(b.op.ReduceMean(b.op.Mul(d, d), b.ints([1, 2])), 1e-3)));
    },
  ],
  [
    'root-mean-square normalization with a quotient',
    'RMSNormalization',
    (b, x) => b.op.Mul(weights(b, [8], 0.5), b.op.Mul(x, b.op.Div(b.scalar(1, 'float32'), b.op.Sqrt(spread(pow)(b, x))))),
  ],
  [
    'root-mean-square normalization with a power',
    'RMSNormalization',
    (b, x) => b.op.Mul(x, b.op.Pow(spread(self)(b, x), b.scalar(-0.5, 'float32'))),
  ],
  ['GELU, half last', 'Gelu', (b, x) => b.op.Mul(b.op.Mul(x, b.op.Add(b.op.Erf(b.op.Div(x, Math.SQRT2)), 1)), 0.5)],
  ['GELU, half first', 'Gelu', (b, x) => b.op.Mul(b.op.Mul(x, 0.5), b.op.Add(b.op.Erf(b.op.Mul(x, Math.SQRT1_2)), 1))],
  [
    'GELU of a product',
    'Gelu',
    (b, x) => {
      const y = b.op.Mul(x, 2);
      return b.op.Mul(y, b.op.Mul(b.op.Add(b.op.Erf(b.op.Div(y, Math.SQRT2)), 1), 0.5));
    },
  ],
  [
    'GELU by Tanh and Pow',
    'Gelu',
    (b, x) =>
      b.op.Mul(b.op.Mul(x, 0.5), b.op.Add(b.op.Tanh(b.op.Mul(b.op.Add(x, b.op.Mul(b.op.Pow(x, b.scalar(3, 'float32')), 0.044715)), C)), 1)),
  ],
  [
    'GELU by Tanh, x outside of the bracket',
    'Gelu',
    (b, x) => b.op.Mul(0.5, b.op.Mul(x, b.op.Add(1, b.op.Tanh(b.op.Mul(b.op.Mul(x, C), b.op.Add(b.op.Mul(b.op.Mul(x, 0.044715), x), 1)))))),
  ],
  ['SiLU', 'com.microsoft.QuickGelu', (b, x) => b.op.Mul(x, b.op.Sigmoid(x))],
  ['GELU by Sigmoid', 'com.microsoft.QuickGelu', (b, x) => b.op.Mul(x, b.op.Sigmoid(b.op.Mul(x, 1.702)))],
  ['hard swish by HardSigmoid', 'HardSwish', (b, x) => b.op.Mul(x, b.op.HardSigmoid(x, { alpha: 1 / 6, beta: 0.5 }))],
  [
    'hard swish by Clip',
    'HardSwish',
    (b, x) => b.op.Div(b.op.Mul(x, b.op.Clip(b.op.Add(x, 3), b.scalar(0, 'float32'), b.scalar(6, 'float32'))), 6),
  ],
  ['hard sigmoid by Clip', 'HardSigmoid', (b, x) => b.op.Div(b.op.Clip(b.op.Add(x, 3), b.scalar(0, 'float32'), b.scalar(6, 'float32')), 6)],
  [
    'softmax of differences from the largest',
    'Softmax',
    (b, x) => {
      const e = b.op.Exp(b.op.Sub(x, b.op.ReduceMax(x, b.ints([1]))));
      return b.op.Div(e, b.op.ReduceSum(e, b.ints([1])));
    },
  ],
  ['softmax', 'Softmax', (b, x) => b.op.Div(b.op.Exp(x), b.op.ReduceSum(b.op.Exp(x), b.ints([-1])))],
  ['Mish', 'Mish', (b, x) => b.op.Mul(x, b.op.Tanh(b.op.Softplus(x)))],
];

/** What looks alike and is not. */
const others: readonly (readonly [string, Make])[] = [
  ['a gate of another value', (b, x) => b.op.Mul(x, b.op.Sigmoid(b.op.Neg(x)))],
  [
    'a mean over the first axis',
    (b, x) => {
      const d = b.op.Sub(x, b.op.ReduceMean(x, b.ints([0])));
      return b.op.Div(d, b.op.Sqrt(b.op.Add(b.op.ReduceMean(b.op.Mul(d, d), b.ints([0])), 1e-5)));
    },
  ],
  ['twice a GELU', (b, x) => b.op.Mul(x, b.op.Add(b.op.Erf(b.op.Div(x, Math.SQRT2)), 1))],
];

function built(make: Make) {
  const b = builder();
  const next = random(3);
  const x = b.input('x', { dtype: 'float32', shape: DIMS });
  const graph = b.build(b.named({ opType: 'Neg', name: 'end', inputs: [make(b, x)], attrs: {} }, ['y']) as readonly Value[]);
  const feeds = new Map<string, Tensor>([
    [
      'x',
      tensorOf(
        'float32',
        DIMS,
        Array.from({ length: 48 }, () => 8 * next() - 4),
      ),
    ],
  ]);
  return { graph, feeds };
}

describe('fused, a network computes the same', () => {
  test.each(cases)('%s', async (_, opType, make) => {
    const { graph, feeds } = built(make);
    const fused = fuse(graph);
    expect(fused.nodes.map((node) => node.opType)).toContain(opType);
    expect(fused.nodes.filter((node) => !['Expand', 'Reshape', 'Mul'].includes(node.opType)).map((node) => node.opType)).toEqual([
      opType,
      'Neg',
    ]);
    expect(fused.outputs.map(({ name }) => name)).toEqual(['y']);
    expect(await difference(graph, fused, feeds)).toBeLessThan(1e-5);
  });
});

test.each(others)('%s stays as it is', (_, make) => {
  const { graph } = built(make);
  expect(fuse(graph)).toBe(graph);
});

test('an inner value that something else reads is still there', async () => {
  const b = builder();
  const x = b.input('x', { dtype: 'float32', shape: [4] });
  const gate = b.op.Sigmoid(x);
  const graph = b.build([b.op.Mul(x, gate), b.op.Neg(gate)]);
  const fused = fuse(graph);
  expect(fused.nodes.map(({ opType }) => opType)).toContain('Sigmoid');
  expect(await difference(graph, fused, new Map([['x', tensorOf('float32', [4], [-1, 0, 1, 2])]]))).toBeLessThan(1e-6);
});

test('what only some runtimes know is written out again', async () => {
  const { graph, feeds } = built((b, x) => b.op.Mul(b.op.RMSNormalization(x, weights(b, [8], 0.5)), b.op.Sigmoid(b.op.Mul(x, 1.702))));
  const silu = built((b, x) => b.op.Mul(x, b.op.Sigmoid(x))).graph;
  const again = plain(fuse(silu), silu);
  expect(again.nodes.map(({ opType }) => opType)).not.toContain('com.microsoft.QuickGelu');
  expect(await difference(silu, again, feeds)).toBeLessThan(1e-6);
  const spread = plain(graph, silu);
  expect(spread.nodes.map(({ opType }) => opType)).not.toContain('RMSNormalization');
  expect(await difference(graph, spread, feeds)).toBeLessThan(1e-5);
  expect(plain(graph, graph)).toBe(graph);
});
