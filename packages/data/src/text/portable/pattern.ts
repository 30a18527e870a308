import { SplitPreTokenizer } from './library.js';
import { DataError } from '../../error.js';
import type { Part } from './part.js';

/** The pattern of a part: a string as it is, or a regular expression of Oniguruma as one of JavaScript. @throws DataError */
export function patternOf({ type, pattern }: Part): RegExp {
  const { String: literal, Regex: regex } = Object(pattern) as { readonly String?: unknown; readonly Regex?: unknown };
  if (typeof literal === 'string')
    return new RegExp(
      literal.replace(/[.*+?^${}()|[\]\\/-]/g, (c) => `\\u{${c.codePointAt(0)!.toString(16)}}`),
      'gu',
    );
  if (typeof regex !== 'string') throw new DataError('malformed', `${type} has no pattern`);
  try {
    return new SplitPreTokenizer({ type: 'Split', pattern: { Regex: regex }, behavior: 'Isolated', invert: false }).pattern!;
  } catch (cause) {
    throw new DataError('unsupported', `the pattern of ${type} cannot be read in the page: ${(cause as Error).message}`, { cause });
  }
}

/** A stretch of a text that a pattern finds, or one between two of those. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly isMatch: boolean;
}

/** One after the other they cover the text. */
export function matches(text: string, pattern: RegExp): readonly Stretch[] {
  const found: Stretch[] = [];
  let at = 0;
  for (const { index, 0: match } of text.matchAll(pattern)) {
    if (index > at) found.push({ from: at, to: index, isMatch: false });
    if (match !== '') found.push({ from: index, to: index + match.length, isMatch: true });
    at = Math.max(at, index + match.length);
  }
  if (at < text.length) found.push({ from: at, to: text.length, isMatch: false });
  return found;
}
