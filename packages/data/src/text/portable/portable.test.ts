import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { random } from '../../random.js';
import { tokenizerOf } from '../tokenizer.node.js';
import type { Encoded, Tokenizer } from '../tokens.js';
import { charsmapOf } from './testing/charsmap.js';
import { portableTokenizer } from './portable.js';

const root = fileURLToPath(new URL('../../../../..', import.meta.url));
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const files = {
  wordpiece: read('models/bert_mini_sst2.tokenizer.json'),
  bytes: read('packages/data/testdata/text/byte-level.json'),
  unigram: read('packages/data/testdata/text/unigram.json'),
};
interface Case {
  readonly file: string;
  readonly texts: readonly [string, string?];
}
const { cases } = JSON.parse(read('packages/data/testdata/text/golden.json')) as { readonly cases: readonly Case[] };

/** What both say to a text: tokens, or a sentence. */
const said = (tokenizer: Tokenizer, text: string, pair?: string, maxTokens?: number): Promise<Encoded | string> =>
  tokenizer.encode(text, { pair, maxTokens }).catch((error: Error) => error.message);

describe('the page reads text as the native library does', () => {
  test.each(cases.map((c) => [`${path.basename(c.file)}: ${JSON.stringify(c.texts)}`, c] as const))('%s', async (_, { file, texts }) => {
    const [page, native] = [await portableTokenizer(read(file), 'page'), await tokenizerOf(read(file), 'page')];
    expect(await page.encode(texts[0], { pair: texts[1] })).toEqual(await native.encode(texts[0], { pair: texts[1] }));
    expect(await page.pieces(texts[0])).toEqual(await native.pieces(texts[0]));
    const { digest, vocabulary, padding, mask, unknown } = native;
    expect(page).toMatchObject({ digest, vocabulary, padding, mask, unknown });
    const ids = (await native.encode(texts[0])).tokens.map(({ id }) => id);
    expect(await page.decode(ids)).toBe(await native.decode(ids));
  });
});

/** Characters of many scripts, marks that compose and reorder, and what tokenizers treat in ways of their own. */
const RANGES = [
  [0x20, 0x7e],
  [0x20, 0x7e],
  [0xa0, 0x24f],
  [0x300, 0x36f],
  [0x370, 0x3ff],
  [0x400, 0x4ff],
  [0x5b0, 0x5ea],
  [0x620, 0x660],
  [0x904, 0x94d],
  [0xe01, 0xe3a],
  [0x1100, 0x11ff],
  [0x1e00, 0x1fff],
  [0x2000, 0x206f],
  [0x2100, 0x218f],
  [0x3000, 0x30ff],
  [0x4e00, 0x4fff],
  [0xac00, 0xad00],
  [0xfb00, 0xfb1c],
  [0xff00, 0xffef],
  [0x1d400, 0x1d7ff],
  [0x1f300, 0x1f64f],
  [0x20000, 0x20100],
  [0x2f800, 0x2fa1d],
  [0, 0x1f],
  [0x80, 0x9f],
] as const;
const BITS = [
  ' ',
  '  ',
  '\n',
  '\t',
  '<mask>',
  ' <mask> ',
  '<e> ',
  'GOOD',
  'xyfilm',
  'xyfilms',
  'Café',
  'cafe\u0301',
  '[MASK]',
  '</s>',
  '123456',
  "don't",
  'ΟΔΟΣ',
  'İstanbul',
  'ß',
  'ﬁ',
  '\u1112\u1161\u11ab',
  '각',
  '\u1e9b\u0323',
  'a\u0315\u0300\u05ae\u0300b',
  '``',
  '👩‍👩‍👧',
  '🏳️‍🌈',
  'good',
  '...',
  '\uFEFF',
  '\u2028',
  '\u0085',
  '①',
  '½',
  '㎏',
  'ｶﾞ',
  '\u0344',
];

function* texts(seed: number, count: number): Generator<string> {
  const draw = random(seed, 'texts');
  const pick = <T>(list: readonly T[]): T => list[Math.floor(draw() * list.length)]!;
  const signs = (): string =>
    Array.from({ length: 1 + Math.floor(draw() * 5) }, () => {
      const [from, to] = pick(RANGES);
      return String.fromCodePoint(from + Math.floor(draw() * (to - from + 1)));
    }).join('');
  for (let i = 0; i < count; i++)
    yield Array.from({ length: 1 + Math.floor(draw() * 7) }, () =>
      draw() < 0.5 ? pick(BITS) : draw() < 0.5 ? signs() : pick(cases).texts[0],
    ).join(pick(['', ' ']));
}

const added = (id: number, content: string, more: object) => ({
  id,
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: false,
  ...more,
});
/** The tokenizers above with other parts. */
function variant(base: keyof typeof files, parts: object, model: object = {}): string {
  const json = JSON.parse(files[base]) as {
    readonly model: { readonly vocab: object };
    readonly added_tokens: readonly { readonly id: number }[];
  };
  const size = Object.keys(json.model.vocab).length;
  const more = [
    added(size, '<mask>', { special: true, lstrip: true }),
    added(size + 1, '<e>', { special: true, rstrip: true }),
    added(size + 2, 'GOOD', {}),
    added(size + 3, 'xyfilm', { single_word: true }),
    added(size + 4, 'Café', { normalized: true }),
  ];
  return JSON.stringify({ ...json, added_tokens: [...json.added_tokens, ...more], ...parts, model: { ...json.model, ...model } });
}

/** Every sign a token of its own, so that every place shows. */
const letters = (): string => {
  const vocab: Record<string, number> = { '<unk>': 0, '<s>': 1, '</s>': 2 };
  for (let byte = 0; byte < 256; byte++) vocab[`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`] = Object.keys(vocab).length;
  for (const c of '▁abcdefghilmnoprstuvwxy.,?!1éサ가') vocab[c] = Object.keys(vocab).length;
  for (const c of ['an', 'th', 'the', 'od', 'ood']) vocab[c] = Object.keys(vocab).length;
  return JSON.stringify({
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [added(0, '<unk>', { special: true }), added(1, '<s>', { special: true })],
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    decoder: null,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: '<unk>',
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab,
      merges: ['a n', 't h', 'th e', 'o d', 'o od'],
    },
  });
};
const lettersWith = (parts: object, model: object = {}): string => {
  const json = JSON.parse(letters()) as { readonly model: object };
  return JSON.stringify({ ...json, ...parts, model: { ...json.model, ...model } });
};
const sequence = (name: string, ...list: readonly object[]) => ({ type: 'Sequence', [name]: list });
const template = {
  type: 'TemplateProcessing',
  single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
  pair: [
    { SpecialToken: { id: '<s>', type_id: 0 } },
    { Sequence: { id: 'A', type_id: 0 } },
    { SpecialToken: { id: '<s>', type_id: 1 } },
    { Sequence: { id: 'B', type_id: 1 } },
  ],
  special_tokens: { '<s>': { id: '<s>', ids: [1], tokens: ['<s>'] } },
};
const rules = { ﬁ: 'fi', '①': '1', '\t': ' ', 'e\u0301': 'é', A: 'a', '㎏': 'kg', ｶﾞ: 'ガ', '\u00AD': '', '👩': 'she', '½': ' 1/2' };
const GPT4 = String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;
const CLIP = String.raw`'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+`;
const bytes = (more: object) => ({ type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true, ...more });
const roberta = (more: object) => ({
  type: 'RobertaProcessing',
  sep: ['</s>', 2],
  cls: ['<s>', 1],
  trim_offsets: true,
  add_prefix_space: true,
  ...more,
});

const variants: { readonly [name: string]: () => string } = {
  'lowercase off, accents off': () =>
    variant('wordpiece', {
      normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: false, strip_accents: true, lowercase: false },
    }),
  'lowercase on, accents kept, uncleaned': () =>
    variant('wordpiece', {
      normalizer: { type: 'BertNormalizer', clean_text: false, handle_chinese_chars: true, strip_accents: false, lowercase: true },
    }),
  'NFD, accents off, words': () =>
    variant('wordpiece', {
      normalizer: sequence('normalizers', { type: 'NFD' }, { type: 'StripAccents' }, { type: 'Lowercase' }),
      pre_tokenizer: { type: 'Whitespace' },
    }),
  'NFKD, spaces, signs, digits': () =>
    variant('wordpiece', {
      normalizer: sequence('normalizers', { type: 'NFKD' }, { type: 'Strip', strip_left: true, strip_right: true }),
      pre_tokenizer: sequence(
        'pretokenizers',
        { type: 'WhitespaceSplit' },
        { type: 'Punctuation', behavior: 'Contiguous' },
        { type: 'Digits', individual_digits: true },
      ),
    }),
  nmt: () => variant('wordpiece', { normalizer: { type: 'Nmt' }, pre_tokenizer: { type: 'CharDelimiterSplit', delimiter: ' ' } }),
  ...Object.fromEntries(
    ['Removed', 'Isolated', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous'].flatMap((behavior) =>
      [true, false].map((invert) => [
        `split ${behavior}${invert ? ', inverted' : ''}`,
        () =>
          lettersWith({
            normalizer: { type: 'NFC' },
            pre_tokenizer: { type: 'Split', pattern: { Regex: String.raw`\s+|\d` }, behavior, invert },
          }),
      ]),
    ),
  ),
  'Llama 2': () =>
    lettersWith(
      {
        normalizer: sequence('normalizers', { type: 'Prepend', prepend: '▁' }, { type: 'Replace', pattern: { String: ' ' }, content: '▁' }),
        post_processor: template,
      },
      { fuse_unk: true, byte_fallback: true },
    ),
  'unknown signs one by one': () => lettersWith({ normalizer: { type: 'NFKC' }, pre_tokenizer: { type: 'Whitespace' } }),
  'unknown signs as one': () =>
    lettersWith({ normalizer: { type: 'NFD' }, pre_tokenizer: { type: 'BertPreTokenizer' } }, { fuse_unk: true }),
  'ends of words': () =>
    lettersWith(
      {
        normalizer: sequence(
          'normalizers',
          { type: 'NFC' },
          { type: 'Replace', pattern: { Regex: String.raw`\s+` }, content: ' ' },
          { type: 'Lowercase' },
        ),
        pre_tokenizer: { type: 'Split', pattern: { Regex: CLIP }, behavior: 'Removed', invert: true },
      },
      { end_of_word_suffix: '</w>' },
    ),
  ...Object.fromEntries(
    ['always', 'first', 'never'].flatMap((prepend_scheme) =>
      [true, false].map((split) => [
        `marks ${prepend_scheme}, split ${split}`,
        () =>
          variant('unigram', {
            normalizer: { type: 'NFKC' },
            pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme, split },
          }),
      ]),
    ),
  ),
  'rules of SentencePiece': () =>
    lettersWith({
      normalizer: { type: 'Precompiled', precompiled_charsmap: charsmapOf(rules) },
      pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
    }),
  ALBERT: () =>
    variant('unigram', {
      normalizer: sequence(
        'normalizers',
        { type: 'Replace', pattern: { String: '``' }, content: '"' },
        { type: 'NFKD' },
        { type: 'StripAccents' },
        { type: 'Lowercase' },
        { type: 'Precompiled', precompiled_charsmap: charsmapOf(rules) },
        { type: 'Replace', pattern: { Regex: ' {2,}' }, content: ' ' },
      ),
      pre_tokenizer: sequence(
        'pretokenizers',
        { type: 'WhitespaceSplit' },
        { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
      ),
    }),
  'Llama 3': () =>
    variant(
      'bytes',
      {
        pre_tokenizer: sequence(
          'pretokenizers',
          { type: 'Split', pattern: { Regex: GPT4 }, behavior: 'Isolated', invert: false },
          bytes({ use_regex: false }),
        ),
        post_processor: sequence('processors', bytes({}), template),
      },
      { ignore_merges: true },
    ),
  ...Object.fromEntries(
    [true, false].flatMap((add_prefix_space) =>
      [true, false].flatMap((trim_offsets) => [
        [
          `RoBERTa, space ${add_prefix_space}, trimmed ${trim_offsets}`,
          () =>
            variant('bytes', { pre_tokenizer: bytes({ add_prefix_space }), post_processor: roberta({ add_prefix_space, trim_offsets }) }),
        ],
        [
          `GPT-2, space ${add_prefix_space}, trimmed ${trim_offsets}`,
          () => variant('bytes', { pre_tokenizer: bytes({ add_prefix_space }), post_processor: bytes({ add_prefix_space, trim_offsets }) }),
        ],
      ]),
    ),
  ),
  'whole words': () =>
    JSON.stringify({
      ...(JSON.parse(letters()) as object),
      normalizer: { type: 'Lowercase' },
      pre_tokenizer: { type: 'Whitespace' },
      model: { type: 'WordLevel', unk_token: '<unk>', vocab: { '<unk>': 0, '<s>': 1, good: 2, film: 3, the: 4 } },
    }),
};

describe('and so with other parts, on random texts', () => {
  test.each(Object.keys(variants))('%s', async (name) => {
    const json = variants[name]!();
    const [page, native] = [await portableTokenizer(json, 'page'), await tokenizerOf(json, 'page')];
    const draw = random(7, name);
    const all = [...texts(1, 60)];
    for (const [i, text] of all.entries()) {
      const pair = draw() < 0.2 ? all[(i + 1) % all.length] : undefined;
      const maxTokens = draw() < 0.2 ? 3 + Math.floor(10 * draw()) : undefined;
      expect({ text, pair, maxTokens, said: await said(page, text, pair, maxTokens) }).toEqual({
        text,
        pair,
        maxTokens,
        said: await said(native, text, pair, maxTokens),
      });
    }
  });
});

test('what the page does not know is refused by name, and what is no tokenizer too', async () => {
  await expect(portableTokenizer(lettersWith({ pre_tokenizer: { type: 'UnicodeScripts' } }), 't.json')).rejects.toThrow(
    't.json: the pre-tokenizer UnicodeScripts is not known in the page: read the text in Node, or give token ids',
  );
  await expect(portableTokenizer(lettersWith({ normalizer: { type: 'Odd' } }), 't.json')).rejects.toThrow(
    'the normalizer Odd is not known',
  );
  await expect(portableTokenizer(lettersWith({}, { type: 'Odd' }), 't.json')).rejects.toThrow('the model Odd is not known');
  for (const json of ['', '{', '{}', '[]', 'null', '{"model":{"type":"BPE"}}'])
    await expect(portableTokenizer(json, 't.json')).rejects.toThrow('t.json is no tokenizer.json that can be read');
});
