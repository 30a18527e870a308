import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { cachedReader, subject, wholeReader } from '@vitrine/explain';
import { readNpz } from '@vitrine/data';
import { numbers, tensorOf } from '@vitrine/ir';
import { examine } from '../exam.js';
import { load, type LoadedModel } from '../model.js';
import { readText } from '../text.js';
import { continued, speak, type Speaking, type Spoken } from './speak.js';

const at = (name: string): string => fileURLToPath(new URL(`../../../../${name}`, import.meta.url));
const model = await load(at('models/stories260k'));
afterAll(() => model.close());

async function said(text: string, how: Speaking, by: LoadedModel = model): Promise<readonly Spoken[]> {
  const all: Spoken[] = [];
  for await (const token of speak(by, await readText(by, { text }, new Set()), how)) all.push(token);
  return all;
}
const textOf = (tokens: readonly Spoken[]): string => tokens.map(({ text }) => text).join('');

test('goes on with a story as transformers does', async () => {
  expect(textOf(await said('Once upon a time', { tokens: 59 }))).toBe(
    ', there was a little girl named Lily. She loved to play outside in the park. One day, she saw a big, red ball. She wanted to play with it, but it was too high.\nL',
  );
});

test('scores are those of the same weights in PyTorch', async () => {
  const reference = readNpz(new Uint8Array(readFileSync(at('golden/stories260k/ref_io.npz'))));
  const ids = reference.get('input_ids')!;
  const mask = tensorOf(
    'int64',
    ids.dims,
    Array.from({ length: ids.data.length }, () => 1),
  );
  const { prediction } = await examine(model, { input_ids: ids, attention_mask: mask });
  const [found, expected] = [numbers(prediction.outputs.get('logits')!), numbers(reference.get('logits')!)];
  expect(found).toHaveLength(expected.length);
  expect(Math.max(...Array.from(found, (v, i) => Math.abs(v - expected[i]!)))).toBeLessThan(1e-4);
});

test('the same seed says the same, another one something else', async () => {
  const drawn = (seed: number) => said('Once upon a time', { tokens: 20, temperature: 1, topP: 0.95, seed }).then(textOf);
  const [first, again, other] = [await drawn(1), await drawn(1), await drawn(2)];
  expect(again).toBe(first);
  expect(other).not.toBe(first);
});

test('stops behind a text that ends it', async () => {
  expect(textOf(await said('Once upon a time', { tokens: 60, stop: ['named Li'] }))).toBe(', there was a little girl named Lily');
});

test('stops at the token that ends it, which adds nothing to the text', async () => {
  const story = await said('Once upon a time', { tokens: 400 });
  expect(story.length).toBeLessThan(400);
  expect(story.at(-1)).toMatchObject({ id: 1, text: '' });
});

test('probabilities are those of the model, and the best come first', async () => {
  for (const { id, probability, best } of await said('Once upon a time', { tokens: 5 })) {
    expect(best[0]).toEqual({ id, probability });
    expect(best.map((other) => other.probability)).toEqual(best.map((other) => other.probability).toSorted((a, b) => b - a));
  }
});

test('reading everything again says the same as reading on', async () => {
  const plain = { ...model, cached: undefined };
  expect(textOf(await said('Tom and 😀 went', { tokens: 30 }, plain))).toBe(textOf(await said('Tom and 😀 went', { tokens: 30 })));
});

test('tokens stand where they are in the text as it goes on', async () => {
  const read = await readText(model, { text: 'Tom saw 😀' }, new Set());
  const tokens = await said('Tom saw 😀', { tokens: 12 });
  const { texts, tokens: all } = continued(read, tokens);
  expect(texts).toEqual([`Tom saw 😀${textOf(tokens)}`]);
  for (const [i, { text }] of tokens.entries()) {
    const { start, end } = all[read.encoded.tokens.length + i]!;
    expect(texts[0]!.slice(start, end)).toBe(text);
  }
});

test('more tokens than the model reads are refused', async () => {
  await expect(said('Once upon a time', { tokens: 508 })).rejects.toThrow(
    /5 tokens of the prompt and 508 more are over the 512 that stories260k reads/,
  );
  await expect(said('Once upon a time', { tokens: 0 })).rejects.toThrow(/must be a whole number above 0/);
});

test('a model that reads in both directions does not speak', async () => {
  const masked = await load(at('golden/huggingface/bert-masked'));
  const runtime = await masked.runtime();
  const feeds = (ids: readonly number[]) =>
    new Map(
      ['input_ids', 'attention_mask', 'token_type_ids'].map((name) => [
        name,
        tensorOf('int64', [1, ids.length], name === 'input_ids' ? ids : ids.map(() => Number(name === 'attention_mask'))),
      ]),
    );
  const reader = await wholeReader(masked.subject.graph, runtime, feeds);
  await expect(reader.read([5, 6, 7])).rejects.toThrow('reads in both directions');
  await masked.close();
});

const golden = at('golden/huggingface');
const decoders = readdirSync(golden).filter((name) => {
  const file = path.join(golden, name, 'config.json');
  return existsSync(file) && /ForCausalLM|LMHeadModel/.test(readFileSync(file, 'utf8'));
});

describe.each(decoders)('%s', (name) => {
  test('reading on gives the scores of reading at once', async () => {
    const decoder = await load(path.join(golden, name));
    const { inputs, outputs } = JSON.parse(readFileSync(path.join(golden, name, 'reference.json'), 'utf8')) as {
      readonly inputs: { readonly input_ids: { readonly dims: readonly [number, number]; readonly data: readonly number[] } };
      readonly outputs: { readonly logits: { readonly data: readonly number[] } };
    };
    const runtime = await decoder.runtime();
    const [, length] = inputs.input_ids.dims;
    const ids = inputs.input_ids.data.slice(0, length);
    const width = outputs.logits.data.length / inputs.input_ids.data.length;
    const reader = await cachedReader(subject(decoder.cached!(), name, '').graph, runtime);
    let read = 0;
    for (const count of [Math.ceil(length / 2), 1, 1, 2]) {
      const part = ids.slice(read, (read += count));
      if (part.length === 0) break;
      const expected = outputs.logits.data.slice((Math.min(read, length) - 1) * width, Math.min(read, length) * width);
      const scores = await reader.read(part);
      expect(Math.max(...expected.map((v, i) => Math.abs(v - scores[i]!)))).toBeLessThan(1e-4);
    }
    await decoder.close();
  });
});
