import type { Source } from '@vitrine/ir';
import { FormatError } from './error.js';

/** A folder of files, none of which lies elsewhere. */
export interface Folder {
  /** For people. */
  readonly name: string;
  has(file: string): boolean;
  /** A file of the folder, unread. @throws FormatError 'missing-file' or 'unreadable' */
  source(file: string): Source;
}

/** JSON that is larger is refused unread. */
const MAX_JSON = 100e6;

export type Json = { readonly [name: string]: unknown };

export const isRecord = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A JSON file that holds an object. @throws FormatError naming the file */
export function readJson(folder: Folder, file: string): Json {
  const source = folder.source(file);
  if (source.size > MAX_JSON)
    throw new FormatError('limit', `${folder.name}/${file} is ${source.size} bytes, more than such a file can be`);
  return parseJson(source.read(0, source.size), `${folder.name}/${file}`);
}

/** The object that bytes spell out. @throws FormatError 'malformed' naming `what` */
export function parseJson(bytes: Uint8Array, what: string): Json {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new FormatError('malformed', `${what} is not valid JSON: ${(cause as Error).message}`, { cause });
  }
  if (!isRecord(value)) throw new FormatError('malformed', `${what} holds no JSON object`);
  return value;
}
