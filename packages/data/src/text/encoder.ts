import { DataError } from '../error.js';
import { MAX_TEXT, type Encoded, type Token, type Tokenizer } from './tokens.js';

/** What turns text into tokens, whichever library does it. */
export interface Encoder {
  /** One more than the greatest id. */
  readonly vocabulary: number;
  idOf(token: string): number | undefined;
  spelled(id: number): string | undefined;
  /** Special tokens left out. */
  decode(ids: readonly number[]): Promise<string>;
  /** The tokens of one text or two, with those that the tokenizer adds unless `plain`; at most so many, cut off the longer text first. */
  encode(texts: readonly string[], how: { readonly plain: boolean; readonly most?: number }): Promise<readonly Token[]>;
}

/** What is read of a tokenizer.json here. */
export interface Described {
  readonly added_tokens?: readonly { readonly id: number; readonly content: string; readonly special?: boolean }[] | null;
  readonly padding?: { readonly pad_token?: unknown } | null;
  readonly model?: { readonly [field: string]: unknown };
}

/** How vocabularies spell the token that fills up. */
const PADDINGS = ['[PAD]', '<pad>', '<|pad|>', '<|endoftext|>', '</s>'];

/** A tokenizer over what encodes; `name` stands for it in messages. */
export function tokenizerWith(encoder: Encoder, described: Described, name: string, digest: string): Tokenizer {
  const special = new Set((described.added_tokens ?? []).flatMap((token) => (token.special ? [token.id] : [])));
  return {
    name,
    digest,
    vocabulary: encoder.vocabulary,
    padding: paddingOf(described, encoder),
    mask: maskOf(described),
    unknown: unknownOf(described, encoder),
    encode: (text, { pair, maxTokens, plain = false } = {}) =>
      encoded(encoder, pair === undefined ? [text] : [text, pair], plain, maxTokens),
    async pieces(text) {
      checkText(text, 'the token');
      return inside(encoder, text);
    },
    decode: (ids) => encoder.decode(ids),
    isSpecial: (id) => special.has(id),
    spelled: (id) => encoder.spelled(id),
  };
}

function unknownOf({ model = {} }: Described, encoder: Encoder): number | undefined {
  const { ['unk_token']: token, ['unk_id']: id } = model;
  return typeof token === 'string' ? encoder.idOf(token) : typeof id === 'number' ? id : undefined;
}

function paddingOf({ padding }: Described, encoder: Encoder): Tokenizer['padding'] {
  const named = padding?.pad_token;
  for (const text of [...(typeof named === 'string' ? [named] : []), ...PADDINGS]) {
    const id = encoder.idOf(text);
    if (id !== undefined) return { id, text };
  }
  return undefined;
}

/** What vocabularies call a masked word: [MASK], <mask>, <|mask|>. */
const MASK = /^(?:\[mask\]|<\|?mask\|?>)$/i;

/** Only an added token is found in text. */
function maskOf({ added_tokens: added }: Described): Tokenizer['mask'] {
  const found = added?.find(({ content }) => MASK.test(content));
  return found && { id: found.id, text: found.content };
}

async function encoded(encoder: Encoder, texts: readonly string[], plain: boolean, maxTokens: number | undefined): Promise<Encoded> {
  texts.forEach((text, i) => checkText(text, i === 0 ? 'the text' : 'the second text'));
  const all = await encoder.encode(texts, { plain });
  if (!all.some(({ special }) => !special)) throw new DataError('bad-input', 'the text holds no token: give some words');
  const lengths = texts.map(({ length }) => length);
  if (maxTokens === undefined || all.length <= maxTokens) return { texts, tokens: all, whole: all.length, kept: lengths };
  const added = all.filter(({ special }) => special).length;
  if (maxTokens <= added)
    throw new DataError('bad-input', `${maxTokens} tokens leave no room for text beside the ${added} that the tokenizer adds`);
  const tokens = await encoder.encode(texts, { plain, most: maxTokens });
  return { texts, tokens, whole: all.length, kept: lengths.map((length, s) => keptOf(tokens, all, s, length)) };
}

/** What stands before a piece of text, so that it is no beginning: some tokenizers write a space before one. */
const BEFORE = '.';

async function inside(encoder: Encoder, text: string): Promise<readonly Token[]> {
  const encode = (part: string): Promise<readonly Token[]> => encoder.encode([part], { plain: true });
  const [before, both] = [await encode(BEFORE), await encode(BEFORE + text)];
  // Where the two grow together the piece is read by itself.
  if (!before.every(({ id }, i) => id === both[i]?.id)) return encode(text);
  return both.slice(before.length).map((token) => ({ ...token, start: token.start - BEFORE.length, end: token.end - BEFORE.length }));
}

/** Where a text ends for the model: behind its last token, unless none was cut. */
function keptOf(tokens: readonly Token[], all: readonly Token[], sequence: number, length: number): number {
  const of = (list: readonly Token[]): readonly Token[] => list.filter((token) => token.sequence === sequence);
  return of(tokens).length === of(all).length ? length : of(tokens).reduce((end, token) => Math.max(end, token.end), 0);
}

/** A surrogate without its other half. */
const HALF = /\p{Surrogate}/u;

function checkText(text: string, what: string): void {
  if (text.trim() === '' && what !== 'the token') throw new DataError('bad-input', `${what} is empty: give some words`);
  if (text.length > MAX_TEXT)
    throw new DataError(
      'too-large',
      `${what} has ${text.length.toLocaleString('en')} characters, and at most ${MAX_TEXT.toLocaleString('en')} are read: give a part of it`,
    );
  const at = text.search(HALF);
  if (at >= 0)
    throw new DataError(
      'bad-input',
      `${what} holds half a character (a lone surrogate) at position ${at}: it is damaged, and would be read as another text`,
    );
}
