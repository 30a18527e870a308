import path from 'node:path';
import { readTokenizer } from '@vitrine/data/node';
import { expect, test } from 'vitest';
import { root } from '../testing/command.js';
import { spanOf, type Span } from './span.js';

const files = { bytes: 'byte-level.json', unigram: 'unigram.json' };
const spanIn = async (
  kind: keyof typeof files,
  text: string,
  at: string | { readonly start: number; readonly end: number },
  maxTokens?: number,
): Promise<Span & { readonly spelled: string }> => {
  const tokenizer = await readTokenizer(path.join(root, 'packages/data/testdata/text', files[kind]));
  const encoded = await tokenizer.encode(text, { maxTokens });
  const span = spanOf({ kind: 'span', at }, encoded, [0]);
  return { ...span, spelled: text.slice(span.start, span.end) };
};

test('the space that a token begins with is no part of its word', async () => {
  for (const kind of ['bytes', 'unigram'] as const) {
    const span = await spanIn(kind, 'The film is good', 'film');
    expect([span.spelled, span.name, span.notes]).toEqual(['film', '“film”', []]);
    // Nor do words take the token behind them by the space between.
    expect((await spanIn(kind, 'The film is good', ' film ')).tokens).toEqual(span.tokens);
  }
});

test('places are UTF-16 units, and half an emoji takes all its bytes', async () => {
  const text = 'good 😀 film';
  const whole = await spanIn('bytes', text, '😀');
  expect([whole.start, whole.end, whole.notes]).toEqual([5, 7, []]);
  expect(whole.tokens.length).toBeGreaterThan(1);
  const half = await spanIn('bytes', text, { start: 6, end: 7 });
  expect(half.tokens).toEqual(whole.tokens);
  expect(half.notes).toEqual(['span:6..7 ends within a token: “😀” is taken']);
  expect((await spanIn('bytes', text, 'film')).start).toBe(8);
});

test('of several occurrences the first is meant, and that is said', async () => {
  const span = await spanIn('bytes', 'good film, good music', 'good');
  expect([span.start, span.notes]).toEqual([0, ['span:"good" stands 2 times in the text: the first is meant, at 0..4']]);
});

test('a line break is a word of its own', async () => {
  const span = await spanIn('bytes', 'good\nfilm', '\n');
  expect([span.start, span.end, span.tokens.length]).toEqual([4, 5, 1]);
});

test.each([
  ['Good', 'the text does not hold “Good”: did you mean “good”?'],
  [{ start: 0, end: 99 }, 'span:0..99 lies outside the text, which has places 0..9'],
  [{ start: 3, end: 3 }, 'span:3..3 is empty'],
  ['', 'a span of no words is empty'],
])('%j is refused', async (at, message) => {
  await expect(spanIn('bytes', 'good film', at)).rejects.toThrow(message);
});

test('what was cut is refused', async () => {
  await expect(spanIn('bytes', 'good film good film', { start: 15, end: 19 }, 3)).rejects.toThrow(
    /span:15\.\.19 was cut off: the text is read up to place \d+, so give it more room with --max-tokens/,
  );
});
