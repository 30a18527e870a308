import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ExplanationRecord } from '@vitrine/audit';
import { describe, expect, test } from 'vitest';
import { root, workplace, type Outcome } from '../testing/command.js';

const bert = path.join(root, 'models/bert_mini_sst2_dynamo_opset18.onnx');
const stories = path.join(root, 'models/stories260k_ts_opset14.onnx');
const { at, vitrine } = workplace();
const explain = (model: string, ...args: readonly string[]): Promise<Outcome> =>
  vitrine('explain', model, '--method', 'input-x-gradient', ...args);

test('text is explained by its words: in a table, in files and in the report', async () => {
  const { code, out, err } = await explain(
    bert,
    '--text',
    'An unwatchable mess',
    '--target',
    'label:good',
    '--save',
    'out',
    '--report',
    'why.html',
  );
  expect([code, err]).toEqual([0, '']);
  expect(out).toMatch(/bad .* %\n/);
  expect(out).toMatch(/^ +[+−][\d.e-]+ {2}unwatchable$/m);
  expect(out).toMatch(/^ +[+−][\d.e-]+ {2}\[CLS\]$/m);
  expect(out).not.toContain('\u001b');
  expect(readdirSync(at('out')).toSorted()).toEqual(['input-x-gradient.json', 'input-x-gradient.npy', 'input-x-gradient.tokens.csv']);
  expect(readFileSync(at('out/input-x-gradient.tokens.csv'), 'utf8')).toContain('unwatchable,0\n');
  expect(readFileSync(at('why.html'), 'utf8')).toMatch(/<span class="con" style="--v:1.00" title="[^"]+">mess<|unwatchable</);
});

test('text from a file, a second text, other units, cutting', async () => {
  writeFileSync(at('review.txt'), '\uFEFFGood film. Boring, dull mess!\r\n');
  const { out, code } = await explain(bert, '--text-file', 'review.txt', '--words', 'sentence');
  expect(code).toBe(0);
  expect(out).toMatch(/ {2}Good film\.\n.* {2}Boring, dull mess!\n/);
  const phrases = await explain(
    bert,
    '--text-file',
    'review.txt',
    '--pair',
    'Not good, not bad',
    '--words',
    'phrase',
    '--token-value',
    'norm',
  );
  expect(phrases.out).toMatch(/ {2}Boring,\n.* {2}dull mess!\n.* {2}Not good,\n.* {2}not bad\n/);
  const cut = await explain(bert, '--text-file', 'review.txt', '--max-tokens', '5', '--json');
  const [record] = JSON.parse(cut.out) as readonly ExplanationRecord[];
  expect(record!.warnings[0]).toContain('the text was cut: of 10 tokens 5 are read, and “Boring, dull mess!” is not');
  expect(record!.environment['tokenizer']).toMatch(/^[0-9a-f]{64}$/);
});

test('parts of text are taken away as they are told: in a table with errors, in files and in the report', async () => {
  const { code, out, err } = await vitrine(
    'explain',
    bert,
    '--method',
    'occlusion,shapley-sampling',
    '--text',
    'An unwatchable mess, but never boring',
    '--option',
    'samples=40',
    '--save',
    'parts',
    '--report',
    'parts.html',
  );
  expect([code, err]).toEqual([0, '']);
  expect(out).toMatch(/^ {2}7 parts taken away \(word\), mask in their place$/m);
  expect(out).toMatch(/^ {2}7 parts taken away \(word\), mask in their place; largest standard error 0\.\d+$/m);
  expect(out).toMatch(/^ +[+−][\d.e-]+ +± [\d.e-]+ +unwatchable$/m);
  const table = readFileSync(at('parts/shapley-sampling.values.csv'), 'utf8').trim().split('\n');
  expect(table).toHaveLength(8);
  expect(table[2]).toMatch(/^unwatchable,-?[\d.e-]+,[\d.e-]+,.* \d+-\d+$/);
  const page = readFileSync(at('parts.html'), 'utf8');
  expect(page).toMatch(/[+−][\d.e-]+ ± [\d.e-]+/);
  expect(page).toContain('The numbers are estimates from');
  const phrases = await vitrine(
    'explain',
    bert,
    '--method',
    'occlusion',
    '--text',
    'A mess, but never boring',
    '--words',
    'phrase',
    '--json',
  );
  const [record] = JSON.parse(phrases.out) as readonly ExplanationRecord[];
  expect(record!.parts).toMatchObject({ of: 'phrase', count: 2, list: [{ name: 'A mess,' }, { name: 'but never boring' }] });
  expect(record!.methodParams['parts']).toBe('phrase');
});

test('words that the vocabulary lacks are told', async () => {
  const { code, err } = await explain(bert, '--text', 'good 😀 שלום');
  expect([code, err]).toEqual([0, '  note: the vocabulary lacks “😀”, “שלום”: the model sees [UNK] instead\n']);
});

describe('what does not fit is refused in one sentence', () => {
  test.each([
    [[], 'nothing to explain: give an input with --input FILE, or text with --text TEXT'],
    [['--text', ''], 'the text is empty'],
    [['--text', 'a', '--text-file', 'b'], 'give one of them'],
    [['--pair', 'a'], 'give the first as --text'],
    [['--text-file', 'none.txt'], 'there is no file none.txt'],
    [['--text-file', 'latin.txt'], 'latin.txt is not text in UTF-8'],
    [['--text', 'good '.repeat(90)], 'reads at most 64: shorten it, or cut it with --max-tokens 64'],
    [['--text', 'a', '--max-tokens', '0'], '--max-tokens must be a whole number above 0'],
    [['--text', 'a', '--max-tokens', '2'], '2 tokens leave no room for text'],
    [['--text', 'a', '--tokenizer', 'none.json'], 'there is no file none.json'],
    [['--text', 'a', '--tokenizer', 'latin.txt'], 'latin.txt is no tokenizer.json'],
    [['--text', 'a', '--target', 'token:good'], 'a score for each of 6000 tokens'],
    [['--input', 'review.txt'], 'has 3 inputs'],
  ])('%j', async (args, message) => {
    writeFileSync(at('latin.txt'), Uint8Array.of(0x63, 0x61, 0x66, 0xe9, 0x0a));
    const { code, out, err } = await explain(bert, ...args);
    expect(err).toContain(message);
    expect(err.trimEnd().split('\n')).toHaveLength(1);
    expect([code, out]).toEqual([1, '']);
  });

  test('no tokenizer, or one of another model', async () => {
    expect((await explain(stories, '--text', 'a')).err).toContain('there is no tokenizer.json beside stories260k_ts_opset14.onnx');
    const other = path.join(root, 'models/bert_mini_sst2.tokenizer.json');
    expect((await explain(stories, '--text', 'a', '--tokenizer', other)).err).toContain('embeds only 512');
  });
});
