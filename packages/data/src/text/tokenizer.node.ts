import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { Encoding, Tokenizer as Native } from 'tokenizers';
import { DataError } from '../error.js';
import { tokenizerWith, type Described, type Encoder } from './encoder.js';
import { utf16Offsets } from './offsets.js';
import type { Token, Tokenizer } from './tokens.js';

const MAX_BYTES = 2 ** 28;
/** Reads `tokenizer.json`. @throws DataError naming the file */
export async function readTokenizer(file: string): Promise<Tokenizer> {
  const about = await stat(file).catch((cause: NodeJS.ErrnoException) => {
    const what = cause.code === 'ENOENT' ? `there is no file ${file}` : `${file} cannot be read (${cause.code})`;
    throw new DataError('unreadable', what, { cause });
  });
  if (!about.isFile())
    throw new DataError('unreadable', `${file} is ${about.isDirectory() ? 'a folder' : 'no file'}, not a tokenizer.json`);
  if (about.size > MAX_BYTES) throw new DataError('too-large', `${file} is larger than 256 MB: a tokenizer.json is smaller`);
  const json = await readFile(file, 'utf8');
  if (json.trim() === '') throw new DataError('malformed', `${file} is empty: download it again`);
  if (json.startsWith('version https://git-lfs'))
    throw new DataError('malformed', `${file} is a Git LFS pointer in place of the file: fetch it with git lfs pull`);
  return tokenizerOf(json, file);
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
  // Padding and cutting are the caller's to ask for, and are reported.
  native.disablePadding();
  native.disableTruncation();
  const digest = createHash('sha256').update(json).digest('hex');
  return tokenizerWith(
    encoderOf(native, () => Library.fromString(json)),
    JSON.parse(json) as Described,
    name,
    digest,
  );
}

const encoderOf = (native: Native, another: () => Native): Encoder => ({
  vocabulary: Object.values(native.getVocab(true)).reduce((most, id) => Math.max(most, id + 1), 0),
  idOf: (token) => native.tokenToId(token) ?? undefined,
  spelled: (id) => native.idToToken(id) ?? undefined,
  decode: (ids) => native.decode([...ids], true),
  async encode(texts, { plain, most }) {
    const [text, pair = null] = texts as [string, string?];
    let library = native;
    if (most !== undefined) {
      // Another one, because texts may be encoded at the same time, and the limit is this one's only.
      library = another();
      library.disablePadding();
      library.setTruncation(most, { strategy: 'LongestFirst' as never });
    }
    return tokensOf(await library.encode(text, pair, { addSpecialTokens: !plain }), texts);
  },
});

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
