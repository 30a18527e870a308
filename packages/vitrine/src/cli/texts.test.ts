import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ExplanationRecord } from '@vitrine/audit';
import { expect, test } from 'vitest';
import { root, workplace, type Outcome } from '../testing/command.js';

const bert = path.join(root, 'models/bert_mini_sst2_ts_opset14.onnx');
const { at, vitrine } = workplace();
const explain = (...args: readonly string[]): Promise<Outcome> => vitrine('explain', bert, '--method', 'input-x-gradient', ...args);
const lines = (out: string): readonly unknown[] =>
  out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);

test('each line of a file is an example with a folder and a report, and one that fails does not take the others with it', async () => {
  const long = 'good '.repeat(90);
  writeFileSync(
    at('reviews.txt'),
    Buffer.concat([Buffer.from('\uFEFFA good film\r\n\r\ncaf'), Buffer.of(0xe9), Buffer.from(`\n${long}\nan unwatchable mess`)]),
  );
  const { code, out, err } = await explain('--texts', 'reviews.txt', '--save', 'out', '--report', 'why.html');
  expect(code).toBe(1);
  expect(err.trimEnd().split('\n')).toEqual([
    'vitrine: example 1 (reviews.txt, line 2): the text is empty: give some words',
    'vitrine: example 2: reviews.txt, line 3 is not text in UTF-8: save it as UTF-8',
    expect.stringMatching(/^vitrine: example 3 \(reviews.txt, line 4\): the text has 92 tokens/),
    'vitrine: 3 of 5 texts failed',
  ]);
  expect(out).toMatch(/^Example 0$/m);
  expect(out).toMatch(/^Example 4$/m);
  expect(out).toMatch(/^5 texts\n {2}0 {2}good [\d.]+ % {2}“good” \+[\d.]+, “/m);
  for (const file of ['out/0/input-x-gradient.npy', 'out/4/input-x-gradient.tokens.csv', 'why.0.html', 'why.4.html'])
    expect(existsSync(at(file))).toBe(true);
  expect([existsSync(at('out/1')), existsSync(at('why.2.html'))]).toEqual([false, false]);
  const rows = readFileSync(at('out/index.csv'), 'utf8').trimEnd().split('\n');
  expect(rows[0]).toBe('example,source,text,pair,predicted,probability,method,target,score,strongest,failure');
  expect(rows[1]).toMatch(/^0,"reviews.txt, line 1",A good film,,good,0\.\d+,input-x-gradient,good,[\d.]+,“good” /);
  expect(rows.slice(2, 4)).toEqual([expect.stringMatching(/^1,.*the text is empty/), expect.stringMatching(/^2,.*is not text in UTF-8/)]);
  expect(rows).toHaveLength(6);
  const page = readFileSync(at('why.html'), 'utf8');
  expect(page).toContain('<a href="why.4.html">4</a>');
  expect(page).not.toContain('why.1.html');
  expect(page).toContain('an unwatchable mess');
});

test('as JSON each answer is a line that names its example', async () => {
  writeFileSync(at('reviews.jsonl'), '{"text":"a good film","pair":"a bad one","stars":5}\n\n{"text":3}\n{bad\n{"text":"fine"}\n');
  const { code, out } = await explain('--texts', 'reviews.jsonl', '--json');
  expect(code).toBe(1);
  expect(lines(out)).toEqual([
    { example: 0, source: 'reviews.jsonl, line 1', record: expect.objectContaining({ method: 'input-x-gradient' }) },
    { example: 1, error: expect.stringContaining('reviews.jsonl, line 3 must be an object such as {"text": "…"}') },
    { example: 2, error: expect.stringContaining('reviews.jsonl, line 4 is not valid JSON') },
    { example: 3, source: 'reviews.jsonl, line 5', record: expect.anything() },
  ]);
});

test('rows of tables are texts, with line ends inside quotation marks', async () => {
  writeFileSync(at('t.csv'), '\uFEFFid,pair,text\r\n1,,"good, bad"\r\n2,x,a,b\r\n3,"a ""second""","two\nlines"\r\n');
  writeFileSync(at('t.tsv'), 'text\tid\nno "quotes", good\t1\n');
  const csv = await explain('--texts', 't.csv', '--json');
  expect(lines(csv.out)).toEqual([
    { example: 0, source: 't.csv, line 2', record: expect.anything() },
    { example: 1, error: 't.csv, line 3 has 4 fields, and 3 columns are named: put text with commas in quotation marks' },
    { example: 2, source: 't.csv, line 5', record: expect.anything() },
  ]);
  expect((await explain('--texts', 't.tsv')).out).toMatch(/ good$/m);
});

test('a text of several is explained as it is alone', async () => {
  writeFileSync(at('two.txt'), 'never boring\na dull mess\n');
  const [, second] = lines((await explain('--texts', 'two.txt', '--json')).out) as readonly { readonly record: ExplanationRecord }[];
  const alone = JSON.parse((await explain('--text', 'a dull mess', '--json')).out) as readonly ExplanationRecord[];
  expect(second!.record.attributions).toEqual(alone[0]!.attributions);
});

test('a question that no text can answer is asked no further', async () => {
  writeFileSync(at('many.txt'), 'good\n'.repeat(50));
  const { code, err } = await explain('--texts', 'many.txt', '--target', '7');
  expect(code).toBe(1);
  expect(err.trimEnd().split('\n')).toEqual([
    expect.stringMatching(/^vitrine: example 0 \(many.txt, line 1\): .*7/),
    'vitrine: 2 of 2 texts failed',
  ]);
});

test.each([
  [['--texts', 'none.txt'], 'there is no file none.txt'],
  [['--texts', 'a.doc'], 'a.doc: texts are read from .txt, .jsonl, .csv, .tsv'],
  [['--texts', '.'], '.: texts are read from'],
  [['--texts', 'void.txt'], 'void.txt holds no text'],
  [['--texts', 'a.txt', '--text', 'b'], '--text and --texts both give the text'],
  [['--texts', 'a.txt', '--pair', 'b'], 'give second texts in the file, as "pair"'],
  [['--texts', 'names.csv'], 'names.csv has no column text, only review, stars'],
  [['--texts', 'quote.csv'], 'quote.csv is no table that can be read: '],
  [['--texts', 'latin.csv'], 'latin.csv is not text in UTF-8'],
])('%j is refused in one sentence', async (args, message) => {
  writeFileSync(at('void.txt'), '');
  writeFileSync(at('names.csv'), 'review,stars\ngood,5\n');
  writeFileSync(at('quote.csv'), 'text\n"never closed\n');
  writeFileSync(at('latin.csv'), Buffer.of(0x74, 0x65, 0x78, 0x74, 0x0a, 0xe9, 0x0a));
  const { code, out, err } = await explain(...args);
  expect(err).toContain(message);
  expect(err.trimEnd().split('\n')).toHaveLength(1);
  expect([code, out]).toEqual([1, '']);
});
