import { aligned, sliced, type Aligned } from './aligned.js';
import type { Normalizer } from './normalizers.js';

/** A token that is found in text before anything is done to it. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special?: boolean;
  readonly normalized?: boolean;
  readonly single_word?: boolean;
  readonly lstrip?: boolean;
  readonly rstrip?: boolean;
}

/** A stretch of text: one of the added tokens, or what lies between them. */
export interface Section {
  readonly x: Aligned;
  readonly token?: AddedToken;
}

/** Splits a text at added tokens: first those that are written as they are, then, in what is between, those that are normalized. */
export function sectionsWith(tokens: readonly AddedToken[], normalizer: Normalizer): (text: string) => readonly Section[] {
  const isNormalized = ({ normalized, special }: AddedToken): boolean => normalized ?? special !== true;
  const plain = finder(tokens.filter((token) => !isNormalized(token)).map((token) => [token.content, token]));
  const later = finder(tokens.filter(isNormalized).map((token) => [normalizer(aligned(token.content)).text, token]));
  return (text) => plain(aligned(text)).flatMap((section) => (section.token === undefined ? later(normalizer(section.x)) : [section]));
}

/** Finds the longest that begins first. */
function finder(named: readonly (readonly [text: string, token: AddedToken])[]): (x: Aligned) => readonly Section[] {
  const given = named.filter(([text]) => text !== '').toSorted(([a], [b]) => b.length - a.length);
  if (given.length === 0) return (x) => (x.text === '' ? [] : [{ x }]);
  const tokens = new Map(given.toReversed());
  const pattern = new RegExp(given.map(([text]) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|'), 'gu');
  return (x) => {
    const found: Section[] = [];
    let behind = 0;
    for (const { index, 0: match } of x.text.matchAll(pattern)) {
      const token = tokens.get(match)!;
      const end = index + match.length;
      if (index < behind || (token.single_word === true && touchesWord(x.text, index, end))) continue;
      const from = token.lstrip === true ? Math.max(behind, spaceBefore(x.text, index)) : index;
      const to = token.rstrip === true ? spaceAfter(x.text, end) : end;
      if (from > behind) found.push({ x: sliced(x, behind, from) });
      found.push({ x: sliced(x, from, to), token });
      behind = to;
    }
    if (behind < x.text.length) found.push({ x: sliced(x, behind, x.text.length) });
    return found;
  };
}

const WORD = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]/u;
const SPACE = /\p{White_Space}/u;

const touchesWord = (text: string, from: number, to: number): boolean =>
  WORD.test(/.?$/su.exec(text.slice(Math.max(0, from - 2), from))![0]) || WORD.test(/^.?/su.exec(text.slice(to, to + 2))![0]);

/** White space is of one unit each. */
function spaceBefore(text: string, at: number): number {
  while (at > 0 && SPACE.test(text[at - 1]!)) at--;
  return at;
}

function spaceAfter(text: string, at: number): number {
  while (at < text.length && SPACE.test(text[at]!)) at++;
  return at;
}
