import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { tensorOf } from '@vitrine/ir';
import { describe, expect, test } from 'vitest';
import { isByToken, segmentValues, tokenValues } from './aggregate.js';
import { segmentsOf, units, type Unit } from './segments.js';
import { readTokenizer } from './tokenizer.node.js';
import type { Encoded } from './tokens.js';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const at = (file: string): string => path.join(root, file);
const files = {
  wordpiece: at('models/bert_mini_sst2.tokenizer.json'),
  bytes: at('packages/data/testdata/text/byte-level.json'),
  unigram: at('packages/data/testdata/text/unigram.json'),
};
const encode = async (file: keyof typeof files, text: string, pair?: string): Promise<Encoded> =>
  (await readTokenizer(files[file])).encode(text, { pair });
const parts = (encoded: Encoded, unit: Unit): readonly string[] =>
  segmentsOf(encoded, unit).flatMap(({ sequence, text }) => (sequence === undefined ? [] : [text]));

describe('words', () => {
  test.each([
    ['bytes', "Don't  you think it's GOOD?", ["Don't", 'you', 'think', "it's", 'GOOD', '?']],
    ['wordpiece', 'unwatchable, 3.5 stars', ['unwatchable', ',', '3.5', 'stars']],
    ['bytes', '👍🏽👍 ok', ['👍🏽', '👍', 'ok']],
    ['bytes', 'I 👩‍👩‍👧 🏳️‍🌈!', ['I', '👩‍👩‍👧', '🏳️‍🌈', '!']],
    ['bytes', 'cafe\u0301 noir', ['cafe\u0301', 'noir']],
    ['wordpiece', '这部电影很好看', ['这', '部', '电影', '很好', '看']],
    ['bytes', 'ภาพยนตร์ดีมาก', ['ภาพยนตร์', 'ดี', 'มาก']],
    ['unigram', 'الفيلم رائع جدًا', ['الفيلم', 'رائع', 'جدًا']],
    ['bytes', 'he said שלום', ['he', 'said', 'שלום']],
  ] as const)('%s: %s', async (file, text, expected) => {
    expect(parts(await encode(file, text), 'word')).toEqual(expected);
  });

  test('a token that spans two words makes them one', () => {
    const token = { id: 0, text: 'x', type: 0, special: false, attended: true, sequence: 0 };
    const encoded = {
      texts: ['New York is big'],
      tokens: [
        { ...token, start: 0, end: 8 },
        { ...token, start: 8, end: 11 },
        { ...token, start: 11, end: 15 },
      ],
      whole: 3,
      kept: [15],
    };
    expect(parts(encoded, 'word')).toEqual(['New York', 'is', 'big']);
  });
});

test('phrases and sentences', async () => {
  const encoded = await encode('bytes', 'At 12:30 it rained, badly; we had 1,000 fans. They left! 很好看，但是太长了。');
  expect(parts(encoded, 'phrase')).toEqual([
    'At 12:30 it rained,',
    'badly;',
    'we had 1,000 fans.',
    'They left!',
    '很好看，',
    '但是太长了。',
  ]);
  expect(parts(encoded, 'sentence')).toEqual(['At 12:30 it rained, badly; we had 1,000 fans.', 'They left!', '很好看，但是太长了。']);
});

test('the two texts of a pair stay apart, and added tokens come last', async () => {
  const segments = segmentsOf(await encode('wordpiece', 'good film', 'bad film'), 'word');
  expect(segments.map(({ sequence, text }) => [sequence, text])).toEqual([
    [0, 'good'],
    [0, 'film'],
    [1, 'bad'],
    [1, 'film'],
    [undefined, '[CLS]'],
    [undefined, '[SEP]'],
    [undefined, '[SEP]'],
  ]);
});

interface Case {
  readonly file: string;
  readonly texts: readonly [string, string?];
}
const { cases } = JSON.parse(readFileSync(at('packages/data/testdata/text/golden.json'), 'utf8')) as { readonly cases: readonly Case[] };

test.each(units)('by %s, every token is of one segment, segments stand in order and never overlap', async (unit) => {
  for (const { file, texts } of cases) {
    const encoded = await (await readTokenizer(at(file))).encode(texts[0], { pair: texts[1] });
    const segments = segmentsOf(encoded, unit);
    expect(segments.flatMap(({ tokens }) => tokens).toSorted((a, b) => a - b)).toEqual([...encoded.tokens.keys()]);
    for (const sequence of texts.keys()) {
      let end = 0;
      for (const segment of segments.filter((s) => s.sequence === sequence)) {
        expect(segment.start).toBeGreaterThanOrEqual(end);
        expect(segment.text).toBe(texts[sequence]!.slice(segment.start, segment.end));
        ({ end } = segment);
      }
    }
  }
});

describe('numbers of tokens', () => {
  const vectors = tensorOf('float32', [1, 3, 2], [3, 4, -1, 0, 2, -2]);
  test('sum keeps signs, norm does not', () => {
    expect([...tokenValues(vectors, 3)]).toEqual([7, -1, 0]);
    expect([...tokenValues(vectors, 3, 'norm')]).toEqual([5, 1, Math.sqrt(8)]);
    expect([...tokenValues(tensorOf('float32', [3], [1, 2, 3]), 3)]).toEqual([1, 2, 3]);
  });
  test('other shapes are none', () => {
    expect(isByToken({ dims: [1, 3, 2] }, 3)).toBe(true);
    expect(isByToken({ dims: [1] }, 1)).toBe(true);
    expect(isByToken({ dims: [1, 1, 8] }, 1)).toBe(true);
    expect(isByToken({ dims: [1, 2, 3, 3] }, 3)).toBe(false);
    expect(() => tokenValues(vectors, 4)).toThrow('4 tokens has shape [4] or [4,D], not [1,3,2]');
  });
  test('segments add up to what the tokens do', async () => {
    const encoded = await encode('bytes', 'I 😀 loved it, unwatchable');
    const values = encoded.tokens.map((_, i) => Math.sin(i));
    const total = values.reduce((a, b) => a + b, 0);
    for (const unit of units) expect(segmentValues(segmentsOf(encoded, unit), values).reduce((a, b) => a + b, 0)).toBeCloseTo(total, 10);
  });
});
