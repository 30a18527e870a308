import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { DataError, MAX_TEXT } from '@vitrine/data';
import { bytesOf, unreadable } from './input.js';
import type { TextGiven } from './text.js';

/** A text file without its byte order mark and the end of its last line. @throws DataError naming the file */
export async function readTextFile(file: string): Promise<string> {
  const { size } = await stat(file).catch((cause: unknown) => {
    throw unreadable(file, cause);
  });
  if (size > MAX_BYTES) throw tooMuch(file);
  return decoded(await bytesOf(file), file).replace(/\r?\n$/, '');
}

/** Bytes that the longest text can have. */
const MAX_BYTES = 4 * MAX_TEXT;
const tooMuch = (what: string): DataError =>
  new DataError(
    'too-large',
    `${what} holds more than the ${MAX_TEXT.toLocaleString('en')} characters that one text may have: give a part of it`,
  );

function decoded(bytes: Uint8Array, what: string): string {
  const bad = (why: string, cause?: unknown): DataError => new DataError('malformed', `${what} ${why}`, { cause });
  if (bytes.includes(0)) throw bad(isUtf16(bytes) ? 'is text in UTF-16: save it as UTF-8' : 'is not text: it holds zero bytes');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw bad(NOT_UTF8, cause);
  }
}

const NOT_UTF8 = 'is not text in UTF-8: save it as UTF-8';
const isUtf16 = ([a, b]: Uint8Array): boolean => (a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff);

/** A text of several, or why it cannot be read. */
export type TextOrFault = TextGiven | DataError;

/** How the texts of a file are told apart, by its ending. Columns and keys are `text`, `pair` and `choices`. */
const READERS: { readonly [ending: string]: (file: string) => AsyncIterable<TextOrFault> } = {
  '.txt': plainLines,
  '.jsonl': jsonLines,
  '.csv': (file) => tableRows(file, ','),
  '.tsv': (file) => tableRows(file, '\t'),
};

/** The texts of a file, one after the other: only one of them lies in memory. @throws DataError naming the file */
export function textsIn(file: string): AsyncIterable<TextOrFault> {
  const reader = READERS[path.extname(file).toLowerCase()];
  if (reader !== undefined) return reader(file);
  throw new DataError('unsupported', `${file}: texts are read from ${Object.keys(READERS).join(', ')}; one text as it is with --text-file`);
}

async function* plainLines(file: string): AsyncGenerator<TextOrFault> {
  for await (const { line, at } of linesOf(file)) yield line instanceof DataError ? line : { text: line, source: at };
}

/** A line that is empty holds no text, as at the end. */
async function* jsonLines(file: string): AsyncGenerator<TextOrFault> {
  for await (const { line, at } of linesOf(file))
    if (line instanceof DataError) yield line;
    else if (line.trim() !== '') yield fromJson(line, at);
}

function fromJson(line: string, at: string): TextOrFault {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    return new DataError('malformed', `${at} is not valid JSON: ${(cause as SyntaxError).message}`, { cause });
  }
  const { text, pair, choices } = Object(value) as { readonly [key: string]: unknown };
  const [second, several] = [pair ?? undefined, choices ?? undefined];
  if (typeof text === 'string' && (second === undefined || typeof second === 'string') && (several === undefined || isTexts(several)))
    return { text, pair: second, choices: several, source: at };
  return new DataError(
    'malformed',
    `${at} must be an object such as {"text": "…"}, {"text": "…", "pair": "…"} or {"text": "…", "choices": ["…", "…"]}`,
  );
}

const isTexts = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every((one) => typeof one === 'string');

/** Rows under a first one that names the columns. */
async function* tableRows(file: string, delimiter: string): AsyncGenerator<TextOrFault> {
  const { parse } = await import('csv-parse');
  const source = Readable.from(textOf(file));
  const rows = parse({
    delimiter,
    bom: true,
    info: true,
    skipEmptyLines: true,
    relaxColumnCount: true,
    relaxQuotes: true,
    maxRecordSize: MAX_BYTES,
  });
  source.on('error', (cause) => rows.destroy(cause));
  let columns: readonly string[] | undefined;
  try {
    for await (const { record, info } of source.pipe(rows) as AsyncIterable<Row>)
      if (columns === undefined) columns = checkedColumns(record, file);
      else yield fromRow(columns, record, `${file}, line ${info.lines}`);
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    throw new DataError('malformed', `${file} is no table that can be read: ${(cause as Error).message}`, { cause });
  } finally {
    source.destroy();
  }
}

interface Row {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

/** A file's text, piece by piece. */
async function* textOf(file: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  try {
    for await (const chunk of createReadStream(file) as AsyncIterable<Uint8Array>) yield decoder.decode(chunk, { stream: true });
    yield decoder.decode();
  } catch (cause) {
    throw cause instanceof TypeError ? new DataError('malformed', `${file} ${NOT_UTF8}`, { cause }) : unreadable(file, cause);
  }
}

function checkedColumns(names: readonly string[], file: string): readonly string[] {
  if (names.includes('text')) return names;
  throw new DataError(
    'malformed',
    `${file} has no column text, only ${names.join(', ')}: name the columns text and pair in the first line`,
  );
}

function fromRow(columns: readonly string[], fields: readonly string[], at: string): TextOrFault {
  if (fields.length !== columns.length)
    return new DataError(
      'malformed',
      `${at} has ${fields.length} fields, and ${columns.length} columns are named: put text with commas in quotation marks`,
    );
  const { text, pair } = Object.fromEntries(columns.map((name, i) => [name, fields[i]])) as {
    readonly [column: string]: string | undefined;
  };
  return { text: text!, pair: pair === '' ? undefined : pair, source: at };
}

const [NEWLINE, RETURN] = [0x0a, 0x0d];

/** Lines without their ends. One that is no text does not take the others with it. */
async function* linesOf(file: string): AsyncGenerator<{ readonly line: string | DataError; readonly at: string }> {
  let number = 0;
  for await (const bytes of rawLines(file)) {
    const at = `${file}, line ${++number}`;
    yield { line: bytes === undefined ? tooMuch(at) : lineOf(bytes, at), at };
  }
}

function lineOf(bytes: Uint8Array, at: string): string | DataError {
  try {
    return decoded(bytes, at);
  } catch (cause) {
    return cause as DataError;
  }
}

/** Bytes between line ends; undefined for a line that no memory should hold. */
async function* rawLines(file: string): AsyncGenerator<Uint8Array | undefined> {
  let parts: Uint8Array[] = [];
  let size = 0;
  const add = (part: Uint8Array): void => {
    size += part.length;
    if (size <= MAX_BYTES) parts.push(part);
  };
  const taken = (): Uint8Array | undefined => {
    const whole = size <= MAX_BYTES ? Buffer.concat(parts) : undefined;
    [parts, size] = [[], 0];
    return whole?.at(-1) === RETURN ? whole.subarray(0, -1) : whole;
  };
  try {
    for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
      let from = 0;
      for (let to = chunk.indexOf(NEWLINE); to >= 0; to = chunk.indexOf(NEWLINE, from)) {
        add(chunk.subarray(from, to));
        yield taken();
        from = to + 1;
      }
      add(chunk.subarray(from));
    }
  } catch (cause) {
    throw unreadable(file, cause);
  }
  if (size > 0) yield taken();
}
