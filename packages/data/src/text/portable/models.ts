import { DataError } from '../../error.js';
import type { LibraryModel } from './library.js';
import { field, unsupported, type Part } from './part.js';

/** A token of a piece of text, and its place there. */
export interface Piece {
  readonly id: number;
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

/** Turns what pre-tokenizers leave into tokens. */
export type Model = (text: string) => readonly Piece[];

const rows: { readonly [type: string]: (part: Part, library: LibraryModel) => Model } = {
  WordPiece(part, library) {
    const prefix = field(part, 'continuing_subword_prefix', '##').length;
    const unknown = unknownOf(part, library);
    return (text) => {
      const tokens = library.encode([text]);
      if (unknown !== undefined && tokens.length === 1 && tokens[0] === unknown.text) return [{ ...unknown, from: 0, to: text.length }];
      return laidOut(tokens, (token, i) => token.length - (i === 0 ? 0 : prefix), library);
    };
  },
  WordLevel(part, library) {
    const unknown = unknownOf(part, library);
    return (text) => {
      const id = library.tokens_to_ids.get(text);
      const found = id === undefined ? unknown : { id, text };
      return found === undefined ? [] : [{ ...found, from: 0, to: text.length }];
    };
  },
  BPE(part, library) {
    if (field(part, 'continuing_subword_prefix', '') !== '') unsupported('model', 'BPE with a prefix inside words');
    const unknown = unknownOf(part, library);
    const suffix = field(part, 'end_of_word_suffix', '').length;
    const [fuses, fallsBack, ignoresMerges] = [
      field(part, 'fuse_unk', false),
      field(part, 'byte_fallback', false),
      field(part, 'ignore_merges', false),
    ];
    return (text) => {
      if (ignoresMerges && library.tokens_to_ids.has(text))
        return [{ id: library.tokens_to_ids.get(text)!, text, from: 0, to: text.length }];
      const surfaces = library.bpe(text);
      const found: Piece[] = [];
      let at = 0;
      for (const [i, surface] of surfaces.entries()) {
        const to = at + surface.length - (i === surfaces.length - 1 ? suffix : 0);
        const id = library.tokens_to_ids.get(surface);
        const last = found.at(-1);
        if (id !== undefined) found.push({ id, text: surface, from: at, to });
        else {
          const bytes = fallsBack ? bytesOf(text.slice(at, to), library) : undefined;
          if (bytes !== undefined) found.push(...bytes.map((byte) => ({ ...byte, from: at, to })));
          else if (unknown !== undefined && fuses && last?.id === unknown.id && last.to === at) found[found.length - 1] = { ...last, to };
          else if (unknown !== undefined) found.push({ ...unknown, from: at, to });
        }
        at = to;
      }
      return found;
    };
  },
  Unigram(part, library) {
    const id = part['unk_id'];
    const fallsBack = field(part, 'byte_fallback', false);
    return (text) => {
      const found: Piece[] = [];
      let at = 0;
      for (const surface of fused(library.tokenize(text), library)) {
        const to = at + surface.length;
        const own = library.tokens_to_ids.get(surface);
        const bytes = own === undefined && fallsBack ? bytesOf(surface, library) : undefined;
        if (bytes !== undefined) found.push(...bytes.map((byte) => ({ ...byte, from: at, to })));
        else if (own !== undefined || typeof id === 'number') found.push({ id: own ?? (id as number), text: surface, from: at, to });
        else throw new DataError('bad-input', `the vocabulary lacks “${surface}”, and has no token for what it lacks`);
        at = to;
      }
      return found;
    };
  },
};

/** @throws DataError 'unsupported' for one that is not known */
export const modelOf = (part: Part, library: LibraryModel): Model => (rows[part.type] ?? unsupported('model', part.type))(part, library);

function unknownOf(part: Part, library: LibraryModel): { readonly id: number; readonly text: string } | undefined {
  const text = part['unk_token'];
  const id = typeof text === 'string' ? library.tokens_to_ids.get(text) : undefined;
  return id === undefined ? undefined : { id, text: text as string };
}

function laidOut(tokens: readonly string[], width: (token: string, i: number) => number, library: LibraryModel): readonly Piece[] {
  let at = 0;
  return tokens.map((text, i) => {
    const from = at;
    at += width(text, i);
    return { id: library.tokens_to_ids.get(text)!, text, from, to: at };
  });
}

/** Neighbours that the vocabulary lacks are one. */
function fused(surfaces: readonly string[], library: LibraryModel): readonly string[] {
  const all: string[] = [];
  let isUnknown = false;
  for (const surface of surfaces) {
    const lacks = !library.tokens_to_ids.has(surface);
    if (lacks && isUnknown) all[all.length - 1] += surface;
    else all.push(surface);
    isUnknown = lacks;
  }
  return all;
}

const encoder = new TextEncoder();

/** A piece as tokens of its bytes, where the vocabulary has them all. */
function bytesOf(text: string, library: LibraryModel): readonly { readonly id: number; readonly text: string }[] | undefined {
  const spelled = Array.from(encoder.encode(text), (byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
  const bytes = spelled.flatMap((byte) => (library.tokens_to_ids.has(byte) ? [{ id: library.tokens_to_ids.get(byte)!, text: byte }] : []));
  return bytes.length === spelled.length ? bytes : undefined;
}
