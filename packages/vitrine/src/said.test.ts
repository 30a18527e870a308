import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { numbers, tensorOf, type Tensor } from '@vitrine/ir';
import { examineEach } from './each.js';
import { examine, type Exam } from './exam.js';
import { load, type LoadedModel } from './model.js';
import { generate, whole } from './language/speech.js';
import { checkpoints, type Tiny } from './testing/checkpoints.js';
import { toldOf } from './told.js';

const { folder, open } = checkpoints();
const golden = fileURLToPath(new URL('../../../golden/huggingface', import.meta.url));
const text = 'the tower stands in paris';
const decoderText = 'rome is';

const idsOf = async (model: LoadedModel, words: string): Promise<readonly number[]> =>
  (await (await model.tokenizer()).pieces(words)).map(({ id }) => id);
const fedTo = ({ inputs }: Exam, name: string): readonly number[] => Array.from(numbers(inputs.get(name)!.tensor), Number);
/** The last row of the first output [1,T,97]. */
const lastRow = ({ prediction: { outputs } }: Exam): readonly number[] =>
  Array.from(numbers(outputs.values().next().value!), Number).slice(-97);
const wordsOf = async (exam: Exam, at?: string): Promise<readonly string[]> => {
  const { explanation } = await exam.explain({ method: 'input-x-gradient', at });
  return toldOf(exam, explanation, explanation.attributions[0]!)!.segments.map((segment) => segment.text);
};

describe.each([
  ['t5', [0]],
  ['bart', [2]],
])('%s', (checkpoint, start) => {
  let model: LoadedModel;
  beforeAll(async () => {
    model = await open({ checkpoint, tokenizer: 'roberta' });
  });

  test('a decoder that has said nothing is given its start, and the likeliest first token is explained', async () => {
    const exam = await examine(model, { text });
    expect(fedTo(exam, 'decoder_input_ids')).toEqual(start);
    const row = lastRow(exam);
    expect(exam.prediction.classes.map(({ score }) => score)).toEqual(row.toSorted((a, b) => b - a).slice(0, 5));
    const { explanation } = await exam.explain({ method: 'gradient' });
    expect(explanation.target).toMatchObject({ score: Math.max(...row), label: exam.prediction.classes[0]!.label });
    expect(explanation.attributions[0]!.at).toBe('encoder/embeddings/Gather');
  });

  test('behind what it has said the next token is explained: by the text, or by what was said', async () => {
    const exam = await examine(model, { text, decoderText });
    const said = await idsOf(model, decoderText);
    expect(fedTo(exam, 'decoder_input_ids')).toEqual([...start, ...said]);
    const [paris] = await idsOf(model, 'paris');
    const { record, explanation } = await exam.explain({ method: 'gradient', target: 'token:"paris"' });
    expect(record.target).toEqual({ kind: 'index', index: [said.length, paris], name: '“paris”' });
    expect(explanation.target.score).toBeCloseTo(lastRow(exam)[paris!]!, 5);
    expect(await wordsOf(exam)).toEqual([...text.split(' '), '<s>', '</s>']);
    const spelled = (await model.tokenizer()).spelled(start[0]!);
    expect(await wordsOf(exam, 'decoder/embeddings/Gather')).toEqual([...decoderText.split(' '), spelled]);
  });

  test('attention tells of both texts, each by its own words', async () => {
    // As many tokens as the text has: they are told apart by what they are of.
    const exam = await examine(model, { text: 'paris', decoderText });
    const { explanation } = await exam.explain({ method: 'chefer' });
    const told = explanation.attributions.map((one) => [one.at, toldOf(exam, explanation, one)!.encoded.texts]);
    expect(told).toEqual([
      ['tokens x tokens of stream 0', ['paris']],
      ['tokens', [decoderText]],
    ]);
  });

  test('what it has said may be asked about too', async () => {
    const exam = await examine(model, { text, decoderText });
    const { record } = await exam.explain({ method: 'gradient', target: 'span:"is"' });
    const [, is] = await idsOf(model, decoderText);
    expect(record.target).toMatchObject({ kind: 'index', index: [1, is] });
  });

  test('it goes on as token by token', async () => {
    const speech = await generate(model, { prompt: text }, { tokens: 4 });
    await whole(speech);
    const ids = [...start];
    for (const { id } of speech.said) {
      const tensor: Tensor = tensorOf('int64', [1, ids.length], ids);
      const exam = await examine(model, { text, inputs: new Map([['decoder_input_ids', tensor]]) });
      const row = lastRow(exam);
      expect(id).toBe(row.indexOf(Math.max(...row)));
      ids.push(id);
    }
    expect(speech.said.length).toBeGreaterThan(1);
  });
});

test('generation_config.json says how a decoder starts, and what is forced on it', async () => {
  const made = folder({ checkpoint: 'bart', tokenizer: 'roberta' });
  writeFileSync(path.join(made, 'generation_config.json'), JSON.stringify({ decoder_start_token_id: 2, forced_bos_token_id: 0 }));
  const bart = await load(made);
  expect(bart.decoderStart).toEqual([2, 0]);
  await bart.close();
  const whisper = await open({
    checkpoint: 'whisper',
    tokenizer: 'roberta',
    config: {
      forced_decoder_ids: [
        [2, 9],
        [1, 8],
        [3, null],
        [4, 7],
      ],
    },
  });
  expect(whisper.decoderStart).toEqual([3, 8, 9]);
});

test('several texts go on from the same words', async () => {
  const model = await open({ checkpoint: 't5', tokenizer: 'roberta' });
  const lengths = [];
  for await (const { exam } of examineEach(model, { texts: ['paris', text], decoderText }))
    lengths.push(fedTo(exam!, 'decoder_input_ids').length);
  expect(lengths).toEqual([3, 3]);
});

test('a sound is explained by itself, and so is what is said of it', async () => {
  const model = await open({ checkpoint: 'whisper', tokenizer: 'roberta' });
  const sound = tensorOf(
    'float32',
    [1, 6, 10],
    Array.from({ length: 60 }, (_, i) => Math.sin(i)),
  );
  const alone = await examine(model, { input_features: sound });
  expect(fedTo(alone, 'decoder_input_ids')).toEqual([3]);
  const { explanation } = await alone.explain({ method: 'gradient' });
  expect(explanation.attributions.map(({ at }) => at)).toEqual(['input_features']);
  expect(toldOf(alone, explanation, explanation.attributions[0]!)).toBeUndefined();
  const behind = await examine(model, { decoderText, inputs: new Map([['input_features', sound]]) });
  expect(fedTo(behind, 'decoder_input_ids')).toEqual([3, ...(await idsOf(model, decoderText))]);
  expect(lastRow(behind)).not.toEqual(lastRow(alone));
  expect(await wordsOf(behind, 'decoder/embeddings/Gather')).toEqual(['rome', 'is', '<unk>']);
});

test('a picture beside a text is explained with it', async () => {
  const model = await open({ checkpoint: 'clip', tokenizer: 'roberta' });
  const exam = await examine(model, { text, inputs: new Map([['pixel_values', path.join(golden, 'clip/picture.png')]]) });
  const { explanation } = await exam.explain({ method: 'integrated-gradients', options: { steps: 200 } });
  expect(explanation.attributions.map(({ at }) => at)).toEqual(['pixel_values', 'text/embeddings/Gather']);
  expect(toldOf(exam, explanation, explanation.attributions[0]!)).toBeUndefined();
  expect(toldOf(exam, explanation, explanation.attributions[1]!)!.encoded.texts).toEqual([text]);
  const { expected, gap } = explanation.completeness!;
  expect(Math.abs(gap)).toBeLessThan(0.02 * Math.abs(expected));
});

const refused: readonly (readonly [what: string, tiny: Tiny, given: object, message: RegExp])[] = [
  [
    'words of a decoder that is none',
    { checkpoint: 'bert-masked', tokenizer: 'bert' },
    { text, decoderText },
    /bert-masked-\w+ has no decoder: it takes input_ids, attention_mask/,
  ],
  [
    'a start that no file names',
    { checkpoint: 't5', tokenizer: 'roberta', config: { decoder_start_token_id: null } },
    { text },
    /takes decoder_input_ids, and no config\.json beside it names a decoder_start_token_id: give all tokens, as --input decoder_input_ids=FILE/,
  ],
  [
    'more than is read',
    { checkpoint: 'bart', tokenizer: 'roberta' },
    { text, decoderText: 'rome '.repeat(32) },
    /what was said has 33 tokens, and bart-\w+ reads at most 32: give less as --decoder-text/,
  ],
  [
    'what is given twice',
    { checkpoint: 'bart', tokenizer: 'roberta' },
    { text, decoderText, inputs: new Map([['decoder_input_ids', tensorOf('int64', [1, 1], [2])]]) },
    /decoder_input_ids is given twice; --decoder-text is what a decoder has said so far/,
  ],
  [
    'a text where a sound is read',
    { checkpoint: 'whisper', tokenizer: 'roberta' },
    { text },
    /reads no text: it takes input_features float32/,
  ],
];

test.each(refused)('refuses %s', async (_, tiny, given, message) => {
  await expect(examine(await open(tiny), given as never)).rejects.toThrow(message);
});
