import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { numbers, tensorOf } from '@vitrine/ir';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { examine, type Exam } from './exam.js';
import { load, type LoadedModel } from './model.js';
import { textParts } from './told.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
let model: LoadedModel;
beforeAll(async () => {
  model = await load(path.join(root, 'models/bert_mini_sst2_ts_opset14.onnx'));
});
afterAll(() => model.close());

const TEXT = 'An unwatchable, thoroughly boring mess';
const GOOD = 1;

/** The score for good after `change` to the ids and the attention mask. */
async function scoreOf({ inputs }: Exam, change: (t: number, id: number, attended: number) => readonly [number, number]): Promise<number> {
  const [ids, mask] = ['input_ids', 'attention_mask'].map((name) => Array.from(numbers(inputs.get(name)!.tensor), Number));
  const changed = ids!.map((id, t) => change(t, id, mask![t]!));
  const dims = [1, changed.length];
  const again = await examine(model, {
    input_ids: tensorOf('int64', dims, changed.map(([id]) => id)), // prettier-ignore
    attention_mask: tensorOf('int64', dims, changed.map(([, attended]) => attended)), // prettier-ignore
    token_type_ids: inputs.get('token_type_ids')!.tensor,
  });
  return Number(again.prediction.outputs.values().next().value!.data[GOOD]);
}

/** Another token in place of those that a function picks; or the same, hidden. */
const without = (exam: Exam, gone: (t: number) => boolean, id: number | undefined): Promise<number> =>
  scoreOf(exam, (t, given, attended) => (gone(t) ? (id === undefined ? [given, 0] : [id, attended]) : [given, attended]));

describe('taking words away is what the model says of the text without them', () => {
  test.each(['mask', 'unknown', 'pad', 'attention'])('%s', async (baseline) => {
    const exam = await examine(model, { text: TEXT });
    const { mask, unknown, padding } = exam.text!.tokenizer;
    const id = { mask: mask!.id, unknown: unknown!, pad: padding!.id, attention: undefined }[baseline];
    const answer = await exam.explain({ method: 'occlusion', target: 'label:good', options: { baseline } });
    const { tokens } = exam.text!.encoded;
    const full = answer.explanation.target.score;
    let found = 0;
    for (const { start, end, value, sequence } of textParts(exam, answer)) {
      if (sequence === undefined) {
        expect(value).toBe(0);
        continue;
      }
      const inside = (t: number): boolean => tokens[t]!.sequence === 0 && tokens[t]!.start >= start && tokens[t]!.end <= end;
      expect(value).toBeCloseTo(full - (await without(exam, inside, id)), 4);
      found++;
    }
    expect(found).toBe(6);
    expect(answer.record.methodParams).toMatchObject({ parts: 'auto', baseline });
    expect(answer.record.parts!.list!.map(({ name }) => name)).toEqual(['An', 'unwatchable', ',', 'thoroughly', 'boring', 'mess']);
  });
});

test('Shapley values of words add up to what the words do together; [CLS] and [SEP] stay', async () => {
  const exam = await examine(model, { text: TEXT });
  const { mask } = exam.text!.tokenizer;
  const nothing = await without(exam, (t) => !exam.text!.encoded.tokens[t]!.special, mask!.id);
  for (const method of ['shapley-values', 'kernel-shap', 'shapley-sampling']) {
    const answer = await exam.explain({ method, target: 'label:good' });
    const { completeness, target, options } = answer.explanation;
    expect(options['baseline']).toBe('mask');
    expect(completeness!.expected).toBeCloseTo(target.score - nothing, 4);
    expect(completeness!.gap).toBeCloseTo(0, 5);
    const parts = textParts(exam, answer);
    expect(parts.filter(({ sequence }) => sequence === undefined).map(({ text, value }) => [text, value])).toEqual([
      ['[CLS]', 0],
      ['[SEP]', 0],
    ]);
    const boring = parts.find(({ text }) => text === 'boring')!;
    expect(boring.value).toBeLessThan(-0.2);
    if (method === 'shapley-sampling') expect(boring.standardError).toBeGreaterThan(0);
  }
});

test('the pieces of a word go together, unless tokens are asked for; sentences are told whole', async () => {
  const exam = await examine(model, { text: 'Unwatchable. A mess' });
  const names = async (parts: string): Promise<readonly string[]> => {
    const { explanation } = await exam.explain({ method: 'occlusion', options: { parts } });
    return explanation.parts!.values.map(({ name }) => name);
  };
  const tokens = await names('token');
  expect(tokens.length).toBeGreaterThan((await names('word')).length);
  expect(await names('auto')).toEqual(['Unwatchable', '.', 'A', 'mess']);
  const answer = await exam.explain({ method: 'shapley-values', options: { parts: 'sentence' } });
  expect(textParts(exam, answer).map(({ text }) => text)).toEqual(['Unwatchable.', 'A mess', '[CLS]', '[SEP]']);
});

test('what was taken away is told as it is, whatever becomes of vectors', async () => {
  const exam = await examine(model, { text: TEXT });
  const answer = await exam.explain({ method: 'occlusion' });
  expect(textParts(exam, answer, { reduce: 'norm' })).toEqual(textParts(exam, answer));
});

test('a path may start at the mask token too', async () => {
  const exam = await examine(model, { text: TEXT });
  const { mask } = exam.text!.tokenizer;
  const nothing = await without(exam, (t) => !exam.text!.encoded.tokens[t]!.special, mask!.id);
  const { explanation, record } = await exam.explain({
    method: 'integrated-gradients',
    target: 'label:good',
    options: { baseline: 'mask', steps: 64 },
  });
  expect(explanation.completeness!.expected).toBeCloseTo(explanation.target.score - nothing, 4);
  expect(Math.abs(explanation.completeness!.gap)).toBeLessThan(0.01);
  expect(record.methodParams['baseline']).toBe('mask');
});

test('where no token is a mask, zero stands in, and the record says so', async () => {
  const stories = await load(path.join(root, 'models/stories260k_ts_opset14.onnx'), {
    tokenizer: path.join(root, 'packages/data/testdata/text/byte-level.json'),
  });
  try {
    const exam = await examine(stories, { text: 'One day' });
    const { explanation } = await exam.explain({ method: 'occlusion' });
    expect(explanation.options['baseline']).toBe('zero');
    const walked = await exam.explain({ method: 'discretized-ig', options: { steps: 4 } });
    expect(walked.explanation.options['baseline']).toBe('pad');
  } finally {
    await stories.close();
  }
});

test('a walk along words starts at the mask token, or at another token where there is none', async () => {
  const exam = await examine(model, { text: TEXT });
  const { mask } = exam.text!.tokenizer;
  const nothing = await without(exam, (t) => !exam.text!.encoded.tokens[t]!.special, mask!.id);
  const { explanation } = await exam.explain({ method: 'discretized-ig', target: 'label:good', options: { factor: 2 } });
  expect(explanation.options['baseline']).toBe('mask');
  expect(explanation.completeness!.expected).toBeCloseTo(explanation.target.score - nothing, 4);
  expect(Math.abs(explanation.completeness!.gap / explanation.completeness!.expected)).toBeLessThan(0.05);
  await expect(exam.explain({ method: 'discretized-ig', options: { baseline: 'attention' } })).rejects.toThrow('attention hides tokens');
});

test('what a text cannot be divided into or replaced by is refused with what to do', async () => {
  const exam = await examine(model, { text: TEXT });
  await expect(exam.explain({ method: 'occlusion', options: { parts: 'letter' } })).rejects.toThrow(
    'there is no partition called letter: use word, token, phrase, sentence, elements, axis=K, grid=RxC, pixels, slic, quickshift, felzenszwalb, points, windows, segments, channels, bands or a .npy file of labels',
  );
  await expect(exam.explain({ method: 'occlusion', options: { baseline: 'nothing' } })).rejects.toThrow(
    'there is no baseline called nothing for this text: use mask, unknown, pad, attention, zero, constant, mean, blur, uniform, noise, a number or a .npy file',
  );
  await expect(exam.explain({ method: 'integrated-gradients', options: { baseline: 'attention' } })).rejects.toThrow(
    'attention hides tokens and gives no point to start from: use it with methods that take parts away, as occlusion',
  );
});
