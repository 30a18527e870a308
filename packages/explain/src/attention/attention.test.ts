import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { readNpy } from '@vitrine/data';
import { builder, memory, numbers, readModel, tensorOf, type Graph, type Tensor, type Value } from '@vitrine/ir';
import { caching, type Runtime } from '@vitrine/runtime';
import { nodeRuntime } from '@vitrine/runtime/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compile } from '../compile.js';
import type { Explainer } from '../explainer.js';
import { explainers } from '../explainers.js';
import { example, explain, type Example } from '../explain.js';
import { subject } from '../subject.js';
import type { Target } from '../target.js';
import { attentionIn } from './attentionIn.js';

const golden = (file: string): string => fileURLToPath(new URL(`../../../../golden/captum/${file}`, import.meta.url));
const bytes = (file: string): Uint8Array => new Uint8Array(readFileSync(golden(file)));

let runtime: Runtime;
beforeAll(async () => {
  runtime = caching(await nodeRuntime({ threads: 1 }));
});
afterAll(() => runtime.close());

interface Case {
  readonly ex: Example;
  readonly inputs: ReadonlyMap<string, Tensor>;
  readonly target: Target;
}
type Inputs = readonly { readonly name: string; readonly file: string }[];

async function golden_(name: string): Promise<Case> {
  const spec = JSON.parse(readFileSync(golden(`${name}/case.json`), 'utf8')) as {
    readonly inputs: Inputs;
    readonly target: { readonly index: readonly number[] };
  };
  const inputs = new Map(spec.inputs.map((input) => [input.name, readNpy(bytes(`${name}/${input.file}`))]));
  const ex = await example(subject(readModel(memory(bytes(`${name}/model.onnx`))), name, ''), inputs, runtime);
  return { ex, inputs, target: { kind: 'index', index: spec.target.index.slice(1) } };
}

async function modelOf(graph: Graph, inputs: ReadonlyMap<string, Tensor>, target: Target): Promise<Case> {
  const model = { graph, domains: new Map([['com.microsoft', 1]]), metadata: new Map(), producer: '', opset: 23, irVersion: 11 };
  return { ex: await example(subject(model, 'made', ''), inputs, runtime), inputs, target };
}

const ask = ({ ex, inputs, target }: Case, method: string, options: { readonly [name: string]: unknown } = {}, more: object = {}) =>
  explain(ex, runtime, { method, inputs, target, options, ...more });
const listed = (tensor: Tensor): readonly number[] => Array.from(numbers(tensor), Number);

type Matrix = readonly (readonly number[])[];
const matrixOf = (values: readonly number[], columns: number): Matrix =>
  Array.from({ length: values.length / columns }, (_, i) => values.slice(i * columns, (i + 1) * columns));
const times = (a: Matrix, b: Matrix): Matrix => a.map((row) => b[0]!.map((_, j) => row.reduce((s, v, k) => s + v * b[k]![j]!, 0)));
const plus = (a: Matrix, b: Matrix): Matrix => a.map((row, i) => row.map((v, j) => v + b[i]![j]!));
const eye = (count: number): Matrix => Array.from({ length: count }, (_, i) => Array.from({ length: count }, (__, j) => (i === j ? 1 : 0)));
const rowsTo1 = (a: Matrix): Matrix =>
  a.map((row) => {
    const sum = row.reduce((s, v) => s + v, 0);
    return row.map((v) => (sum === 0 ? 0 : v / sum));
  });
const flipped = (a: Matrix): Matrix => a[0]!.map((_, j) => a.map((row) => row[j]!));
const expectClose = (actual: readonly number[], expected: Matrix, digits = 5): void => {
  const flat = expected.flat();
  expect(actual.length).toBe(flat.length);
  actual.forEach((v, i) => expect(v).toBeCloseTo(flat[i]!, digits));
};

/** Attention [H][Q][K] of each layer, and heads folded from A and its gradient. */
async function layersOf(c: Case) {
  const { attributions } = await ask(c, 'attention', { show: 'all' });
  return Promise.all(
    attributions.map(async ({ at, tensor: a }) => {
      const found = await ask(c, 'layer-gradient', {}, { layer: at });
      const [, heads, queries, keys] = a.dims as readonly [number, number, number, number];
      const [weights, gradient] = [listed(a), listed(found.attributions[0]!.tensor)];
      const perHead = (f: (i: number) => number): Matrix =>
        matrixOf(
          Array.from({ length: queries * keys }, (_, i) =>
            Array.from({ length: heads }, (__, h) => f(h * queries * keys + i)).reduce((s, v) => s + v / heads, 0),
          ),
          keys,
        );
      return { mean: perHead((i) => weights[i]!), raising: perHead((i) => Math.max(0, weights[i]! * gradient[i]!)), queries, keys };
    }),
  );
}

const methods = Object.values(explainers as { readonly [name: string]: Explainer }).filter(({ family }) => family === 'attention');

describe.each(methods.map(({ name }) => name))('%s', (name) => {
  const row = (explainers as { readonly [name: string]: Explainer })[name]!;

  test.each(['bert', 'llama', 'vit'])('is finite and not all zero, and the same each time: %s', async (model) => {
    const c = await golden_(model);
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
    const c = await golden_('llama');
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
    const c = await modelOf(b.build([b.op.Tanh(x)]), new Map([['x', tensorOf('float32', [1, 2], [1, 2])]]), { kind: 'index', index: [0] });
    await expect(ask(c, name)).rejects.toThrow(/needs attention and none was found/);
  });
});

describe('by hand', () => {
  test('rollout multiplies (A + I)/2, the last layer first', async () => {
    const c = await golden_('bert');
    const layers = await layersOf(c);
    const expected = layers.map(({ mean }) => rowsTo1(plus(mean, eye(12)))).reduce((rolled, a) => times(a, rolled));
    const [all] = (await ask(c, 'attention-rollout', { show: 'all' })).attributions;
    expectClose(listed(all!.tensor), expected);
    const [one] = (await ask(c, 'attention-rollout', { token: 3 })).attributions;
    expectClose(listed(one!.tensor), [expected[3]!]);
    const [last] = (await ask(c, 'attention-rollout', { show: 'all', from: 1, residual: false })).attributions;
    expectClose(listed(last!.tensor), layers[1]!.mean);
  });

  test('discard leaves out the weakest connections of a layer', async () => {
    const c = await golden_('bert');
    const { attributions } = await ask(c, 'attention', { show: 'all', heads: 'mean', discard: 0.5, to: 0 });
    const { mean } = (await layersOf(c))[0]!;
    const sorted = mean.flat().toSorted((a, b) => a - b);
    const kept = listed(attributions[0]!.tensor).filter((v) => v > 0);
    expect(kept.length).toBe(72);
    expect(Math.min(...kept)).toBeCloseTo(sorted[72]!, 6);
  });

  test('Chefer adds attention times its gradient, layer by layer', async () => {
    const c = await golden_('vit');
    const layers = await layersOf(c);
    const r = layers.reduce((state, { raising }) => plus(state, times(raising, state)), eye(17));
    const [all] = (await ask(c, 'chefer', { show: 'all' })).attributions;
    expectClose(listed(all!.tensor), r);
    // The class token's row, without the class token.
    const [one] = (await ask(c, 'chefer')).attributions;
    expectClose(listed(one!.tensor), [r[0]!.slice(1)]);
  });

  test('gradient rollout does the same with rows that sum to 1', async () => {
    const c = await golden_('vit');
    const layers = await layersOf(c);
    const expected = layers.map(({ raising }) => rowsTo1(plus(raising, eye(17)))).reduce((rolled, a) => times(a, rolled));
    const [all] = (await ask(c, 'attention-grad-rollout', { show: 'all' })).attributions;
    expectClose(listed(all!.tensor), expected);
  });

  test('value zeroing runs each block without the values of one token', async () => {
    const c = await golden_('bert');
    const [first] = (await ask(c, 'value-zeroing', { layers: 'each', show: 'all' })).attributions;
    const rows = matrixOf(listed(first!.tensor), 12);
    for (const row of rows) expect(row.reduce((s, v) => s + v, 0)).toBeCloseTo(1, 5);
    // A token that nobody looks at changes nobody: padding has no weight here.
    const padded = Array.from(numbers(c.inputs.get('attention_mask')!), Number).flatMap((v, i) => (v === 0 ? [i] : []));
    for (const column of padded) for (const row of rows) expect(row[column]).toBeCloseTo(0, 6);
  });
});

/** An encoder of 5 tokens and a decoder of 3, or as many: self-attention in each, then attention from one to the other. */
function translator(others: number): Graph {
  const b = builder();
  const { op } = b;
  let n = 0;
  const w = (from: number, to: number): Value =>
    b.initializer(
      tensorOf(
        'float32',
        [from, to],
        Array.from({ length: from * to }, () => Math.sin(7 * n++)),
      ),
    );
  const look = (x: Value, y: Value): Value => {
    const scores = op.MatMul(op.MatMul(x, w(4, 4)), op.Transpose(op.MatMul(y, w(4, 4)), { perm: [0, 2, 1] }));
    return op.Add(x, op.MatMul(op.Softmax(op.Mul(scores, 0.5), { axis: -1 }), op.MatMul(y, w(4, 4))));
  };
  const x = b.input('x', { dtype: 'float32', shape: [1, 3, 4] });
  const y = b.input('y', { dtype: 'float32', shape: [1, others, 4] });
  const encoded = look(y, y);
  const decoded = look(look(x, x), encoded);
  return b.build([op.MatMul(op.Gather(decoded, b.scalar(0, 'int64'), { axis: 1 }), w(4, 2))]);
}

test.each([5, 3])('Chefer crosses from a decoder to an encoder of %i tokens', async (others) => {
  const fill = (count: number, from: number): number[] => Array.from({ length: count }, (_, i) => Math.cos(from + i));
  const inputs = new Map([
    ['x', tensorOf('float32', [1, 3, 4], fill(12, 1))],
    ['y', tensorOf('float32', [1, others, 4], fill(4 * others, 5))],
  ]);
  const c = await modelOf(translator(others), inputs, { kind: 'index', index: [1] });
  const layers = await layersOf(c);
  expect(layers.map(({ queries, keys }) => [queries, keys])).toEqual([
    [others, others],
    [3, 3],
    [3, others],
  ]);
  const [encoder, decoder, across] = layers.map(({ raising }) => raising) as [Matrix, Matrix, Matrix];
  // One self-attention each: R = I + Ā, so that R̄ is Ā with rows that sum to 1, and the identity.
  const mixed = (a: Matrix): Matrix => plus(rowsTo1(a), eye(a.length));
  const expected = times(flipped(mixed(decoder)), times(across, mixed(encoder)));
  const found = (await ask(c, 'chefer', { show: 'all' })).attributions;
  const other = found.find(({ at }) => at.includes('stream'))!;
  expect(other.tensor.dims).toEqual([1, 3, others]);
  expectClose(listed(other.tensor), expected);
  expectClose(listed(found.find(({ at }) => at === 'tokens x tokens')!.tensor), plus(eye(3), decoder));
  await expect(ask(c, 'attention-rollout')).rejects.toThrow(/follows one stream of tokens and layer 2 .* looks from 3 tokens at \d others/);
});

describe('fused attention', () => {
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
      ? b.node('Attention', [q, k, v], { q_num_heads: 2, kv_num_heads: 2 })[0]!
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
        await ask(await modelOf(network(true), inputs, target), name),
        await ask(await modelOf(network(false), inputs, target), name),
      ];
      expect(fused.attributions.length).toBe(plain.attributions.length);
      fused.attributions.forEach(({ tensor }, i) => expectClose(listed(tensor), [listed(plain.attributions[i]!.tensor)], 4));
    },
  );
});

test('a survey lists attention, patches of a picture as such', async () => {
  const { ex } = await golden_('vit');
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
