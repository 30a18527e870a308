import { writeFileSync } from 'node:fs';
import { isIntact } from '@vitrine/audit';
import { numbers } from '@vitrine/ir';
import { attr, constant, info, modelFile, node } from '@vitrine/ir/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { examine, type Exam } from '../exam.js';
import { load, type LoadedModel } from '../model.js';
import { checkpoints, tinyTokenizer } from '../testing/checkpoints.js';
import { workplace } from '../testing/command.js';

const { open } = checkpoints();
const { at } = workplace();
const question = 'where is the tower ?';
const context = 'the tower stands in paris, not rome';
// [CLS] where is the tower ? [SEP] the tower stands in paris , not rome [SEP]
const [FROM, TO] = [7, 14];

const softmax = (scores: readonly number[]): readonly number[] => {
  const powers = scores.map((s) => Math.exp(s));
  const total = powers.reduce((a, b) => a + b, 0);
  return powers.map((p) => p / total);
};

let model: LoadedModel;
let exam: Exam;
let start: readonly number[];
let end: readonly number[];
beforeAll(async () => {
  model = await open({ checkpoint: 'bert-question', tokenizer: 'bert' });
  exam = await examine(model, { text: question, pair: context });
  const scoresOf = (name: string): readonly number[] => Array.from(numbers(exam.prediction.outputs.get(name)!), Number);
  [start, end] = [scoresOf('start_logits'), scoresOf('end_logits')];
});

/** Every span of the context, by plain loops. */
function spans(): readonly { readonly first: number; readonly last: number; readonly score: number }[] {
  const all = [];
  for (let first = FROM; first <= TO; first++)
    for (let last = first; last <= TO; last++) all.push({ first, last, score: start[first]! + end[last]! });
  return all.toSorted((a, b) => b.score - a.score);
}

test('the best answer is explained, and what is said are its words and the next best', async () => {
  const { classes, row } = exam.prediction;
  const expected = spans().slice(0, 5);
  expect(row).toBe('Answer');
  expect(classes.map(({ index }) => index)).toEqual(expected.map(({ first, last }) => [first, last]));
  const [starts, ends] = [softmax(start), softmax(end)];
  const { tokens } = exam.text!.encoded;
  classes.forEach(({ label, score, probability, words }, i) => {
    const { first, last, score: sum } = expected[i]!;
    expect(score).toBeCloseTo(sum, 5);
    expect(probability).toBeCloseTo(starts[first]! * ends[last]!, 6);
    expect(words).toEqual({ sequence: 1, start: tokens[first]!.start, end: tokens[last]!.end });
    expect(label).toBe(`“${context.slice(words!.start, words!.end)}”`);
  });
  for (const target of [undefined, 'answer', 'top']) {
    const { explanation, record } = await exam.explain({ method: 'gradient', target });
    expect(explanation.target.label).toBe(classes[0]!.label);
    expect(explanation.target.score).toBeCloseTo(classes[0]!.score, 5);
    expect(record.predicted).toEqual({ index: classes[0]!.index, score: classes[0]!.score, label: classes[0]!.label });
  }
});

test('a span is the start of its first token and the end of its last', async () => {
  for (const [target, first, last, label] of [
    ['span:"paris"', 11, 11, '“paris”'],
    ['span:"in paris, not"', 10, 13, '“in paris, not”'],
    ['span:20..25', 11, 11, '“paris”'],
    // The context is searched first, and then the question.
    ['span:"the tower"', 7, 8, '“the tower”'],
    ['span:"where is"', 1, 2, '“where is”'],
  ] as const) {
    const { explanation } = await exam.explain({ method: 'gradient', target });
    expect(explanation.target.score).toBeCloseTo(start[first]! + end[last]!, 5);
    expect(explanation.target.label).toBe(label);
  }
});

test('why these words rather than those', async () => {
  const { explanation, record } = await exam.explain({ method: 'gradient', target: 'span:"paris"-span:"rome"' });
  expect(explanation.target.score).toBeCloseTo(start[11]! + end[11]! - start[14]! - end[14]!, 5);
  expect(record.targetLabel).toBe('“paris” rather than “rome”');
});

test('integrated gradients of a span add up, and so does the balance of relevance', async () => {
  const ig = await exam.explain({ method: 'integrated-gradients', target: 'span:"paris"', options: { steps: 200 } });
  const { expected, gap } = ig.explanation.completeness!;
  expect(Math.abs(expected)).toBeGreaterThan(0.05);
  expect(Math.abs(gap)).toBeLessThan(0.02 * Math.abs(expected));
  const { explanation } = await exam.explain({ method: 'attn-lrp', target: 'span:"paris"' });
  expect(explanation.conservation![0]!.start).toBeCloseTo(explanation.target.score, 4);
});

test('attention is read where the answer starts', async () => {
  const ask = async (options: object, target: string) =>
    numbers((await exam.explain({ method: 'attention-rollout', target, options: { ...options } })).explanation.attributions[0]!.tensor);
  const read = await ask({}, 'span:"paris"');
  expect(read).toEqual(await ask({ token: 11 }, '0'));
  expect(read).not.toEqual(await ask({ token: 0 }, '0'));
});

test("asked again with its record's target, an explanation is the same", async () => {
  const { record } = await exam.explain({ method: 'input-x-gradient', target: 'span:"in paris"-answer' });
  expect(await isIntact(record)).toBe(true);
  const saved = JSON.parse(JSON.stringify(record)) as typeof record;
  const again = (await exam.explain({ method: 'input-x-gradient', target: saved.target as never })).record;
  for (const field of ['configDigest', 'graphDigest', 'dataDigest', 'score', 'targetLabel'] as const)
    expect(again[field]).toEqual(record[field]);
  expect(again.attributions).toEqual(record.attributions);
});

test('one text alone is its own context', async () => {
  const { prediction } = await examine(model, { text: 'where? in paris' });
  expect(prediction.classes[0]!.words!.sequence).toBe(0);
});

describe('refused in a sentence', () => {
  test.each([
    ['span:"london"', 'neither text holds “london”'],
    ['span:"Paris"', 'neither text holds “Paris”: did you mean “paris”?'],
    ['span:20..99', 'span:20..99 lies outside the text, which has places 0..35'],
    ['span:5..5', 'span:5..5 is empty'],
    ['span:9..5', 'span:9..5 is empty'],
    ['span:" "', 'span:" " holds no token'],
    ['span:"paris",label:B-LOC', 'labels no tokens'],
    ['token:"paris"', 'needs an output with a score for each of 88 tokens, and bert-question'],
    ['tag:B-LOC', 'needs a score of each label for each token, and bert-question'],
  ])('%s', async (target, message) => {
    await expect(exam.explain({ method: 'gradient', target })).rejects.toThrow(message);
  });

  test('words that were cut', async () => {
    const cut = await examine(model, { text: question, pair: context, maxTokens: 12 });
    await expect(cut.explain({ method: 'gradient', target: 'span:"rome"' })).rejects.toThrow(
      /span:"rome" was cut off: the text is read up to place \d+/,
    );
  });
});

describe('exports with other outputs', () => {
  /** Scores of words by a table: [1,T,2], or split as two outputs, which may have any names. */
  const write = (
    name: string,
    split: readonly [string, string] | undefined,
    {
      labels,
      rows = Array.from({ length: 97 * 2 }, (_, i) => Math.sin(7 * i)),
    }: { labels?: readonly string[]; rows?: readonly number[] } = {},
  ): string => {
    const last = attr.int('axis', -1);
    writeFileSync(
      at(name),
      modelFile({
        input: [info('input_ids', 'int64', [1, 'T'])],
        output: split === undefined ? [info('scores', 'float32', [1, 'T', 2])] : split.map((y) => info(y, 'float32', [1, 'T'])),
        initializer: [
          constant('table', 'float32', [97, 2], rows),
          constant('first', 'int64', [], [0]),
          constant('second', 'int64', [], [1]),
        ],
        node: [
          node('Gather', ['table', 'input_ids'], ['e']),
          node('Tanh', ['e'], [split === undefined ? 'scores' : 't']),
          ...(split === undefined ? [] : split.map((y, i) => node('Gather', ['t', i === 0 ? 'first' : 'second'], [y], last))),
        ],
      }),
    );
    writeFileSync(at(`${name}.tokenizer.json`), tinyTokenizer('bert'));
    writeFileSync(at(name.replace('.onnx', '.json')), JSON.stringify({ tokenizer: `${name}.tokenizer.json`, ...(labels && { labels }) }));
    return at(name);
  };
  const score = (id: number, i: number): number => Math.tanh(Math.sin(7 * (2 * id + i)));

  test.each<readonly [string, readonly [string, string] | undefined, boolean]>([
    ['one.onnx', undefined, false],
    ['named.onnx', ['out_a', 'out_b'], false],
    ['turned.onnx', ['my_end', 'my_begin'], true],
  ])('%s', async (name, split, turned) => {
    const own = await load(write(name, split));
    const { explain, text } = await examine(own, { text: question, pair: context });
    const { tokens } = text!.encoded;
    const { explanation } = await explain({ method: 'gradient', target: 'span:"in paris"' });
    const [from, to] = turned ? [1, 0] : [0, 1];
    expect(explanation.target.score).toBeCloseTo(score(tokens[10]!.id, from) + score(tokens[11]!.id, to), 5);
    await own.close();
  });

  test('two labels with names are labels of tokens, and no ends of answers', async () => {
    const own = await load(write('labelled.onnx', undefined, { labels: ['O', 'PLACE'] }));
    expect((await examine(own, { text: context })).prediction.row).toBe('Tagged words');
    await own.close();
  });

  /** Scores of nearly nothing, but for some tokens: the start, and the end. */
  const scored = (given: { readonly [id: number]: readonly [number, number] }): readonly number[] =>
    Array.from({ length: 97 }, (_, id) => given[id] ?? [0.01 * Math.sin(id), 0.01 * Math.cos(id)]).flat();

  test('an answer ends behind its start, within thirty tokens', async () => {
    const { tokens } = await (await model.tokenizer()).encode('paris rome');
    const [paris, rome] = [tokens[1]!.id, tokens[2]!.id];
    const own = await load(write('far.onnx', undefined, { rows: scored({ [paris]: [2, 0], [rome]: [0, 2] }) }));
    const best = async (between: number, turned = false): Promise<readonly number[]> => {
      const list = ['paris', ...Array.from({ length: between }, () => 'the'), 'rome'];
      return (await examine(own, { text: question, pair: (turned ? list.toReversed() : list).join(' ') })).prediction.classes[0]!.index;
    };
    expect(await best(28)).toEqual([7, 36]);
    expect(await best(29)).not.toEqual([7, 37]);
    const [first, last] = await best(3, true);
    expect(first).toBeLessThanOrEqual(last!);
    await own.close();
  });

  test('that a question may have no answer is said', async () => {
    const own = await load(write('open.onnx', undefined, { rows: scored({ 2: [2, 2] }) }));
    const { explanation } = await (await examine(own, { text: question, pair: context })).explain({ method: 'gradient' });
    expect(explanation.warnings[0]).toMatch(/^start and end at \[CLS\] score 1\.928, more than any answer: a model that was trained with/);
    expect((await exam.explain({ method: 'gradient' })).explanation.warnings).toEqual([]);
    await own.close();
  });
});
