import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { Encoding, Tokenizer as Native } from 'tokenizers';
import { DataError } from '../error.js';
import { utf16Offsets } from './offsets.js';
import { MAX_TEXT, type Encoded, type Token, type Tokenizer } from './tokens.js';

const MAX_BYTES = 2 ** 28;
/** How vocabularies spell the token that fills up. */
const PADDINGS = ['[PAD]', '<pad>', '<|pad|>', '<|endoftext|>', '</s>'];

/** Reads `tokenizer.json`. @throws DataError naming the file */
export async function readTokenizer(file: string): Promise<Tokenizer> {
  const about = await stat(file).catch((cause: NodeJS.ErrnoException) => {
    const what = cause.code === 'ENOENT' ? `there is no file ${file}` : `${file} cannot be read (${cause.code})`;
    throw new DataError('unreadable', what, { cause });
  });
  if (!about.isFile())
    throw new DataError('unreadable', `${file} is ${about.isDirectory() ? 'a folder' : 'no file'}, not a tokenizer.json`);
  if (about.size > MAX_BYTES) throw new DataError('too-large', `${file} is larger than 256 MB: a tokenizer.json is smaller`);
  return tokenizerOf(await readFile(file, 'utf8'), file);
}

/** A tokenizer from the text of `tokenizer.json`; `name` stands for it in messages. @throws DataError 'malformed' */
export async function tokenizerOf(json: string, name: string): Promise<Tokenizer> {
  // Loaded when first needed: most commands read no text.
  const { Tokenizer: Library } = await import('tokenizers');
  let native: Native;
  try {
    native = Library.fromString(json);
  } catch (cause) {
    const [why] = (cause instanceof Error ? cause.message : String(cause)).split('\n');
    throw new DataError('malformed', `${name} is no tokenizer.json that can be read: ${why}`, { cause });
  }
  const described = JSON.parse(json) as Described;
  // Padding and cutting are the caller's to ask for, and are reported.
  native.disablePadding();
  native.disableTruncation();
  const special = new Set((described.added_tokens ?? []).flatMap((token) => (token.special ? [token.id] : [])));
  const vocabulary = Object.values(native.getVocab(true)).reduce((most, id) => Math.max(most, id + 1), 0);
  return {
    name,
    digest: createHash('sha256').update(json).digest('hex'),
    vocabulary,
    padding: paddingOf(described, native),
    mask: maskOf(described),
    unknown: unknownOf(described, native),
    encode: (text, { pair, maxTokens, plain } = {}) =>
      encoded(native, () => Library.fromString(json), pair === undefined ? [text] : [text, pair], { maxTokens, addSpecialTokens: !plain }),
    async pieces(text) {
      checkText(text, 'the token');
      return inside(native, text);
    },
    decode: (ids) => native.decode([...ids], true),
    isSpecial: (id) => special.has(id),
    spelled: (id) => native.idToToken(id) ?? undefined,
  };
}

/** What is read of a tokenizer.json here; the library has checked the rest. */
interface Described {
  readonly added_tokens?: readonly { readonly id: number; readonly content: string; readonly special?: boolean }[] | null;
  readonly padding?: { readonly pad_token?: unknown } | null;
  readonly model?: { readonly unk_token?: unknown; readonly unk_id?: unknown };
}

function unknownOf({ model = {} }: Described, native: Native): number | undefined {
  const { unk_token: token, unk_id: id } = model;
  return typeof token === 'string' ? (native.tokenToId(token) ?? undefined) : typeof id === 'number' ? id : undefined;
}

function paddingOf({ padding }: Described, native: Native): Tokenizer['padding'] {
  const named = padding?.pad_token;
  for (const text of [...(typeof named === 'string' ? [named] : []), ...PADDINGS]) {
    const id = native.tokenToId(text);
    if (id !== null) return { id, text };
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

async function encoded(
  native: Native,
  another: () => Native,
  texts: readonly string[],
  { maxTokens, addSpecialTokens }: { readonly maxTokens: number | undefined; readonly addSpecialTokens: boolean },
): Promise<Encoded> {
  texts.forEach((text, i) => checkText(text, i === 0 ? 'the text' : 'the second text'));
  const [text, pair = null] = texts as [string, string?];
  const all = tokensOf(await native.encode(text, pair, { addSpecialTokens }), texts);
  if (!all.some(({ special }) => !special)) throw new DataError('bad-input', 'the text holds no token: give some words');
  const lengths = texts.map(({ length }) => length);
  if (maxTokens === undefined || all.length <= maxTokens) return { texts, tokens: all, whole: all.length, kept: lengths };
  const added = all.filter(({ special }) => special).length;
  if (maxTokens <= added)
    throw new DataError('bad-input', `${maxTokens} tokens leave no room for text beside the ${added} that the tokenizer adds`);
  // Another one, because texts may be encoded at the same time, and the limit is this one's only.
  const limited = another();
  limited.disablePadding();
  limited.setTruncation(maxTokens, { strategy: 'LongestFirst' as never });
  const tokens = tokensOf(await limited.encode(text, pair, { addSpecialTokens }), texts);
  return { texts, tokens, whole: all.length, kept: lengths.map((length, s) => keptOf(tokens, all, s, length)) };
}

/** What stands before a piece of text, so that it is no beginning: some tokenizers write a space before one. */
const BEFORE = '.';

async function inside(native: Native, text: string): Promise<readonly Token[]> {
  const encode = async (part: string): Promise<readonly Token[]> =>
    tokensOf(await native.encode(part, null, { addSpecialTokens: false }), [part]);
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

function tokensOf(encoding: Encoding, texts: readonly string[]): readonly Token[] {
  const places = texts.map(utf16Offsets);
  const [ids, spelled, offsets] = [encoding.getIds(), encoding.getTokens(), encoding.getOffsets()];
  const [types, special, mask] = [encoding.getTypeIds(), encoding.getSpecialTokensMask(), encoding.getAttentionMask()];
  const sequences = encoding.getSequenceIds();
  return ids.map((id, i) => {
    const sequence = sequences[i] ?? undefined;
    const place = sequence === undefined ? () => 0 : places[sequence]!;
    const [start, end] = offsets[i]!.map(place) as [number, number];
    return { id, text: spelled[i]!, sequence, start, end, type: types[i]!, special: special[i] === 1, attended: mask[i] === 1 };
  });
}
