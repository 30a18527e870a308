import { DataError } from '../error.js';

/** A line of text, and its number from 1. */
export interface Line {
  readonly text: string;
  readonly number: number;
}

const [NEWLINE, RETURN] = [0x0a, 0x0d];
/** A series of 2^25 values in one line has at most so many bytes: longer ones are no series. */
const LONGEST = 2 ** 29 - 2 ** 16;

/** Lines without their ends and without the mark that editors put at a beginning; only one lies in memory as text. @throws DataError naming the file */
export function* linesIn(bytes: Uint8Array, name: string): Generator<Line, undefined> {
  if (bytes.subarray(0, 4096).includes(0)) throw new DataError('malformed', `${name} is not text in UTF-8: it holds zero bytes`);
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for (let from = 0, number = 1; from < bytes.length; number++) {
    const found = bytes.indexOf(NEWLINE, from);
    const end = found < 0 ? bytes.length : found;
    if (end - from > LONGEST) throw new DataError('too-large', `${name}, line ${number} is longer than a series can be`);
    yield { text: decoded(bytes.subarray(from, bytes[end - 1] === RETURN ? end - 1 : end), `${name}, line ${number}`), number };
    from = end + 1;
  }

  function decoded(line: Uint8Array, at: string): string {
    try {
      return decoder.decode(line);
    } catch (cause) {
      throw new DataError('malformed', `${at} is not text in UTF-8: save it as UTF-8`, { cause });
    }
  }
}
