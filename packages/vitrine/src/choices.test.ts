import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ExplanationRecord } from '@vitrine/audit';
import { parseHTML } from 'linkedom';
import { constant, info, modelFile, node } from '@vitrine/ir/testing';
import { describe, expect, test } from 'vitest';
import { numbers, type Tensor } from '@vitrine/ir';
import { examineEach } from './each.js';
import { examine, type Exam } from './exam.js';
import { report } from './report.js';
import { load } from './model.js';
import { checkpoints, tinyTokenizer } from './testing/checkpoints.js';
import { root, workplace } from './testing/command.js';
import { textParts } from './told.js';

const { open, folder } = checkpoints();
const { at, vitrine } = workplace();
const text = 'where is the tower?';
const choices = ['in paris', 'the old river city, not the tower', 'a film'];
const values = (tensor: Tensor): readonly number[] => Array.from(numbers(tensor), Number);
const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);
const words = async (exam: Exam, target: string) =>
  textParts(exam, await exam.explain({ method: 'integrated-gradients', target })).map(({ text: word, sequence, value }) => ({
    word,
    sequence,
    value,
  }));

describe.each(['bert', 'roberta'] as const)('%s', (kind) => {
  const tiny = { checkpoint: `${kind}-choice`, tokenizer: kind };

  test('a text is read with each choice, as with one alone', async () => {
    const model = await open(tiny);
    const exam = await examine(model, { text, choices });
    const { encoded } = exam.text!;
    expect(encoded.texts).toEqual([text, ...choices]);
    expect(exam.inputs.get('input_ids')!.tensor.dims).toEqual([1, 3, encoded.tokens.length / 3]);
    expect(exam.prediction.row).toBe('Choice');
    const scores = new Map(exam.prediction.classes.map(({ label, score }) => [label, score]));
    expect(exam.prediction.classes.map(({ score }) => score)).toEqual([...scores.values()].toSorted((a, b) => b - a));
    for (const choice of choices) {
      // With the same choice twice no row is filled up.
      const alone = await examine(model, { text, choices: [choice, choice] });
      for (const score of values(alone.prediction.outputs.get('logits')!)) expect(Math.abs(score - scores.get(choice)!)).toBeLessThan(1e-5);
    }
  });

  test('words of the text and of the explained choice count; those of others do not', async () => {
    const exam = await examine(await open(tiny), { text, choices });
    const parts = await words(exam, `label:${choices[1]}`);
    const of = (sequence: number | undefined) => parts.filter((part) => part.sequence === sequence);
    expect(of(0).map(({ word }) => word)).toEqual(['where', 'is', 'the', 'tower', '?']);
    expect(of(2).map(({ word }) => word)).toEqual(['the', 'old', 'river', 'city', ',', 'not', 'the', 'tower']);
    for (const other of [1, 3]) expect(of(other).every(({ value }) => Math.abs(value) < 1e-7)).toBe(true);
    expect(of(2).every(({ value }) => Math.abs(value) > 1e-6)).toBe(true);
    // Where a row counts, its words count what they do in that row alone.
    const only = await examine(await open(tiny), { text, choices: [choices[1]!, choices[1]!] });
    const alone = (await words(only, '0')).filter(({ sequence }) => sequence === 0);
    alone.forEach(({ value }, i) => expect(Math.abs(value - of(0)[i]!.value)).toBeLessThan(1e-4));
  });

  test('why one choice rather than another, and its parts add up', async () => {
    const exam = await examine(await open(tiny), { text, choices });
    const { explanation, record } = await exam.explain({ method: 'integrated-gradients', target: 'label:"in paris"-label:"a film"' });
    expect(record.targetLabel).toBe('in paris rather than a film');
    const parts = textParts(exam, { explanation });
    expect(sum(parts.map(({ value }) => value))).toBeCloseTo(explanation.completeness!.expected, 3);
    expect(parts.filter(({ sequence }) => sequence === 2).every(({ value }) => Math.abs(value) < 1e-7)).toBe(true);
    expect((await exam.explain({ method: 'gradient' })).explanation.target.label).toBe(exam.prediction.classes[0]!.label);
  });
});

test.each(['occlusion', 'shapley-sampling'])('%s takes a word of the text away in all rows at once', async (method) => {
  const exam = await examine(await open({ checkpoint: 'bert-choice', tokenizer: 'bert' }), { text, choices });
  const parts = textParts(exam, await exam.explain({ method, target: `label:${choices[1]}` }));
  const of = (sequence: number) => parts.filter((part) => part.sequence === sequence);
  expect(of(0)).toHaveLength(5);
  expect(of(0).every(({ value }) => Math.abs(value) > 1e-7)).toBe(true);
  for (const other of [1, 3]) for (const { value } of of(other)) expect(Math.abs(value)).toBeLessThan(1e-4);
});

test('what is added to whole numbers is no bias', async () => {
  const exam = await examine(await open({ checkpoint: 'roberta-choice', tokenizer: 'roberta' }), { text, choices });
  const { explanation } = await exam.explain({ method: 'full-grad' });
  expect(values(explanation.attributions[0]!.tensor).every(Number.isFinite)).toBe(true);
});

test('the report shows the text and all choices', async () => {
  const exam = await examine(await open({ checkpoint: 'bert-choice', tokenizer: 'bert' }), { text, choices });
  const { document } = parseHTML(
    await report(exam, [await exam.explain({ method: 'input-x-gradient', target: 'label:in paris' })], 'vitrine explain'),
  );
  expect([...document.querySelectorAll('.method .passage')].map((p) => p.textContent)).toEqual([text, ...choices]);
  const marked = [...document.querySelectorAll('.method .passage')].map((p) => p.querySelectorAll('span').length > 0);
  expect([marked[1], marked[2], marked[3]]).toEqual([true, false, false]);
  expect(document.querySelector('.verdict')!.textContent).toContain('Choice');
});

test('a choice that is cut, and a text in one row only, are told', async () => {
  const model = await open({ checkpoint: 'bert-choice', tokenizer: 'bert' });
  const { explanation } = await (await examine(model, { text, choices, maxTokens: 12 })).explain({ method: 'gradient' });
  expect(explanation.warnings).toEqual([
    'the text was cut: of 36 tokens 32 are read, and “?” is not',
    'choice 2 was cut: of 36 tokens 32 are read, and “not the tower” is not',
  ]);
});

test.each([
  [{ text }, 'chooses between texts: give each that it may choose as --choice TEXT'],
  [{ text, pair: 'a', choices }, 'leave out the pair (--pair)'],
  [{ text, choices: ['a'] }, 'and 1 is given: give two or more as --choice TEXT'],
  [{ text, choices: ['a', ' '] }, 'choice 2 is empty'],
  [{ text: '', choices }, 'the text is empty'],
  [{ text, choices: ['a', 'film '.repeat(40)] }, 'reads at most 32'],
])('%j is refused', async (given, message) => {
  await expect(examine(await open({ checkpoint: 'bert-choice', tokenizer: 'bert' }), given)).rejects.toThrow(message);
});

test('a model that chooses nothing refuses choices', async () => {
  await expect(examine(await open({ checkpoint: 'bert-sequence', tokenizer: 'bert' }), { text, choices })).rejects.toThrow(
    'reads one text at a time and chooses none: leave out the choices (--choice)',
  );
});

test('a model of a fixed number of choices and tokens is filled up, and refuses other numbers', async () => {
  const file = at('fixed.onnx');
  writeFileSync(
    file,
    modelFile({
      input: [info('input_ids', 'int64', [1, 2, 16])],
      output: [info('y', 'float32', [1, 2])],
      initializer: [
        constant(
          'table',
          'float32',
          [97, 2],
          Array.from({ length: 194 }, (_, i) => Math.sin(i)),
        ),
        constant('axes', 'int64', [2], [2, 3]),
      ],
      node: [node('Gather', ['table', 'input_ids'], ['e']), node('ReduceSum', ['e', 'axes'], ['y'], { name: 'keepdims', type: 2, i: 0 })],
    }),
  );
  writeFileSync(at('tiny.json'), tinyTokenizer('bert'));
  const model = await load(file, { tokenizer: at('tiny.json') });
  const { explanation } = await (await examine(model, { text, choices: ['paris', 'a film'] })).explain({ method: 'input-x-gradient' });
  expect(explanation.attributions[0]!.tensor.dims).toEqual([1, 2, 16, 2]);
  expect(explanation.warnings[0]).toMatch(/^the model reads exactly 16 tokens: \d were filled up with \[PAD\]/);
  await expect(examine(model, { text, choices })).rejects.toThrow('fixed.onnx chooses between exactly 2 texts, and 3 are given');
  await model.close();
});

test('several questions come from a file', async () => {
  const file = at('questions.jsonl');
  writeFileSync(file, `${JSON.stringify({ text, choices })}\n${JSON.stringify({ text, choices: 'paris' })}\n`);
  const { textsIn } = await import('./textFile.js');
  const model = await open({ checkpoint: 'roberta-choice', tokenizer: 'roberta' });
  const found: (number | string)[] = [];
  for await (const { exam, failure } of examineEach(model, { texts: textsIn(file) }))
    found.push(exam?.prediction.classes.length ?? failure!.message);
  expect(found).toEqual([3, expect.stringContaining('line 2 must be an object such as')]);
});

test('on the command line', async () => {
  const model = folder({ checkpoint: 'bert-choice', tokenizer: 'bert' });
  const asked = ['explain', model, '--method', 'input-x-gradient', '--text', text, ...choices.flatMap((choice) => ['--choice', choice])];
  const { code, out, err } = await vitrine(...asked, '--target', 'label:in paris', '--save', 'out');
  expect([code, err]).toEqual([0, '']);
  expect(out).toMatch(/^ {2}(in paris|a film|the old .*) +-?[\d.]+ +[\d.]+ %$/m);
  expect(out).toMatch(/ {2}tower\n/);
  expect(out).not.toContain('[PAD]');
  const rows = readFileSync(path.join(at('out'), 'input-x-gradient.tokens.csv'), 'utf8').split('\n');
  expect(rows.some((row) => /^paris,3,8,.*,paris,1$/.test(row))).toBe(true);
  const [record] = JSON.parse((await vitrine(...asked, '--json')).out) as readonly ExplanationRecord[];
  expect(choices).toContain(record!.predicted!.label);
  for (const [args, message] of [
    [['--choice', 'a'], '--choice goes with a text: give it as --text'],
    [['--texts', 'q.jsonl', '--choice', 'a'], 'give choices in a .jsonl file, as "choices"'],
  ] as const)
    expect((await vitrine('explain', model, '--method', 'gradient', ...args)).err).toContain(message);
});

describe('a picture held against texts', () => {
  const picture = path.join(root, 'golden/huggingface/clip/picture.png');
  const inputs = new Map([['pixel_values', picture]]);
  // Of this configuration the token with the greatest number stands for a text.
  const texts = ['the tower stands', 'in the old city', 'a film'];

  test('scores are those of each text alone, and what is not asked about counts nothing', async () => {
    const model = await open({ checkpoint: 'clip', tokenizer: 'roberta' });
    const exam = await examine(model, { choices: texts, inputs });
    const { encoded } = exam.text!;
    expect(exam.inputs.get('input_ids')!.tensor.dims).toEqual([3, encoded.tokens.length / 3]);
    for (const { label, score } of exam.prediction.classes) {
      const alone = await examine(model, { text: label, inputs });
      expect(values(alone.prediction.outputs.get('logits_per_image')!)[0]).toBeCloseTo(score, 5);
    }
    const { explanation } = await exam.explain({ method: 'integrated-gradients', target: `label:${texts[0]}`, options: { steps: 200 } });
    expect(explanation.attributions.map(({ at: place }) => place)).toEqual(['pixel_values', 'text/embeddings/Gather']);
    expect(Math.abs(explanation.completeness!.gap)).toBeLessThan(0.02 * Math.abs(explanation.completeness!.expected));
    for (const method of ['integrated-gradients', 'occlusion']) {
      const answer = await exam.explain({ method, target: `label:${texts[0]}`, at: 'text/embeddings/Gather' });
      const parts = textParts(exam, answer);
      for (const { sequence, value } of parts) if (sequence !== undefined && sequence !== 1) expect(Math.abs(value)).toBeLessThan(1e-6);
      expect(parts.some(({ sequence, value }) => sequence === 1 && Math.abs(value) > 1e-4)).toBe(true);
    }
  });

  test('why one text rather than another, on the command line', async () => {
    const clip = folder({ checkpoint: 'clip', tokenizer: 'roberta' });
    const asked = ['explain', clip, '--input', picture, '--method', 'attn-lrp', ...texts.flatMap((one) => ['--choice', one])];
    const { code, out, err } = await vitrine(...asked, '--target', 'label:a film-label:the tower stands');
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain('a film rather than the tower stands');
    expect((await vitrine(...asked, '--text', 'a')).err).toContain('reads each text by itself: give all as --choice TEXT');
    expect((await vitrine(...asked.slice(0, -4))).err).toContain('chooses between texts, and 1 is given');
  });
});
