import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { builder, memory, readModel, tensorOf, type Graph, type Value } from '@vitrine/ir';
import { caching, type Runtime } from '@vitrine/runtime';
import { nodeRuntime } from '@vitrine/runtime/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compile } from '../compile.js';
import { example } from '../explain.js';
import type { Explainer } from '../explainer.js';
import { explainers } from '../explainers.js';
import { subject } from '../subject.js';
import type { Target } from '../target.js';
import { asking, caseOf, goldenCase, listed, type Case } from '../testing/asking.js';
import { expectClose } from '../testing/matrix.js';
import { attentionIn } from './attentionIn.js';

let runtime: Runtime;
let ask: ReturnType<typeof asking>;
beforeAll(async () => {
  runtime = caching(await nodeRuntime({ threads: 1 }));
  ask = asking(runtime);
});
afterAll(() => runtime.close());

const methods = Object.values(explainers as { readonly [name: string]: Explainer }).filter(({ family }) => family === 'attention');

describe.each(methods.map(({ name }) => name))('%s', (name) => {
  const row = (explainers as { readonly [name: string]: Explainer })[name]!;

  test.each(['bert', 'llama', 'vit'])('is finite and not all zero, and the same each time: %s', async (model) => {
    const c = await goldenCase(model, runtime);
    const [one, two] = [await ask(c, name), await ask(c, name)];
    for (const [i, { tensor }] of one.attributions.entries()) {
      expect(listed(tensor).every(Number.isFinite)).toBe(true);
      expect(listed(tensor).some((v) => v !== 0)).toBe(true);
      expect(tensor.data).toEqual(two.attributions[i]!.tensor.data);
      // Patches lie over the picture, tokens in a row.
      expect(tensor.dims.slice(-2)).toEqual(model === 'vit' ? [4, 4] : [12, tensor.dims[2]]);
    }
  });

  test('has a row that documents it', () => {
    expect(row.name).toBe(name);
    expect(row.paper).toMatch(/\d{4}/);
    for (const field of Object.values(row.options)) expect(field.doc.length).toBeGreaterThan(5);
  });

  test.runIf(row.compile !== undefined)('compiled gives the same', async () => {
    const c = await goldenCase('llama', runtime);
    const { target } = await ask(c, name);
    const graph = compile(c.ex.shaped.graphAt, c.ex.shaped.batchable, { method: name, target: target.resolved });
    const session = await runtime.open(graph, {});
    const results = await session.run(new Map(graph.inputs.map((v) => [v.name, c.inputs.get(v.name)!])));
    for (const { at, tensor } of (await ask(c, name)).attributions)
      expectClose(listed(results.get(`attribution/${at}`)!), [listed(tensor)], 6);
  });

  test('says so where there is no attention', async () => {
    const b = builder();
    const x = b.input('x', { dtype: 'float32', shape: [1, 2] });
    const c = await caseOf(b.build([b.op.Tanh(x)]), runtime, new Map([['x', tensorOf('float32', [1, 2], [1, 2])]]), {
      kind: 'index',
      index: [0],
    });
    await expect(ask(c, name)).rejects.toThrow(/needs attention and none was found/);
  });
});

describe.each([
  ['Attention', { q_num_heads: 2, kv_num_heads: 2 }],
  ['com.microsoft.MultiHeadAttention', { num_heads: 2 }],
])('fused, as %s', (opType, attrs) => {
  const TOKENS = 4;
  const draw = (count: number, from: number): number[] => Array.from({ length: count }, (_, i) => Math.sin(3 * i + from));
  const x = tensorOf('float32', [1, TOKENS, 8], draw(32, 2));
  /** The same network with one operator, or written out as exporters do. */
  const network = (isFused: boolean): Graph => {
    const b = builder();
    const { op } = b;
    const w = (from: number, to: number, seed: number): Value => b.initializer(tensorOf('float32', [from, to], draw(from * to, seed)));
    const input = b.input('x', { dtype: 'float32', shape: [1, TOKENS, 8] });
    const [q, k, v] = [1, 2, 3].map((seed) => op.MatMul(input, w(8, 8, seed))) as [Value, Value, Value];
    const split = (value: Value): Value => op.Transpose(op.Reshape(value, b.ints([1, TOKENS, 2, 4])), { perm: [0, 2, 1, 3] });
    const mixed = isFused
      ? b.node(opType, [q, k, v], attrs)[0]!
      : op.Reshape(
          op.Transpose(
            op.MatMul(op.Softmax(op.MatMul(op.Mul(split(q), 0.5), op.Transpose(split(k), { perm: [0, 1, 3, 2] })), { axis: -1 }), split(v)),
            { perm: [0, 2, 1, 3] },
          ),
          b.ints([1, TOKENS, 8]),
        );
    const out = op.Gather(op.Add(op.MatMul(mixed, w(8, 8, 4)), input), b.scalar(0, 'int64'), { axis: 1 });
    return b.build([op.MatMul(out, w(8, 2, 5))]);
  };
  test.each([...methods.map(({ name }) => name), 'attn-lrp', 'cp-lrp'])(
    '%s says of it what it says of the same written out',
    async (name) => {
      const target: Target = { kind: 'index', index: [1] };
      const inputs = new Map([['x', x]]);
      const [fused, plain] = [
        await ask(await caseOf(network(true), runtime, inputs, target), name),
        await ask(await caseOf(network(false), runtime, inputs, target), name),
      ];
      expect(fused.attributions.length).toBe(plain.attributions.length);
      fused.attributions.forEach(({ tensor }, i) => expectClose(listed(tensor), [listed(plain.attributions[i]!.tensor)], 4));
    },
  );
});

test('AttnLRP compiles to operators that the model itself needs', async () => {
  const c = await goldenCase('llama', runtime);
  const found = await ask(c, 'attn-lrp');
  const graph = compile(c.ex.shaped.graphAt, c.ex.shaped.batchable, { method: 'attn-lrp', target: found.target.resolved });
  expect(graph.nodes.filter(({ opType }) => opType.includes('.') || opType === 'RMSNormalization')).toEqual([]);
  const session = await runtime.open(graph, {});
  const results = await session.run(new Map(graph.inputs.map((v) => [v.name, c.inputs.get(v.name)!])));
  const [{ at, tensor }] = found.attributions as [(typeof found.attributions)[number]];
  expectClose(listed(results.get(`attribution/${at}`)!), [listed(tensor)]);
});

test('a survey lists attention, patches of a picture as such', async () => {
  const { ex } = await goldenCase('vit', runtime);
  expect(attentionIn(ex.shaped.graphAt(1))).toEqual(
    [0, 1].map((index) => ({
      index,
      kind: 'self',
      heads: 4,
      queries: 17,
      keys: 17,
      value: `/blocks.${index}/att/Softmax_output_0`,
      grid: { height: 4, width: 4, extra: 1 },
    })),
  );
});

const assets = process.env['VITRINE_ASSETS'] ?? '';
describe.runIf(existsSync(path.join(assets, 'stories260k')))('on bundled transformers', () => {
  test.each(['stories260k/stories260k_ts_opset14.onnx', 'bert-mini-sst2-house/bert_mini_sst2_dynamo_opset18.onnx'])('%s', async (file) => {
    const model = readModel(memory(new Uint8Array(readFileSync(path.join(assets, file)))));
    const inputs = new Map(
      model.graph.inputs.map(({ name }) => [
        name,
        tensorOf(
          'int64',
          [1, 10],
          Array.from({ length: 10 }, (_, i) => (name.includes('mask') ? 1 : name.includes('type') ? 0 : 5 + 7 * i)),
        ),
      ]),
    );
    const ex = await example(subject(model, file, ''), inputs, runtime);
    const sequence = [...ex.outputs.values()][0]!.dims.length === 3;
    const c: Case = { ex, inputs, target: { kind: 'index', index: sequence ? [9, 3] : [1] } };
    for (const { name } of methods) {
      const { attributions } = await ask(c, name);
      for (const { tensor } of attributions) expect(tensor.dims.slice(0, 2)).toEqual([1, 10]);
    }
    for (const name of ['attn-lrp', 'cp-lrp']) {
      const [books] = (await ask(c, name)).conservation!;
      expect(Math.abs(books!.gap) / Math.max(Math.abs(books!.start), Math.abs(books!.bias))).toBeLessThan(1e-3);
    }
  });
});
