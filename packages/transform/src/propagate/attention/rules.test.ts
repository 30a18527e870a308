import { builder, numbers, producers, tensorOf, type Graph, type Value } from '@vitrine/ir';
import { describe, expect, test } from 'vitest';
import { propagate } from '../../backward.js';
import { fuse } from '../../canonize/fuse.js';
import { mergeBias } from '../../canonize/mergeBias.js';
import { runOnce } from '../../testing/ort.js';
import { random } from '../../testing/random.js';
import { transformer, type Shape } from '../../testing/transformer.js';
import { compositeRules } from '../composite.js';
import { attentionRules } from './rules.js';

const base = compositeRules(
  {
    rows: [
      { kind: ['convolution', 'dense'], rule: 'epsilon' },
      { kind: ['activation', 'scale', 'normalization'], rule: 'pass' },
      { kind: ['sum', 'average'], rule: 'norm' },
      { kind: 'product', rule: 'uniform' },
      { kind: 'routing', rule: 'gradient' },
    ],
  },
  { epsilon: 0 },
);

const drawn = (dims: readonly number[], seed: number) => {
  const next = random(seed);
  return tensorOf(
    'float32',
    dims,
    Array.from({ length: dims.reduce((n, d) => n * d, 1) }, () => 2 * next() - 1),
  );
};

/** Sums of relevance at each value that it reaches, in order of the backward pass, and of what was kept by the nodes behind it. */
async function books(graph: Graph, kind: 'attn-lrp' | 'cp-lrp', x: ReturnType<typeof drawn>) {
  const ready = mergeBias(fuse(graph));
  const b = builder(ready);
  const [y] = ready.outputs as readonly [Value];
  const seed = b.op.Mul(y, b.initializer(tensorOf('float32', [1, 2], [1, 0])));
  const { signals, absorbed } = propagate(b, ready, [new Map([[y, seed]])], ready.inputs, attentionRules(kind, 0, base), { books: true });
  const sum = (v: Value): Value => b.op.ReduceSum(v, undefined, { keepdims: 0 });
  const order = new Map(ready.nodes.map((node, i) => [node, i]));
  const producer = producers(ready);
  const reached = [...signals].filter(([v]) => producer.has(v) && v.type.shape?.length === 3);
  const sums = reached.map(([, [signal]]) => sum(signal!));
  const kept = absorbed.map(({ amount }) => sum(amount));
  const [start, end, attribution] = [sum(seed), sum(signals.get(ready.inputs[0]!)![0]!), b.op.Identity(signals.get(ready.inputs[0]!)![0]!)];
  const results = await runOnce(b.build([start, end, attribution, ...sums, ...kept], ready.inputs), new Map([['x', x]]));
  const read = (v: Value): number => Number(numbers(results.get(v.name)!)[0]);
  return {
    start: read(start),
    end: read(end),
    attribution: [...numbers(results.get(attribution.name)!)].map(Number),
    values: reached.map(([v], i) => ({ v, at: order.get(producer.get(v)!)!, sum: read(sums[i]!) })),
    kept: absorbed.map(({ node }, i) => ({ at: order.get(node)!, node, amount: read(kept[i]!) })),
  };
}

const shapes: readonly (readonly [string, Shape])[] = [
  ['layer norm, GELU', { tokens: 5, width: 8, heads: 2, layers: 2 }],
  [
    'root-mean-square norm, gates, grouped queries, causal',
    { tokens: 6, width: 8, heads: 4, groups: 2, layers: 3, norm: 'rms', gate: 'silu', causal: true },
  ],
  ['no norm', { tokens: 4, width: 6, heads: 1, layers: 2, norm: 'none', seed: 5 }],
];

describe.each(shapes)('without biases, %s', (_, shape) => {
  test('CP-LRP conserves relevance from the score to the input', async () => {
    const { start, end, kept } = await books(transformer(shape), 'cp-lrp', drawn([1, shape.tokens, shape.width], 2));
    expect(Math.abs(end / start - 1)).toBeLessThan(1e-4);
    for (const { amount } of kept) expect(Math.abs(amount / start)).toBeLessThan(1e-4);
  });

  test('only the softmax of AttnLRP keeps anything, its constant term', async () => {
    const { start, end, kept } = await books(transformer(shape), 'attn-lrp', drawn([1, shape.tokens, shape.width], 2));
    const size = Math.max(Math.abs(start), ...kept.map(({ amount }) => Math.abs(amount)));
    for (const { node, amount } of kept) if (node.opType !== 'Softmax') expect(Math.abs(amount) / size).toBeLessThan(1e-4);
    expect(Math.abs(start - end - kept.reduce((s, { amount }) => s + amount, 0)) / size).toBeLessThan(1e-4);
  });
});

test.each(shapes)('with biases the balance closes: %s', async (_, shape) => {
  for (const kind of ['attn-lrp', 'cp-lrp'] as const) {
    const { start, end, kept } = await books(transformer({ ...shape, biases: true }), kind, drawn([1, shape.tokens, shape.width], 3));
    const size = Math.max(Math.abs(start), ...kept.map(({ amount }) => Math.abs(amount)));
    expect(Math.abs(start - end - kept.reduce((s, { amount }) => s + amount, 0)) / size).toBeLessThan(1e-4);
  }
});

test('at each residual sum relevance is what it was, less what layers behind it kept', async () => {
  const shape = shapes[0]![1];
  const { start, values, kept } = await books(transformer(shape), 'attn-lrp', drawn([1, shape.tokens, shape.width], 4));
  // Relevance of the whole stream passes residual sums: nothing goes around them.
  const stream = values.filter(({ v }) => v.name.startsWith('Add'));
  expect(stream.length).toBe(2 * shape.layers);
  for (const { at, sum } of stream) {
    const behind = kept.filter((entry) => entry.at > at).reduce((s, { amount }) => s + amount, 0);
    expect(Math.abs(start - behind - sum) / Math.abs(start)).toBeLessThan(1e-4);
  }
});

describe('one head of attention, in plain loops', () => {
  const [T, D] = [3, 2];
  const [x, wq, wk, wv] = [drawn([1, T, D], 11), drawn([D, D], 12), drawn([D, D], 13), drawn([D, D], 14)];
  const at = (t: ReturnType<typeof drawn>, i: number, j: number): number => Number(numbers(t)[i * D + j]);
  const grid = (f: (i: number, j: number) => number, rows = T, columns = D): number[][] =>
    Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (__, j) => f(i, j)));
  const total = (count: number, f: (k: number) => number): number =>
    Array.from({ length: count }, (_, k) => f(k)).reduce((a, c) => a + c, 0);
  const X = grid((i, j) => at(x, i, j));
  const project = (w: ReturnType<typeof drawn>): number[][] => grid((i, j) => total(D, (k) => X[i]![k]! * at(w, k, j)));
  const [Q, K, V] = [project(wq), project(wk), project(wv)];
  const S = grid((i, j) => total(D, (k) => Q[i]![k]! * K[j]![k]!), T, T);
  const A = S.map((row) => row.map((s) => Math.exp(s) / row.reduce((sum, v) => sum + Math.exp(v), 0)));
  const O = grid((i, j) => total(T, (k) => A[i]![k]! * V[k]![j]!));

  /** Relevance at X from O's own as seed, by the paper's equations. */
  function byHand(kind: 'attn-lrp' | 'cp-lrp'): number[] {
    const R = O;
    const half = kind === 'attn-lrp' ? 0.5 : 1;
    const toV = grid((k, j) => half * total(T, (i) => (A[i]![k]! * V[k]![j]! * R[i]![j]!) / O[i]![j]!));
    const toA = grid((i, k) => 0.5 * total(D, (j) => (A[i]![k]! * V[k]![j]! * R[i]![j]!) / O[i]![j]!), T, T);
    const toS = grid((i, k) => S[i]![k]! * (toA[i]![k]! - A[i]![k]! * total(T, (m) => toA[i]![m]!)), T, T);
    const toQ = grid((i, j) => 0.5 * total(T, (k) => (Q[i]![j]! * K[k]![j]! * toS[i]![k]!) / S[i]![k]!));
    const toK = grid((k, j) => 0.5 * total(T, (i) => (Q[i]![j]! * K[k]![j]! * toS[i]![k]!) / S[i]![k]!));
    const back = (r: number[][], z: number[][], w: ReturnType<typeof drawn>): number[][] =>
      grid((i, k) => total(D, (j) => (X[i]![k]! * at(w, k, j) * r[i]![j]!) / z[i]![j]!));
    const parts = [back(toV, V, wv), ...(kind === 'attn-lrp' ? [back(toQ, Q, wq), back(toK, K, wk)] : [])];
    return grid((i, j) => parts.reduce((s, part) => s + part[i]![j]!, 0)).flat();
  }

  test.each(['attn-lrp', 'cp-lrp'] as const)('%s', async (kind) => {
    const b = builder();
    const { op } = b;
    const input = b.input('x', { dtype: 'float32', shape: [1, T, D] });
    const [q, k, v] = [wq, wk, wv].map((w) => op.MatMul(input, b.initializer(w))) as [Value, Value, Value];
    const weights = op.Softmax(op.MatMul(q, op.Transpose(k, { perm: [0, 2, 1] })), { axis: -1 });
    const graph = b.build([op.MatMul(weights, v)]);
    const back = builder(graph);
    const [y] = graph.outputs as readonly [Value];
    const { signals } = propagate(back, graph, [new Map([[y, y]])], [input], attentionRules(kind, 0, base));
    const result = back.op.Identity(signals.get(input)![0]!);
    const values = numbers((await runOnce(back.build([result], [input]), new Map([['x', x]]))).get(result.name)!);
    byHand(kind).forEach((expected, i) => expect(Number(values[i])).toBeCloseTo(expected, 5));
  });
});

test('normalization with a constant spread, in plain loops', async () => {
  const D = 4;
  const [x, scale, bias] = [drawn([1, 1, D], 21), drawn([D], 22), drawn([D], 23)];
  const [X, W, B] = [x, scale, bias].map((t) => Array.from(numbers(t), Number)) as [number[], number[], number[]];
  const mean = X.reduce((s, v) => s + v / D, 0);
  const spread = Math.sqrt(X.reduce((s, v) => s + (v - mean) ** 2 / D, 0) + 1e-5);
  const Y = X.map((v, i) => (W[i]! * (v - mean)) / spread + B[i]!);
  // y_j = Σ_i x_i (δ_ij − 1/D) w_j / σ + b_j, relevance y_j shared by the terms.
  const expected = X.map((v, i) => Y.reduce((s, __, j) => s + (v * ((i === j ? 1 : 0) - 1 / D) * W[j]!) / spread, 0));
  const b = builder();
  const input = b.input('x', { dtype: 'float32', shape: [1, 1, D] });
  const graph = b.build([b.op.LayerNormalization(input, b.initializer(scale), b.initializer(bias))]);
  const back = builder(graph);
  const [y] = graph.outputs as readonly [Value];
  const { signals } = propagate(back, graph, [new Map([[y, y]])], [input], attentionRules('attn-lrp', 0, base));
  const result = back.op.Identity(signals.get(input)![0]!);
  const values = numbers((await runOnce(back.build([result], [input]), new Map([['x', x]]))).get(result.name)!);
  expected.forEach((v, i) => expect(Number(values[i])).toBeCloseTo(v, 5));
});
