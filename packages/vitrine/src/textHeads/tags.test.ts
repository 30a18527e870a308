import { numbers } from '@vitrine/ir';
import { beforeAll, describe, expect, test } from 'vitest';
import { examine, type Exam } from '../exam.js';
import { shortened } from '../shortened.js';
import { checkpoints } from '../testing/checkpoints.js';
import { begins, labelsCalled, outside, typeOf } from './labels.js';

const { open } = checkpoints();
const text = 'john smith lives in new york';
// [CLS] john smith lives in new york [SEP]
const words = text.split(' ');
const labels = ['O', 'B-LOC', 'I-LOC'];

const named = (list: readonly string[]): object => ({
  id2label: Object.fromEntries(list.map((label, i) => [i, label])),
  label2id: Object.fromEntries(list.map((label, i) => [label, i])),
});

let exam: Exam;
let scores: readonly (readonly number[])[];
const matrix = ({ prediction }: Exam): readonly (readonly number[])[] => {
  const values = Array.from(numbers(prediction.outputs.get('logits')!), Number);
  return Array.from({ length: values.length / 3 }, (_, t) => values.slice(3 * t, 3 * t + 3));
};
const argmax = (row: readonly number[]): number => row.indexOf(Math.max(...row));
const probability = (row: readonly number[]): number => Math.exp(Math.max(...row)) / row.reduce((sum, score) => sum + Math.exp(score), 0);

beforeAll(async () => {
  exam = await examine(await open({ checkpoint: 'bert-token', tokenizer: 'bert', config: named(labels) }), { text });
  scores = matrix(exam);
});

/** Words that are tagged, merged by hand: one token a word, B- begins anew. */
function entities(labelling: readonly string[]): readonly { readonly words: readonly number[]; readonly type: string }[] {
  const found: { words: number[]; type: string }[] = [];
  let isOpen = false;
  for (const [w, label] of labelling.entries()) {
    const type = label.slice(2);
    if (isOpen && label.startsWith('I-') && found.at(-1)!.type === type) found.at(-1)!.words.push(w);
    else if (label !== 'O') found.push({ words: [w], type });
    isOpen = label !== 'O';
  }
  return found;
}

describe.each([
  ['electra-token', ['O', 'I-PER', 'B-PER'], text, ['“john smith” as PER', '“new” as PER']],
  ['electra-token', ['I-PER', 'O', 'B-PER'], text, ['“lives in” as PER', '“york” as PER']],
  [
    'bert-token',
    ['O', 'I-LOC', 'B-LOC'],
    'the city of john smith , new york , lives the river a film good old rome',
    ['“city of john smith , new york , lives the river” as LOC', '“a film good old rome” as LOC'],
  ],
  ['bert-token', ['I-ORG', 'I-LOC', 'O'], 'the city of john', ['“the city of” as LOC', '“john” as ORG']],
] as const)('%s with %j tags %j', (checkpoint, scheme, sentence, expected) => {
  test('words, which are said with their labels and probabilities; the surest are explained', async () => {
    const own = await examine(await open({ checkpoint, tokenizer: 'bert', config: named(scheme) }), { text: sentence });
    const { classes, row } = own.prediction;
    const rows = matrix(own);
    const list = sentence.split(' ');
    expect(row).toBe('Tagged words');
    const tagged = entities(list.map((_, w) => scheme[argmax(rows[w + 1]!)]!)).map((entity) => {
      const ofType = [0, 1, 2].filter((i) => scheme[i]!.endsWith(`-${entity.type}`));
      return {
        label: `“${entity.words.map((w) => list[w]).join(' ')}” as ${entity.type}`,
        score: entity.words.reduce((sum, w) => sum + Math.max(...ofType.map((i) => rows[w + 1]![i]!)), 0),
        probability: entity.words.reduce((sum, w) => sum + probability(rows[w + 1]!), 0) / entity.words.length,
      };
    });
    const order = tagged.toSorted((a, b) => b.probability - a.probability);
    expect(classes.map(({ label }) => shortened(label))).toEqual(order.map(({ label }) => shortened(label)));
    expect(tagged.map(({ label }) => label)).toEqual(expected);
    classes.forEach(({ score, probability: p, words: place }, i) => {
      expect(score).toBeCloseTo(order[i]!.score, 4);
      expect(p).toBeCloseTo(order[i]!.probability, 6);
      expect(order[i]!.label).toContain(`“${sentence.slice(place!.start, place!.end)}”`);
    });
    const { explanation } = await own.explain({ method: 'gradient' });
    expect(explanation.target.label).toBe(classes[0]!.label);
    expect(explanation.target.score).toBeCloseTo(classes[0]!.score, 4);
  });
});

test('a span is the sum of a label over its tokens', async () => {
  const ask = async (target: string) => (await exam.explain({ method: 'gradient', target })).explanation.target;
  const [newRow, yorkRow] = [scores[5]!, scores[6]!];
  expect((await ask('span:"new york",label:B-LOC')).score).toBeCloseTo(newRow[1]! + yorkRow[1]!, 5);
  expect(await ask('span:"york",label:O')).toMatchObject({ label: '“york” as O', resolved: { kind: 'index', index: [6, 0] } });
  expect((await ask('span:"york",label:1')).score).toBeCloseTo(yorkRow[1]!, 5);
  // Of a type, each token has the stronger label.
  expect((await ask('span:"new york",label:loc')).score).toBeCloseTo(
    Math.max(newRow[1]!, newRow[2]!) + Math.max(yorkRow[1]!, yorkRow[2]!),
    5,
  );
  const best = argmax(newRow);
  const alone = await ask('span:"new"');
  expect(alone.score).toBeCloseTo(newRow[best]!, 5);
  expect(alone.label).toBe(`“new” as ${typeOf(labels[best]!)}`);
});

test('a tag is the token that has most of it', async () => {
  const { target } = (await exam.explain({ method: 'gradient', target: 'tag:B-LOC' })).explanation;
  const column = words.map((_, w) => scores[w + 1]![1]!);
  const most = column.indexOf(Math.max(...column));
  expect(target.resolved).toEqual({ kind: 'index', output: 'logits', index: [most + 1, 1], name: `“${words[most]}” as B-LOC` });
  expect(target.score).toBeCloseTo(column[most]!, 5);
});

test('why this label rather than that', async () => {
  const { explanation, record } = await exam.explain({ method: 'gradient', target: 'span:"york",label:B-LOC-span:"york",label:O' });
  expect(explanation.target.score).toBeCloseTo(scores[6]![1]! - scores[6]![0]!, 5);
  expect(record.targetLabel).toBe('“york” as B-LOC rather than “york” as O');
});

test('integrated gradients of a span add up', async () => {
  const { completeness } = (
    await exam.explain({ method: 'integrated-gradients', target: 'span:"john smith",label:I-LOC', options: { steps: 200 } })
  ).explanation;
  expect(Math.abs(completeness!.expected)).toBeGreaterThan(0.05);
  expect(Math.abs(completeness!.gap)).toBeLessThan(0.02 * Math.abs(completeness!.expected));
});

test('a word of several tokens has the label of its first', async () => {
  const split = await examine(exam.model, { text: 'londontown' });
  const rows = matrix(split);
  expect(rows.length).toBeGreaterThan(6);
  const label = labels[argmax(rows[1]!)]!;
  expect(split.prediction.classes.map((said) => said.label)).toEqual(label === 'O' ? [] : [`“londontown” as ${typeOf(label)}`]);
});

describe('refused in a sentence', () => {
  test.each([
    ['tag:B-LOK', "no label is called 'B-LOK': did you mean B-LOC?"],
    ['tag:ORG', "no label is called 'ORG': there are O, B-LOC, I-LOC, LOC"],
    ['tag:7', 'there is no label 7: the model has 0 to 2'],
    ['span:"york",label:person', "no label is called 'person'"],
    ['span:"paris"', 'the text does not hold “paris”'],
    ['label:B-LOC', 'the model labels each token: write tag:B-LOC, or span:"WORDS",label:LABEL'],
    ['answer', 'answer needs two scores for each token, as the start and the end of an answer, and bert-token'],
  ])('%s', async (target, message) => {
    await expect(exam.explain({ method: 'gradient', target })).rejects.toThrow(message);
  });

  test('a text without a tagged word, where nothing is named', async () => {
    const quiet = await examine({ ...exam.model, labels: ['O', 'O', 'O'] }, { text });
    expect(quiet.prediction.classes).toEqual([]);
    await expect(quiet.explain({ method: 'gradient' })).rejects.toThrow('the model tags no word of this text');
  });
});

test('labels without names: the first is none of them', async () => {
  const plain = await examine(await open({ checkpoint: 'electra-token', tokenizer: 'bert' }), { text });
  const rows = matrix(plain);
  const tagged = words.filter((_, w) => argmax(rows[w + 1]!) !== 0);
  const said = plain.prediction.classes.map(({ label }) => label);
  for (const word of tagged) expect(said.some((label) => label.includes(word))).toBe(true);
  for (const word of words.filter((w) => !tagged.includes(w))) expect(said.some((label) => label.includes(word))).toBe(false);
  const { target } = (await plain.explain({ method: 'gradient', target: 'tag:1' })).explanation;
  expect(target.label).toMatch(/^“\w+” as LABEL_1$/);
});

test('schemes of labels', () => {
  expect(['B-LOC', 'I-PER', 'E_ORG', 'S LOC', 'O', 'LOC', 'B-', 'L-x-y'].map(typeOf)).toEqual([
    'LOC',
    'PER',
    'ORG',
    'LOC',
    'O',
    'LOC',
    'B-',
    'x-y',
  ]);
  expect(['B-LOC', 'S-LOC', 'U-LOC', 'I-LOC', 'E-LOC', 'L-LOC', 'LOC', 'BLOC'].map(begins)).toEqual([
    true,
    true,
    true,
    false,
    false,
    false,
    false,
    false,
  ]);
  expect([outside(['X', 'O']), outside(['NN', 'VB']), outside(['LABEL_0', 'LABEL_1']), outside(['label 0'])]).toEqual([1, undefined, 0, 0]);
  expect(labelsCalled('LOC', ['O', 'I-LOC', 'B-LOC', 'LOC'])).toEqual([3]);
  expect(labelsCalled('loc', ['O', 'I-LOC', 'B-LOC'])).toEqual([1, 2]);
});
