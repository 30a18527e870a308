import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { architectures } from '@vitrine/formats';
import { embeddingOf } from '@vitrine/explain';
import { isFloat, numbers, tensorOf, type Graph, type Tensor } from '@vitrine/ir';
import { examine, type Exam } from './exam.js';
import { load, type LoadedModel } from './model.js';
import { worst } from './testing/balance.js';

const golden = fileURLToPath(new URL('../../../golden/huggingface', import.meta.url));

interface Listed {
  readonly dims: readonly number[];
  readonly data: readonly number[];
}
interface Reference {
  readonly inputs: { readonly [name: string]: Listed };
  readonly outputs: { readonly [name: string]: Listed };
  readonly gradient: Listed & { readonly output: string; readonly index: readonly number[] };
  /** That at further inputs: at the embeddings of what a decoder said. */
  readonly gradients?: { readonly [input: string]: Listed };
}

const reference = (folder: string): Reference => JSON.parse(readFileSync(path.join(folder, 'reference.json'), 'utf8')) as Reference;
const int64 = ({ dims, data }: Listed): Tensor => tensorOf('int64', dims, data);

const isFloatInput = ({ inputs }: Graph, input: string): boolean => isFloat(inputs.find(({ name }) => name === input)!.type.dtype);
const feeds = (graph: Graph, inputs: Reference['inputs']) =>
  Object.fromEntries(
    Object.entries(inputs).map(([name, { dims, data }]) => [name, tensorOf(isFloatInput(graph, name) ? 'float32' : 'int64', dims, data)]),
  );
/** Where an input is explained: itself, or its embeddings. */
const placeOf = (graph: Graph, input: string): string => (isFloatInput(graph, input) ? input : embeddingOf(graph, input)!.value.name);

/** Largest difference. */
function apart(tensor: Tensor | undefined, { dims, data }: Listed): number {
  expect(tensor?.dims).toEqual(dims);
  return Array.from(numbers(tensor!)).reduce((most, v, i) => Math.max(most, Math.abs(v - data[i]!)), 0);
}

/** The same, of the largest number where that is less than 1. */
const relative = (tensor: Tensor | undefined, expected: Listed): number =>
  apart(tensor, expected) / expected.data.reduce((most, v) => Math.min(1, Math.max(most, Math.abs(v))), 0);

const checkpoints = readdirSync(golden).filter((name) => existsSync(path.join(golden, name, 'config.json')));

test('every family has a checkpoint', () => {
  const compared = checkpoints.map(
    (name) => (JSON.parse(readFileSync(path.join(golden, name, 'config.json'), 'utf8')) as { readonly model_type: string }).model_type,
  );
  expect([...new Set(compared)].toSorted()).toEqual(architectures.map(({ type }) => type).toSorted());
});

describe.each(checkpoints)('%s', (name) => {
  const folder = path.join(golden, name);
  const { inputs, outputs, gradient, gradients = {} } = reference(folder);
  const target = { kind: 'index', output: gradient.output, index: gradient.index } as const;

  test('outputs and the gradient at the embeddings are those of transformers', async () => {
    const model = await load(folder);
    const { graph } = model.subject;
    const exam = await examine(model, feeds(graph, inputs));
    expect([...exam.prediction.outputs.keys()]).toEqual(Object.keys(outputs));
    for (const [output, expected] of Object.entries(outputs))
      expect(apart(exam.prediction.outputs.get(output), expected)).toBeLessThan(1e-4);
    const { explanation } = await exam.explain({ method: 'gradient', target });
    expect(relative(explanation.attributions[0]!.tensor, gradient)).toBeLessThan(1e-3);
    for (const [input, expected] of Object.entries(gradients)) {
      const other = await exam.explain({ method: 'gradient', target, at: placeOf(graph, input) });
      expect(relative(other.explanation.attributions[0]!.tensor, expected)).toBeLessThan(1e-3);
    }
    await model.close();
  });

  const isText = inputs['input_ids']?.dims.length === 2 && inputs['pixel_values'] === undefined;
  test.runIf(isText)('a batch with padding is its texts, one by one', async () => {
    const model = await load(folder);
    const { pad_token_id: given } = JSON.parse(readFileSync(path.join(folder, 'config.json'), 'utf8')) as {
      readonly pad_token_id?: number;
    };
    const first = inputs['input_ids']!.data;
    const texts = [first, first.slice(3)];
    const batch = await asked(model, texts, given ?? 0);
    for (const [i, text] of texts.entries()) {
      const single = await asked(model, [text], 0);
      for (const [output, { dims, data }] of single.prediction.outputs) {
        const together = batch.prediction.outputs.get(output)!;
        const row = together.data.length / texts.length;
        const own = Array.from(numbers(together)).slice(i * row, i * row + data.length);
        expect(
          apart({ dtype: 'float32', dims, data: Float32Array.from(own) }, { dims, data: Array.from(data as Float32Array) }),
        ).toBeLessThan(1e-5);
      }
    }
    await model.close();
  });
});

/** Texts as one batch, the shorter ones padded at their end. */
function asked(model: LoadedModel, texts: readonly (readonly number[])[], pad: number): Promise<Exam> {
  const length = Math.max(...texts.map((text) => text.length));
  const rows = (at: (text: readonly number[], i: number) => number): Tensor =>
    int64({ dims: [texts.length, length], data: texts.flatMap((text) => Array.from({ length }, (_, i) => at(text, i))) });
  const all: { readonly [name: string]: Tensor } = {
    input_ids: rows((text, i) => text[i] ?? pad),
    attention_mask: rows((text, i) => (i < text.length ? 1 : 0)),
    token_type_ids: rows((_, i) => (i < 3 ? 0 : 1)),
    decoder_input_ids: int64({ dims: [texts.length, 3], data: texts.flatMap(() => [0, 5, 9]) }),
  };
  const names = new Set(model.subject.graph.inputs.map(({ name }) => name));
  return examine(model, Object.fromEntries(Object.entries(all).filter(([name]) => names.has(name))));
}

const balanced: readonly (readonly [method: string, options: { readonly [name: string]: string }])[] = [
  ['attn-lrp', {}],
  ['cp-lrp', {}],
  ['dl-backtrace', {}],
  ['lrp', { composite: 'epsilon' }],
  ['lrp', {}],
];

const followed = [
  ['bert-sequence', 'attention-rollout'],
  ['bert-masked', 'attention-rollout'],
  ['llama', 'attention-rollout'],
  ['llama3-tied-bfloat16', 'attention-rollout'],
  ['t5-gated-untied', 'chefer'],
  ['bart', 'chefer'],
  ['vit-image', 'attention-rollout'],
  ['clip', 'chefer'],
  ['whisper', 'chefer'],
] as const;

describe.each(followed)('relevance of %s', (name, attention) => {
  const folder = path.join(golden, name);
  const { inputs, gradient } = reference(folder);
  const target = { kind: 'index', output: gradient.output, index: gradient.index } as const;

  test('keeps its balance, adds up and follows attention', async () => {
    const model = await load(folder);
    const exam = await examine(model, feeds(model.subject.graph, inputs));
    for (const [method, options] of balanced) {
      const { explanation } = await exam.explain({ method, options, target });
      for (const books of explanation.conservation!) {
        expect(books.layers.length).toBeGreaterThan(10);
        expect.soft(worst(books), `${method} ${books.name}`).toBeLessThan(1e-4);
      }
    }
    const { completeness } = (await exam.explain({ method: 'deeplift', target })).explanation;
    expect(Math.abs(completeness!.gap)).toBeLessThan(1e-4 * Math.abs(completeness!.expected));
    const { explanation } = await exam.explain({ method: attention, target });
    expect(explanation.attributions[0]!.tensor.data.length).toBeGreaterThan(0);
    await model.close();
  });
});

const house = process.env['VITRINE_ASSETS'] && path.join(process.env['VITRINE_ASSETS'], 'bert-mini-sst2-house');

test.skipIf(house === undefined)('a folder and the ONNX export of the same weights agree', async () => {
  const [folder, file] = [await load(path.join(house!, 'hf')), await load(path.join(house!, 'bert_mini_sst2_ts_opset14.onnx'))];
  expect(folder.labels).toEqual(['NEGATIVE', 'POSITIVE']);
  const texts = [
    [2, 449, 1595, 14, 33, 1200, 3],
    [2, 17, 333, 3],
  ];
  for (const batch of [texts, [texts[0]!], [texts[1]!]]) {
    const [a, b] = [await asked(folder, batch, 0), await asked(file, batch, 0)].map(
      ({ prediction }) => [...prediction.outputs.values()][0]!,
    );
    expect(apart(a, { dims: b!.dims, data: Array.from(numbers(b!)) })).toBeLessThan(1e-4);
  }
  await folder.close();
  await file.close();
});
