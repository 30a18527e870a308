import { isIntact } from '@vitrine/audit';
import { numbers } from '@vitrine/ir';
import { beforeAll, describe, expect, test } from 'vitest';
import { examine, type Exam } from '../exam.js';
import type { LoadedModel } from '../model.js';
import { checkpoints } from '../testing/checkpoints.js';

const { open } = checkpoints();

/** Rows of the first output, [1,T,97]. */
function rowsOf({ prediction }: Exam): readonly (readonly number[])[] {
  const [y] = prediction.outputs.values();
  const values = Array.from(numbers(y!), Number);
  return Array.from({ length: values.length / 97 }, (_, t) => values.slice(97 * t, 97 * (t + 1)));
}
const argmax = (row: readonly number[]): number => row.indexOf(Math.max(...row));
const idOf = async (model: LoadedModel, word: string): Promise<number> => (await (await model.tokenizer()).pieces(word))[0]!.id;

describe.each([
  ['bert-masked', 'bert', '[MASK]'],
  ['roberta-masked', 'roberta', '<mask>'],
] as const)('%s', (checkpoint, tokenizer, mask) => {
  let model: LoadedModel;
  let exam: Exam;
  beforeAll(async () => {
    model = await open({ checkpoint, tokenizer });
    exam = await examine(model, { text: `the tower stands in ${mask} .` });
  });
  // [CLS] the tower stands in [MASK] . [SEP]
  const place = 5;

  test('the likeliest tokens at the mask are said, and the first is explained', async () => {
    const row = rowsOf(exam)[place]!;
    const { classes, row: noun } = exam.prediction;
    expect(noun).toBe('Token');
    expect(classes).toHaveLength(5);
    expect(classes[0]!.index).toEqual([place, argmax(row)]);
    expect(classes.map(({ score }) => score)).toEqual(row.toSorted((a, b) => b - a).slice(0, 5));
    const total = row.reduce((sum, score) => sum + Math.exp(score), 0);
    expect(classes[0]!.probability).toBeCloseTo(Math.exp(Math.max(...row)) / total, 6);
    const { explanation } = await exam.explain({ method: 'gradient' });
    expect(explanation.target).toMatchObject({ score: classes[0]!.score, label: classes[0]!.label });
  });

  test('a token is scored at the mask, and one rather than another', async () => {
    const row = rowsOf(exam)[place]!;
    const [paris, rome] = [await idOf(model, 'paris'), await idOf(model, 'rome')];
    for (const target of ['token:"paris"', 'token:"paris"@1']) {
      const { explanation, record } = await exam.explain({ method: 'gradient', target });
      expect(explanation.target.score).toBeCloseTo(row[paris]!, 5);
      expect(record.target).toEqual({ kind: 'index', index: [place, paris], name: '“paris”' });
    }
    const rather = await exam.explain({ method: 'gradient', target: 'token:"paris"-token:"rome"' });
    expect(rather.explanation.target.score).toBeCloseTo(row[paris]! - row[rome]!, 5);
  });

  test('of several masks one must be named', async () => {
    const several = await examine(model, { text: `${mask} stands in ${mask} .` });
    const rows = rowsOf(several);
    const paris = await idOf(model, 'paris');
    expect(several.prediction.classes.map(({ index }) => index)).toEqual([
      [1, argmax(rows[1]!)],
      [4, argmax(rows[4]!)],
    ]);
    const { explanation } = await several.explain({ method: 'gradient', target: 'token:"paris"@2' });
    expect(explanation.target.score).toBeCloseTo(rows[4]![paris]!, 5);
    for (const [target, message] of [
      [undefined, `the text holds 2 ${mask}: say which, as token:"WORD"@2`],
      ['token:"paris"', `the text holds 2 ${mask}: say which, as token:"WORD"@2`],
      ['token:"paris"@3', 'token:"paris"@3 asks for mask 3, and the text holds 2'],
      ['token:"paris"@0', 'token:"paris"@0 asks for mask 0, and the text holds 2'],
    ] as const)
      await expect(several.explain({ method: 'gradient', target })).rejects.toThrow(message);
  });

  test('without a mask there is nothing to tell', async () => {
    const bare = await examine(model, { text: 'the tower stands in paris' });
    expect(bare.prediction.classes).toEqual([]);
    for (const target of [undefined, 'top', 'token:"paris"'])
      await expect(bare.explain({ method: 'gradient', target })).rejects.toThrow(
        `tells what stands at ${mask}, and the text holds none: put ${mask} in the place of a word`,
      );
    await expect(bare.explain({ method: 'gradient', target: 'token:"paris"@1' })).rejects.toThrow(
      'asks for mask 1, and the text holds none',
    );
    await expect(bare.explain({ method: 'gradient', target: 'span:"paris"' })).rejects.toThrow(
      `put ${mask} in its place and ask for token:"WORD"`,
    );
  });

  test('integrated gradients of a token at the mask add up', async () => {
    const { completeness } = (
      await exam.explain({ method: 'integrated-gradients', target: 'token:"paris"-token:"rome"', options: { steps: 200 } })
    ).explanation;
    expect(Math.abs(completeness!.expected)).toBeGreaterThan(0.02);
    expect(Math.abs(completeness!.gap)).toBeLessThan(0.02 * Math.abs(completeness!.expected));
  });
});

describe.each([
  ['llama', 'plain'],
  ['gpt2', 'plain'],
  // A mask in its vocabulary makes no masked model.
  ['llama', 'masking'],
] as const)('%s with a tokenizer %s', (checkpoint, tokenizer) => {
  const text = 'the tower stands in new york , not rome';
  let model: LoadedModel;
  let exam: Exam;
  let told: (place: number, word: string) => Promise<number>;
  beforeAll(async () => {
    model = await open({ checkpoint, tokenizer });
    exam = await examine(model, { text });
    const rows = rowsOf(exam);
    told = async (place, word) => rows[place]![await idOf(model, word)]!;
  });

  test('the next token is said and explained', async () => {
    const last = rowsOf(exam).at(-1)!;
    expect(exam.prediction.classes[0]!.index).toEqual([8, argmax(last)]);
    const { explanation } = await exam.explain({ method: 'gradient' });
    expect(explanation.target.score).toBeCloseTo(Math.max(...last), 5);
  });

  test('a span is the sum of what each word before tells of the next', async () => {
    const { explanation, record } = await exam.explain({ method: 'input-x-gradient', target: 'span:"new york"' });
    expect(explanation.target.score).toBeCloseTo((await told(3, 'new')) + (await told(4, 'york')), 4);
    expect(record.targetLabel).toBe('“new york”');
    expect(await isIntact(record)).toBe(true);
    const one = await exam.explain({ method: 'gradient', target: 'span:20..23' });
    expect(one.explanation.target).toMatchObject({ label: '“new”', resolved: { kind: 'index', index: [3, await idOf(model, 'new')] } });
    const rather = await exam.explain({ method: 'gradient', target: 'span:"york"-span:"rome"' });
    expect(rather.explanation.target.score).toBeCloseTo((await told(4, 'york')) - (await told(7, 'rome')), 4);
  });

  test('integrated gradients and DeepLIFT of a span add up', async () => {
    for (const [method, options] of [
      // Not from zero: there a norm of RMS turns at once, whatever the target, and no number of steps follows.
      ['integrated-gradients', { steps: 300, baseline: 0.1 }],
      ['deeplift', {}],
    ] as const) {
      const { completeness } = (await exam.explain({ method, target: 'span:"new york"', options })).explanation;
      expect(Math.abs(completeness!.expected)).toBeGreaterThan(0.05);
      expect(Math.abs(completeness!.gap)).toBeLessThan(0.02 * Math.abs(completeness!.expected));
    }
  });

  test('a span within words takes them whole, and says so', async () => {
    const { explanation } = await exam.explain({ method: 'gradient', target: 'span:"ew yo"' });
    expect(explanation.target.score).toBeCloseTo((await told(3, 'new')) + (await told(4, 'york')), 4);
    expect(explanation.warnings).toContain('span:"ew yo" ends within a token: “new york” is taken');
  });

  test('what cannot be told is refused', async () => {
    for (const [target, message] of [
      ['span:"the tower"', 'begins with the first token of the text, which no word before it tells'],
      ['span:"york",label:B-LOC', 'names a label, and'],
      ['token:"yorks"', 'is 2 tokens (york ##s): name a word that is one, or put it into the text and ask for span:"yorks"'],
      ['token:"york"@1', 'asks for mask 1, and the text holds none'],
    ] as const)
      await expect(exam.explain({ method: 'gradient', target })).rejects.toThrow(message);
  });
});

test('a model that sees the words behind gets no span, even where its tokenizer has no mask', async () => {
  const exam = await examine(await open({ checkpoint: 'bert-masked', tokenizer: 'plain' }), { text: 'the tower of paris' });
  await expect(exam.explain({ method: 'gradient', target: 'span:"paris"' })).rejects.toThrow('sees those behind it too');
});
