import { numbers, tensorOf, type Builder, type Tensor, type Value } from '@vitrine/ir';
import { describe, expect, test } from 'vitest';
import { imbalance, network, noise, traced } from '../../testing/backtrace.js';
import { runOnce } from '../../testing/ort.js';

type Make = (b: Builder, x: Value) => Value;
const weights = (b: Builder, seed: number, ...dims: readonly number[]): Value => b.initializer(noise(seed, dims));

const recurrent =
  (opType: 'LSTM' | 'GRU' | 'RNN', gates: number, attrs: object): Make =>
  (b, x) => {
    const [directions, hidden, inputs] = ['direction' in attrs ? 2 : 1, 4, 3];
    const [w, r, bias] = [
      weights(b, 1, directions, gates * hidden, inputs),
      weights(b, 2, directions, gates * hidden, hidden),
      weights(b, 3, directions, 2 * gates * hidden),
    ];
    return b.op.Reshape(b.node(opType, [x, w, r, bias], { hidden_size: hidden, ...attrs }, 1)[0]!, b.ints([5, 2, -1]));
  };

/** softmax(q kᵀ) v of two heads, as exporters write it. */
const attention =
  (mask: boolean): Make =>
  (b, x) => {
    const { op } = b;
    const heads = (seed: number, perm: readonly number[]): Value =>
      op.Transpose(op.Reshape(op.Add(op.MatMul(x, weights(b, seed, 6, 8)), weights(b, seed + 1, 8)), b.ints([1, 5, 2, 4])), { perm });
    const scores = op.Div(op.MatMul(heads(1, [0, 2, 1, 3]), heads(3, [0, 2, 3, 1])), 2);
    const causal = b.initializer(
      tensorOf(
        'float32',
        [1, 1, 5, 5],
        Array.from({ length: 25 }, (_, i) => (i % 5 > Math.floor(i / 5) ? -1e9 : 0)),
      ),
    );
    const weighed = op.MatMul(op.Softmax(mask ? op.Add(scores, causal) : scores, { axis: -1 }), heads(5, [0, 2, 1, 3]));
    const out = op.MatMul(op.Reshape(op.Transpose(weighed, { perm: [0, 2, 1, 3] }), b.ints([1, 5, 8])), weights(b, 7, 8, 6));
    return op.LayerNormalization(op.Add(x, out), weights(b, 8, 6), weights(b, 9, 6));
  };

const residual: Make = (b, x) => {
  const { op } = b;
  const conv = (v: Value, seed: number, i: number, o: number, attrs: object): Value =>
    op.Conv(v, weights(b, seed, o, i, 3, 3), weights(b, seed + 1, o), { pads: [1, 1, 1, 1], ...attrs });
  const stem = op.MaxPool(op.Relu(conv(x, 1, 2, 4, {})), { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] });
  const branch = conv(op.Relu(conv(stem, 3, 4, 4, {})), 5, 4, 4, { group: 1 });
  const joined = op.Concat(op.Relu(op.Add(stem, branch)), op.Sigmoid(conv(stem, 7, 4, 2, {})), { axis: 1 });
  const pooled = op.AveragePool(joined, { kernel_shape: [2, 2], pads: [1, 0, 0, 1] });
  return op.Gemm(op.Flatten(op.GlobalAveragePool(pooled)), weights(b, 9, 6, 5), weights(b, 10, 5));
};

/** Squeeze and excitation, hard swish, batch normalization, a slice. */
const gated: Make = (b, x) => {
  const { op } = b;
  const v = op.Conv(x, weights(b, 1, 4, 2, 1, 1));
  const ones = (n: number): Value => op.Add(op.Mul(weights(b, 2, n), 0.1), 1);
  const normal = op.BatchNormalization(v, ones(4), weights(b, 3, 4), weights(b, 4, 4), ones(4));
  const act = op.HardSwish(normal);
  const scale = op.Sigmoid(op.Conv(op.GlobalAveragePool(act), weights(b, 5, 4, 4, 1, 1), weights(b, 6, 4)));
  const scaled = op.Mul(act, scale);
  const cut = op.Slice(scaled, b.ints([1]), b.ints([5]), b.ints([2]));
  return op.ReduceMean(
    op.Resize(cut, undefined, b.initializer(tensorOf('float32', [4], [1, 1, 2, 2])), undefined, { mode: 'linear' }),
    b.ints([2]),
  );
};

/** The two best of three experts, weighed by their router. */
const experts: Make = (b, x) => {
  const { op } = b;
  const [best, chosen] = b.node('TopK', [op.Softmax(op.MatMul(x, weights(b, 1, 6, 3)), { axis: -1 }), b.ints([2])], { axis: -1 }, 2) as [
    Value,
    Value,
  ];
  const shares = op.Div(best, op.ReduceSum(best, b.ints([-1])));
  const all = op.Concat(
    ...[2, 4, 6].map((seed) => {
      const hidden = op.MatMul(x, weights(b, seed, 6, 8));
      const up = op.MatMul(x, weights(b, seed + 1, 6, 8));
      return op.Unsqueeze(op.MatMul(op.Mul(op.Mul(hidden, op.Sigmoid(hidden)), up), weights(b, seed + 10, 8, 6)), b.ints([1]));
    }),
    { axis: 1 },
  );
  const at = op.Expand(op.Unsqueeze(chosen, b.ints([2])), b.ints([5, 2, 6]));
  return op.ReduceSum(op.Mul(op.GatherElements(all, at, { axis: 1 }), op.Unsqueeze(shares, b.ints([2]))), b.ints([1]), { keepdims: 0 });
};

const networks: readonly (readonly [name: string, x: readonly number[], make: Make])[] = [
  ['convolutions, residual, pools, concatenation', [1, 2, 9, 8], residual],
  ['gates, normalization, interpolation', [1, 2, 6, 6], gated],
  ['attention', [1, 5, 6], attention(false)],
  ['masked attention', [1, 5, 6], attention(true)],
  ['LSTM', [5, 2, 3], recurrent('LSTM', 4, {})],
  ['LSTM in both directions', [5, 2, 3], recurrent('LSTM', 4, { direction: 'bidirectional' })],
  ['GRU', [5, 2, 3], recurrent('GRU', 3, {})],
  ['GRU in both directions, reset behind', [5, 2, 3], recurrent('GRU', 3, { direction: 'bidirectional', linear_before_reset: 1 })],
  ['RNN', [5, 2, 3], recurrent('RNN', 1, {})],
  ['experts', [5, 6], experts],
];

async function seedsFor(x: Tensor, make: Make, count: number): Promise<readonly Tensor[]> {
  const y = (await runOnce(network(x, make), new Map([['x', x]]))).get('y')!;
  return Array.from({ length: count }, (_, i) => {
    const seed = noise(20 + i, y.dims);
    return { ...seed, data: Float32Array.from(seed.data as Float32Array, Math.abs) } as Tensor;
  });
}

const total = (list: readonly number[]): number => list.reduce((s, v) => s + v, 0);

describe.each(networks)('%s', (_, dims, make) => {
  for (const profile of ['intended', 'reference'] as const)
    test(`what arrives at a node is passed on or kept, profile ${profile}`, async () => {
      const x = noise(1, dims, 1.5);
      for (const mode of ['default', 'contrast'] as const) {
        const seeds = await seedsFor(x, make, mode === 'contrast' ? 2 : 1);
        const { balances, relevance } = await traced(network(x, make), x, seeds, { mode, profile });
        expect(balances.length).toBeGreaterThan(2);
        expect(imbalance(balances)).toBeLessThan(1e-4);
        expect(relevance.flat().every(Number.isFinite)).toBe(true);
      }
    });
});

test('without constants that take part contrast keeps both sums, biases or not', async () => {
  for (const [, dims, make] of networks.filter(([name]) => /residual|LSTM|GRU/.test(name))) {
    const x = noise(3, dims, 1.5);
    const seeds = await seedsFor(x, make, 2);
    const { relevance, dropped } = await traced(network(x, make), x, seeds, { mode: 'contrast', profile: 'intended' });
    relevance.forEach((lane, i) => {
      const start = total([...numbers(seeds[i]!)]);
      expect(Math.abs(total(lane) + dropped[i]! - start)).toBeLessThan(1e-4 * start);
    });
  }
});

test('an expert takes all of its product with the router, which gets nothing', async () => {
  const x = noise(1, [5, 6], 1.5);
  const { balances } = await traced(network(x, experts), x, await seedsFor(x, experts, 1), { mode: 'default', profile: 'intended' });
  expect(balances.some(({ node }) => node.includes('TopK'))).toBe(false);
});

describe('pools', () => {
  /** Shares of windows over a row, by loops. */
  const byWindows = (
    x: readonly number[],
    windows: readonly (readonly number[])[],
    r: readonly number[],
    max: boolean,
  ): readonly number[] => {
    const R = x.map(() => 0);
    windows.forEach((window, j) => {
      const best = Math.max(...window.map((i) => x[i]!));
      const weight = (i: number): number => (max ? Number(x[i] === best) : Math.abs(x[i]!));
      const sum = total(window.map(weight));
      for (const i of window) if (sum > 0) R[i]! += (r[j]! * weight(i)) / sum;
    });
    return R;
  };
  const row = [3, -1, 3, 3, -2, 0, 0, 5, 5];
  const x = tensorOf('float32', [1, 1, 9], row);
  const cases: readonly (readonly [string, object, readonly (readonly number[])[]])[] = [
    [
      'apart',
      { kernel_shape: [3], strides: [3] },
      [
        [0, 1, 2],
        [3, 4, 5],
        [6, 7, 8],
      ],
    ],
    [
      'overlapping',
      { kernel_shape: [4], strides: [2] },
      [
        [0, 1, 2, 3],
        [2, 3, 4, 5],
        [4, 5, 6, 7],
      ],
    ],
    ['padded', { kernel_shape: [3], strides: [3], pads: [1, 2] }, [[0, 1], [2, 3, 4], [5, 6, 7], [8]]],
    ['over the end', { kernel_shape: [4], strides: [4], ceil_mode: 1 }, [[0, 1, 2, 3], [4, 5, 6, 7], [8]]],
  ];
  test.each(cases)('with windows %s share by maxima, ties alike, and by amounts', async (_, attrs, windows) => {
    const r = windows.map((__, j) => j + 1);
    const seed = tensorOf('float32', [1, 1, r.length], r);
    for (const opType of ['MaxPool', 'AveragePool'] as const) {
      const net = network(x, (b, v) => b.node(opType, [v], attrs as never)[0]!);
      const { relevance } = await traced(net, x, [seed], { mode: 'default', profile: 'intended' });
      byWindows(row, windows, r, opType === 'MaxPool').forEach((want, i) => expect(relevance[0]![i]).toBeCloseTo(want, 5));
    }
  });

  test('of two and three axes, and over all places, keep what arrives', async () => {
    const nets: readonly (readonly [readonly number[], Make])[] = [
      [[2, 3, 6, 7], (b, v) => b.op.MaxPool(v, { kernel_shape: [3, 2], strides: [2, 1], dilations: [1, 2], pads: [1, 0, 1, 0] })],
      [[1, 2, 4, 4, 5], (b, v) => b.op.MaxPool(v, { kernel_shape: [2, 2, 2], strides: [2, 1, 2] })],
      [[1, 2, 4, 4, 5], (b, v) => b.op.AveragePool(v, { kernel_shape: [2, 3, 2], count_include_pad: 1, pads: [0, 1, 0, 0, 1, 0] })],
      [[2, 3, 4, 4], (b, v) => b.op.GlobalMaxPool(v)],
      [[2, 3, 4, 4], (b, v) => b.op.GlobalAveragePool(v)],
      [[2, 3, 4], (b, v) => b.op.ReduceMax(v, b.ints([1]))],
      [[2, 3, 4], (b, v) => b.op.CumSum(v, b.scalar(1, 'int64'))],
    ];
    for (const [dims, make] of nets) {
      const v = noise(5, dims);
      const [seed] = await seedsFor(v, make, 1);
      const { relevance } = await traced(network(v, make), v, [seed!], { mode: 'default', profile: 'intended' });
      expect(total(relevance[0]!)).toBeCloseTo(total([...numbers(seed!)]), 4);
    }
  });
});

test('operators without a meaning are refused by operator and node', async () => {
  const x = noise(1, [2, 3]);
  const seed = noise(2, [2, 1]);
  const product = network(x, (b, v) => b.op.ReduceProd(v, b.ints([1])));
  await expect(traced(product, x, [seed], { mode: 'default', profile: 'intended' })).rejects.toThrow(/ReduceProd \(at ReduceProd\)/);
  const power = network(x, (b, v) => b.op.Pow(b.op.Abs(v), v));
  await expect(traced(power, x, [noise(2, [2, 3])], { mode: 'default', profile: 'intended' })).rejects.toThrow(/Pow \(at Pow\).*no rule/);
});
