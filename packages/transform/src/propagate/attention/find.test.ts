import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { builder, memory, readModel, specialize, tensorOf, type Builder, type Graph, type OpType, type Value } from '@vitrine/ir';
import { describe, expect, test } from 'vitest';
import type { Form } from '../../testing/form.js';
import { forms } from '../../testing/forms/index.js';
import { build } from '../../testing/gradcheck.js';
import { transformer } from '../../testing/transformer.js';
import { findAttention, openAttention, type AttentionLayer } from './find.js';

const golden = (name: string): string => fileURLToPath(new URL(`../../../../../golden/captum/${name}/model.onnx`, import.meta.url));
const shapedGraph = (file: string, shapes: { readonly [input: string]: readonly number[] }): Graph =>
  specialize(readModel(memory(new Uint8Array(readFileSync(file)))).graph, { shapes: new Map(Object.entries(shapes)) }).graph;
const brief = ({ kind, heads, queries, keys }: AttentionLayer) => [kind, heads, queries, keys];

describe('attention is found in exported models', () => {
  test.each([
    ['bert', { input_ids: [1, 12], attention_mask: [1, 12] }, 12, '/blocks.0/att/Softmax_output_0'],
    ['llama', { input_ids: [1, 12] }, 12, '/layers.0/self_attn/Softmax_output_0'],
    ['vit', { image: [1, 1, 16, 16] }, 17, '/blocks.0/att/Softmax_output_0'],
  ] as const)('%s', (name, shapes, tokens, first) => {
    const found = findAttention(shapedGraph(golden(name), shapes));
    expect(found.map(brief)).toEqual([
      ['self', 4, tokens, tokens],
      ['self', 4, tokens, tokens],
    ]);
    expect(found[0]!.weights.name).toBe(first);
    expect(found.map(({ index }) => index)).toEqual([0, 1]);
  });

  test('a network without attention has none', () => {
    expect(findAttention(shapedGraph(golden('mlp_relu'), {}))).toEqual([]);
  });

  const assets = process.env['VITRINE_ASSETS'] ?? '';
  test.runIf(existsSync(path.join(assets, 'stories260k'))).each([
    ['stories260k/stories260k_ts_opset14.onnx', 5, 8],
    ['stories260k/stories260k_dynamo_opset18.onnx', 5, 8],
    ['bert-mini-sst2-house/bert_mini_sst2_ts_opset14.onnx', 2, 4],
    ['bert-mini-sst2-house/bert_mini_sst2_dynamo_opset18.onnx', 2, 4],
  ])('%s', (file, layers, heads) => {
    const { graph } = readModel(memory(new Uint8Array(readFileSync(path.join(assets, file)))));
    const shapes = new Map(graph.inputs.map(({ name }) => [name, [1, 16]]));
    expect(findAttention(specialize(graph, { shapes }).graph).map(brief)).toEqual(
      Array.from({ length: layers }, () => ['self', heads, 16, 16]),
    );
  });
});

describe('attention is found in fused operators', () => {
  const fused = (Object.entries(forms) as (readonly [OpType, readonly Form[]])[])
    .filter(([opType]) =>
      ['Attention', 'com.microsoft.Attention', 'com.microsoft.MultiHeadAttention', 'com.microsoft.GroupQueryAttention'].includes(opType),
    )
    .flatMap(([opType, list]) => list.map((form, i) => [opType, i, form] as const));
  test.each(fused)('%s, form %i', (opType, i, form) => {
    const { graph } = build(opType, form, 'float32', i);
    const found = findAttention(openAttention(graph), graph.inputs[0]!.type.shape?.[0] as number);
    expect(found).toHaveLength(1);
    expect(found[0]!.heads).toBeGreaterThan(0);
  });
});

/** x [1,T,D] against y [1,S,D], written in one way. */
function written(tokens: number, others: number, make: (b: Builder, x: Value, y: Value, w: () => Value) => Value): Graph {
  const b = builder();
  let n = 0;
  const w = (): Value =>
    b.initializer(
      tensorOf(
        'float32',
        [8, 8],
        Array.from({ length: 64 }, () => Math.sin(n++)),
      ),
    );
  const x = b.input('x', { dtype: 'float32', shape: [1, tokens, 8] });
  const y = b.input('y', { dtype: 'float32', shape: [1, others, 8] });
  return b.build([make(b, x, y, w)]);
}

describe('attention is found however it is written', () => {
  test('grouped queries by Expand and a causal mask', () => {
    expect(findAttention(transformer({ tokens: 5, width: 8, heads: 4, groups: 2, layers: 2, causal: true })).map(brief)).toEqual([
      ['self', 4, 5, 5],
      ['self', 4, 5, 5],
    ]);
  });

  test('cross-attention, heads along the batch axis', () => {
    const graph = written(3, 5, ({ op, ints }, x, y, w) => {
      const split = (v: Value, count: number): Value => op.Transpose(op.Reshape(v, ints([count, 2, 4])), { perm: [1, 0, 2] });
      const q = op.Mul(split(op.MatMul(x, w()), 3), 0.5);
      const k = op.Transpose(split(op.MatMul(y, w()), 5), { perm: [0, 2, 1] });
      return op.MatMul(op.Softmax(op.MatMul(q, k), { axis: -1 }), split(op.MatMul(y, w()), 5));
    });
    expect(findAttention(graph).map(brief)).toEqual([['cross', 2, 3, 5]]);
  });

  test('queries, keys and values of one projection, split by Gather', () => {
    const graph = written(4, 4, ({ op, ints, scalar }, x, _, w) => {
      const packed = op.Concat(op.MatMul(x, w()), op.MatMul(x, w()), op.MatMul(x, w()), { axis: 2 });
      const three = op.Transpose(op.Reshape(packed, ints([1, 4, 3, 2, 4])), { perm: [2, 0, 3, 1, 4] });
      const part = (i: number): Value => op.Gather(three, scalar(i, 'int64'), { axis: 0 });
      const scores = op.Where(op.Greater(part(0), 1e9), 0, part(0));
      return op.MatMul(op.Softmax(op.MatMul(scores, op.Transpose(part(1), { perm: [0, 1, 3, 2] })), { axis: -1 }), part(2));
    });
    expect(findAttention(graph).map(brief)).toEqual([['self', 2, 4, 4]]);
  });

  test('by Einsum, with positions added to queries and keys apart', () => {
    const graph = written(4, 4, ({ op }, x, _, w) => {
      const [q, k] = [op.MatMul(op.Add(x, w.length + 1), w()), op.MatMul(op.Add(x, 2), w())];
      const weights = op.Softmax(op.Einsum(q, k, { equation: 'bqd,bkd->bqk' }), { axis: -1 });
      return op.Einsum(weights, op.MatMul(x, w()), { equation: 'bqk,bkd->bqd' });
    });
    expect(findAttention(graph).map(brief)).toEqual([['self', 1, 4, 4]]);
  });

  test('a softmax that is written out', () => {
    const graph = written(3, 3, ({ op, ints }, x, _, w) => {
      const scores = op.MatMul(op.MatMul(x, w()), op.Transpose(op.MatMul(x, w()), { perm: [0, 2, 1] }));
      const e = op.Exp(op.Sub(scores, op.ReduceMax(scores, ints([-1]))));
      return op.MatMul(op.Div(e, op.ReduceSum(e, ints([-1]))), op.MatMul(x, w()));
    });
    expect(findAttention(openAttention(graph)).map(brief)).toEqual([['self', 1, 3, 3]]);
  });

  test('a softmax over classes is none', () => {
    const graph = written(3, 3, ({ op }, x, y, w) =>
      op.MatMul(op.Softmax(op.MatMul(x, w()), { axis: -1 }), op.Transpose(op.MatMul(y, w()), { perm: [0, 2, 1] })),
    );
    expect(findAttention(graph)).toEqual([]);
  });

  test('a softmax that no product follows is none', () => {
    const graph = written(4, 4, ({ op }, x, y) => op.Softmax(op.MatMul(x, op.Transpose(y, { perm: [0, 2, 1] })), { axis: -1 }));
    expect(findAttention(graph)).toEqual([]);
  });
});
