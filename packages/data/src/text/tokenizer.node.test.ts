import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { readTokenizer, tokenizerOf } from './tokenizer.node.js';
import { padded } from './tokens.js';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const testdata = path.join(root, 'packages/data/testdata/text');
const bert = path.join(root, 'models/bert_mini_sst2.tokenizer.json');

interface Case {
  readonly file: string;
  readonly texts: readonly [string, string?];
  readonly ids: readonly number[];
  readonly tokens: readonly string[];
  readonly offsets: readonly (readonly [number, number])[];
  readonly types: readonly number[];
  readonly special: readonly number[];
  readonly sequences: readonly (number | null)[];
}
const { cases } = JSON.parse(readFileSync(path.join(testdata, 'golden.json'), 'utf8')) as { readonly cases: readonly Case[] };

describe('encodings equal those of the Python library', () => {
  test.each(cases.map((c) => [`${path.basename(c.file)}: ${JSON.stringify(c.texts)}`, c] as const))('%s', async (_, c) => {
    const tokenizer = await readTokenizer(path.join(root, c.file));
    const { tokens } = await tokenizer.encode(c.texts[0], { pair: c.texts[1] });
    expect(tokens.map(({ id }) => id)).toEqual(c.ids);
    expect(tokens.map(({ text }) => text)).toEqual(c.tokens);
    expect(tokens.map(({ type }) => type)).toEqual(c.types);
    expect(tokens.map(({ special }) => Number(special))).toEqual(c.special);
    expect(tokens.map(({ sequence }) => sequence ?? null)).toEqual(c.sequences);
    // The same piece of text, counted in code points there and in UTF-16 units here.
    tokens.forEach(({ sequence, start, end }, i) => {
      const [from, to] = c.offsets[i]!;
      if (sequence === undefined) expect([start, end]).toEqual([0, 0]);
      else expect(c.texts[sequence]!.slice(start, end)).toBe([...c.texts[sequence]!].slice(from, to).join(''));
    });
  });
});

test('a mask is found in text where it is an added token', async () => {
  const tokenizer = await readTokenizer(bert);
  expect(tokenizer.mask).toEqual({ id: 4, text: '[MASK]' });
  const { tokens } = await tokenizer.encode('a [MASK] film');
  expect(tokens[2]).toMatchObject({ id: 4, sequence: 0, start: 2, end: 8, special: false });
  expect((await readTokenizer(path.join(testdata, 'byte-level.json'))).mask).toBeUndefined();
  const described = JSON.parse(readFileSync(bert, 'utf8')) as { added_tokens: { content: string }[] };
  const without = { ...described, added_tokens: described.added_tokens.filter(({ content }) => content !== '[MASK]') };
  expect((await tokenizerOf(JSON.stringify(without), 'no mask')).mask).toBeUndefined();
});

describe('limits', () => {
  test('text beyond the limit is cut, of the longer of two texts first, and the place is told', async () => {
    const tokenizer = await readTokenizer(bert);
    const one = await tokenizer.encode('good 😀 bad good bad', { maxTokens: 5 });
    expect([one.tokens.length, one.whole, one.kept]).toEqual([5, 7, ['good 😀 bad'.length]]);
    expect(one.tokens.at(-1)!.text).toBe('[SEP]');
    const two = await tokenizer.encode('good bad good bad', { pair: 'bad', maxTokens: 6 });
    expect(two.kept).toEqual(['good bad'.length, 'bad'.length]);
    // The limit was for that text only.
    expect((await tokenizer.encode('good bad good bad')).tokens).toHaveLength(6);
    await expect(tokenizer.encode('good bad', { maxTokens: 2 })).rejects.toThrow('2 tokens leave no room for text');
  });

  test('padding is not looked at', async () => {
    const tokenizer = await readTokenizer(bert);
    const { tokens } = padded(await tokenizer.encode('good'), 5, tokenizer.padding!);
    expect(tokens.map(({ text, attended }) => [text, attended])).toEqual([
      ['[CLS]', true],
      ['good', true],
      ['[SEP]', true],
      ['[PAD]', false],
      ['[PAD]', false],
    ]);
  });

  test('a piece of a longer text has nothing added', async () => {
    const tokenizer = await readTokenizer(path.join(testdata, 'byte-level.json'));
    expect((await tokenizer.pieces(' capital')).map(({ text }) => text)).toEqual(['Ġcapital']);
    expect(tokenizer.vocabulary).toBeLessThanOrEqual(500);
    expect(tokenizer.spelled(0)).toBe('<|endoftext|>');
    expect(tokenizer.spelled(1e6)).toBeUndefined();
    expect(tokenizer.unknown).toBeUndefined();
    expect((await readTokenizer(path.join(testdata, 'unigram.json'))).unknown).toBe(2);
    expect((await readTokenizer(bert)).unknown).toBe(1);
  });
});

describe('what cannot be encoded is refused in a sentence', () => {
  test.each([
    ['', 'the text is empty'],
    [' \n\t', 'the text is empty'],
    ['good \uD83D bad', 'half a character (a lone surrogate) at position 5'],
    ['\uDE00', 'half a character'],
    ['\u0007', 'the text holds no token'],
  ])('%j', async (text, message) => {
    const tokenizer = await readTokenizer(bert);
    await expect(tokenizer.encode(text)).rejects.toThrow(message);
  });

  test('files that are no tokenizer', async () => {
    await expect(readTokenizer(path.join(testdata, 'missing.json'))).rejects.toThrow('there is no file');
    await expect(readTokenizer(testdata)).rejects.toThrow('a folder, not a tokenizer.json');
    for (const json of ['', '{', '{}', '[]', '{"model":{"type":"BPE"}}', 'null'])
      await expect(tokenizerOf(json, 'x.json')).rejects.toThrow('x.json is no tokenizer.json that can be read');
  });
});
