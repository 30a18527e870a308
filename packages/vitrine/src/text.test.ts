import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { segmentsOf, segmentValues, tokenValues } from '@vitrine/data';
import { constant, info, modelFile, node } from '@vitrine/ir/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { examine, explain, type Exam } from './exam.js';
import { load, type LoadedModel } from './model.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const at = (file: string): string => path.join(root, file);
const berts = ['models/bert_mini_sst2_ts_opset14.onnx', 'models/bert_mini_sst2_dynamo_opset18.onnx'];
const byteLevel = at('packages/data/testdata/text/byte-level.json');

/** What each word contributes to `label:good`, by integrated gradients. */
async function shares(exam: Exam): Promise<ReadonlyMap<string, number>> {
  const { explanation } = await exam.explain({ method: 'integrated-gradients', target: 'label:good' });
  const { encoded } = exam.text!;
  const segments = segmentsOf(encoded, 'word');
  const values = segmentValues(segments, tokenValues(explanation.attributions[0]!.tensor, encoded.tokens.length));
  expect(Math.abs(explanation.completeness!.gap)).toBeLessThan(0.05 * Math.abs(explanation.completeness!.expected) + 0.02);
  return new Map(segments.map(({ text }, i) => [text, values[i]!]));
}

describe.each(berts)('%s', (file) => {
  let model: LoadedModel;
  beforeAll(async () => {
    model = await load(at(file));
  });
  afterAll(() => model.close());

  test('words of praise speak for good, words of blame against it', async () => {
    const good = await examine(model, { text: 'A wonderful, moving film' });
    expect(good.prediction.classes[0]!.label).toBe('good');
    const praise = await shares(good);
    expect(praise.get('wonderful')).toBeGreaterThan(0.2);
    const bad = await examine(model, { text: 'a dull, lifeless and boring mess' });
    expect(bad.prediction.classes[0]!.label).toBe('bad');
    const blame = await shares(bad);
    for (const word of ['dull', 'lifeless', 'boring', 'mess']) expect(blame.get(word)).toBeLessThan(-0.05);
  });

  test('a word that flips the decision has the sign of the flip', async () => {
    const plain = await examine(model, { text: 'The acting is good.' });
    const flipped = await examine(model, { text: 'The acting is not good.' });
    expect([plain, flipped].map((exam) => exam.prediction.classes[0]!.label)).toEqual(['good', 'bad']);
    const words = await shares(flipped);
    expect(words.get('not')).toBeLessThan(-0.3);
    expect(words.get('good')).toBeGreaterThan(0.2);
    expect(Math.min(...words.values())).toBe(words.get('not'));
  });

  test('text gives what its tokens give, and the record names the tokenizer', async () => {
    const exam = await examine(model, { text: 'never boring, a delight' });
    const ids = [2, 449, 1595, 14, 33, 1200, 3];
    const int64 = (values: readonly number[]) =>
      ({ dtype: 'int64', dims: [1, values.length], data: BigInt64Array.from(values, BigInt) }) as const;
    const byHand = await examine(model, {
      input_ids: int64(ids),
      attention_mask: int64(ids.map(() => 1)),
      token_type_ids: int64(ids.map(() => 0)),
    });
    expect(exam.prediction.outputs).toEqual(byHand.prediction.outputs);
    const { record, explanation } = await exam.explain({ method: 'gradient' });
    expect(record.environment['tokenizer']).toBe((await model.tokenizer()).digest);
    expect(explanation.attributions[0]!.tensor.dims).toEqual([1, 7, 64]);
    expect(explanation.warnings).toEqual([]);
  });

  test('what is cut is told', async () => {
    const { explanation } = await explain(model, { text: 'good 😀 film '.repeat(40), maxTokens: 8 }, { method: 'gradient' });
    expect(explanation.warnings).toEqual([
      'the text was cut: of 122 tokens 8 are read, and “good 😀 film good 😀 film good 😀 film good…” is not',
      'the vocabulary lacks “😀”: the model sees [UNK] instead',
    ]);
  });

  test.each([
    ['', 'the text is empty'],
    ['half \uDE00', 'half a character'],
    ['good '.repeat(100), 'the text has 102 tokens, and bert_mini_sst2'],
  ])('%j is refused', async (text, message) => {
    await expect(examine(model, { text })).rejects.toThrow(message);
  });

  test('targets that are tokens need scores of tokens', async () => {
    const exam = await examine(model, { text: 'good' });
    await expect(exam.explain({ method: 'gradient', target: 'token:good' })).rejects.toThrow('a score for each of 6000 tokens');
  });
});

describe('a model that goes on with text', () => {
  let model: LoadedModel;
  beforeAll(async () => {
    model = await load(at('models/stories260k_ts_opset14.onnx'), { tokenizer: byteLevel });
  });
  afterAll(() => model.close());

  test('the likeliest next token is explained, or the one that is named', async () => {
    const exam = await examine(model, { text: 'The film is' });
    const [best] = exam.prediction.classes;
    const top = await exam.explain({ method: 'gradient' });
    expect(top.explanation.target).toMatchObject({ score: best!.score, label: best!.label });
    const named = await exam.explain({ method: 'gradient', target: 'token:" good"' });
    const [piece] = await (await model.tokenizer()).pieces(' good');
    expect(named.record.target).toEqual({ kind: 'index', index: [2, piece!.id], name: '“ good”' });
    const rather = await exam.explain({ method: 'gradient', target: 'token:" good"-token:" is"' });
    expect(rather.record.targetLabel).toBe('“ good” rather than “ is”');
  });

  test('a word that is two tokens is refused', async () => {
    const exam = await examine(model, { text: 'The film is' });
    await expect(exam.explain({ method: 'gradient', target: 'token:" magnificent"' })).rejects.toThrow(/is \d+ tokens \(Ġm a g/);
  });
});

describe('tokenizers beside models', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'vitrine-text-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('a folder as Hugging Face has it: onnx/model.onnx, tokenizer.json, config.json', async () => {
    const hub = path.join(folder, 'hub');
    mkdirSync(path.join(hub, 'onnx'), { recursive: true });
    cpSync(at(berts[0]!), path.join(hub, 'onnx/model.onnx'));
    cpSync(at('models/bert_mini_sst2.tokenizer.json'), path.join(hub, 'tokenizer.json'));
    writeFileSync(path.join(hub, 'config.json'), '{"id2label":{"0":"NEGATIVE","1":"POSITIVE"},"max_position_embeddings":64}');
    writeFileSync(path.join(hub, 'tokenizer_config.json'), '{"model_max_length":1000000000000000019884624838656}');
    const model = await load(path.join(hub, 'onnx/model.onnx'));
    expect([model.labels, model.maxTokens]).toEqual([['NEGATIVE', 'POSITIVE'], 64]);
    const exam = await examine(model, { text: 'a wonderful film' });
    expect(exam.prediction.classes[0]!.label).toBe('POSITIVE');
    await model.close();
  });

  test('none, or one of another model', async () => {
    const alone = await load(at('models/stories260k_ts_opset14.onnx'));
    await expect(examine(alone, { text: 'hello' })).rejects.toThrow('there is no tokenizer.json beside stories260k_ts_opset14.onnx');
    await alone.close();
    const wrong = await load(at('models/stories260k_ts_opset14.onnx'), { tokenizer: at('models/bert_mini_sst2.tokenizer.json') });
    await expect(examine(wrong, { text: 'hello' })).rejects.toThrow('has 6000 tokens, and stories260k_ts_opset14.onnx embeds only 512');
    await wrong.close();
  });

  test('where no file says how much a model reads, its tables do', async () => {
    const silent = path.join(folder, 'silent.onnx');
    cpSync(at(berts[0]!), silent);
    const model = await load(silent, { tokenizer: at('models/bert_mini_sst2.tokenizer.json') });
    const long = 'silent.onnx reads at most 64: shorten it, or cut it with --max-tokens 64';
    await expect(examine(model, { text: 'good '.repeat(100) })).rejects.toThrow(`the text has 102 tokens, and ${long}`);
    await model.close();
    const stories = await load(at('models/stories260k_ts_opset14.onnx'), { tokenizer: byteLevel });
    await expect(examine(stories, { text: ' good'.repeat(600) })).rejects.toThrow('stories260k_ts_opset14.onnx reads at most 512');
    await stories.close();
  });

  /** A model that looks tokens up, with more nodes behind. */
  const small = (name: string, more: Parameters<typeof modelFile>[0]): string => {
    const file = path.join(folder, name);
    const rows = Array.from({ length: 12_000 }, (_, i) => Math.sin(i));
    writeFileSync(
      file,
      modelFile({
        ...more,
        input: [info('input_ids', 'int64', [1, 'S']), ...(more.input ?? [])],
        output: [info('y', 'float32', [1, 'S', 2])],
        initializer: [constant('table', 'float32', [6000, 2], rows), ...(more.initializer ?? [])],
        node: [node('Gather', ['table', 'input_ids'], ['e']), ...(more.node ?? [])],
      }),
    );
    return file;
  };

  test('where nothing says how much a model reads, its length is named as the likeliest cause', async () => {
    const places = constant('places', 'float32', [1, 4, 2], Array.from({ length: 8 }, Math.cos));
    const model = await load(small('added.onnx', { initializer: [places], node: [node('Add', ['e', 'places'], ['y'])] }), {
      tokenizer: byteLevel,
    });
    await expect(examine(model, { text: 'The film is very good' })).rejects.toThrow(
      /added\.onnx does not run on the \d tokens of the text \(Add .*\): if it reads fewer, cut the text with --max-tokens N/,
    );
    await model.close();
  });

  test('a second text for a model that knows one is refused', async () => {
    const kinds = { input: [info('token_type_ids', 'int64', [1, 'S'])], initializer: [constant('kinds', 'float32', [1, 2], [1, 2])] };
    const model = await load(
      small('one.onnx', { ...kinds, node: [node('Gather', ['kinds', 'token_type_ids'], ['k']), node('Add', ['e', 'k'], ['y'])] }),
      {
        tokenizer: at('models/bert_mini_sst2.tokenizer.json'),
      },
    );
    await expect(examine(model, { text: 'good', pair: 'bad' })).rejects.toThrow(
      'one.onnx reads one text, and two are given: leave the second out (--pair)',
    );
    expect((await examine(model, { text: 'good' })).prediction.outputs.get('y')!.dims).toEqual([1, 3, 2]);
    await model.close();
  });

  test('notes that make no sense name their file', async () => {
    cpSync(at(berts[0]!), path.join(folder, 'm.onnx'));
    for (const [notes, message] of [
      ['{"tokenizer": 3}', 'm.json: tokenizer must be the name of a file, not 3'],
      ['{"maxTokens": "many"}', 'm.json: maxTokens must be a whole number above 0, not "many"'],
      ['{"labels": [1]}', 'm.json must hold a list of class names'],
      ['{', 'm.json is not valid JSON'],
    ] as const) {
      writeFileSync(path.join(folder, 'm.json'), notes);
      await expect(load(path.join(folder, 'm.onnx'))).rejects.toThrow(message);
    }
  });

  test('a model of a fixed length is filled up, and one with inputs that text does not give is refused', async () => {
    const rows = Array.from({ length: 1000 }, (_, i) => Math.sin(i));
    const write = (name: string, extra: readonly string[]): string => {
      const file = path.join(folder, name);
      writeFileSync(
        file,
        modelFile({
          input: [info('input_ids', 'int64', [1, 8]), ...extra.map((input) => info(input, 'float32', [1, 2]))],
          output: [info('y', 'float32', [1, 8, 2])],
          initializer: [constant('table', 'float32', [500, 2], rows)],
          node: [node('Gather', ['table', 'input_ids'], ['e']), node('Tanh', ['e'], ['y'])],
        }),
      );
      return file;
    };
    const model = await load(write('fixed.onnx', []), { tokenizer: byteLevel });
    const { explanation } = await explain(model, { text: 'The film' }, { method: 'gradient', target: '0,0' });
    expect(explanation.warnings).toContain(
      'the model reads exactly 8 tokens: 6 were filled up with <|endoftext|>, which it cannot tell from text: it takes no attention_mask',
    );
    await expect(examine(model, { text: 'The film is good, and the music is better' })).rejects.toThrow('reads at most 8');
    await model.close();
    const cached = await load(write('cached.onnx', ['pixel_mask']), { tokenizer: byteLevel });
    await expect(examine(cached, { text: 'The film' })).rejects.toThrow('takes pixel_mask, which text does not give');
    await cached.close();
  });
});
