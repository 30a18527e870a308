import { GraphError } from '../error.js';
import type { Source, Span } from './source.js';

/** How a field is encoded. `integers`, `floats` and `doubles` are a tensor's elements: they stay unread. */
export type Kind =
  | 'varint'
  | 'varints'
  | 'integers'
  | 'float'
  | 'floats'
  | 'doubles'
  | 'string'
  | 'strings'
  | 'bytes'
  | 'bytesList'
  | 'message'
  | 'messages';

export interface Field {
  readonly name: string;
  readonly kind: Kind;
  readonly message?: () => Fields;
}
/** A protobuf message: its fields by number. */
export type Fields = ReadonlyMap<number, Field>;
export type Message = { [name: string]: unknown };

const MAX_DEPTH = 64;
/** Messages, names in lists, and elements that are not packed. The largest models known have some hundred thousand. */
const MAX_PARTS = 4_000_000;
const MAX_TEXT = 2 ** 24;
const WINDOW = 2 ** 16;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const floatBits = new DataView(new ArrayBuffer(4));

const broken = (what: string, at: number): never => {
  throw new GraphError('malformed', `not a readable ONNX file: ${what} at byte ${at}`);
};

/** Text of a stretch of a source. @throws GraphError 'malformed' when it is not UTF-8: replacing characters would change the model */
export function textIn({ source, offset, length }: Span): string {
  if (length > MAX_TEXT) return broken(`a text of more than ${MAX_TEXT} bytes`, offset);
  return decoded(source.read(offset, length), offset);
}

function decoded(bytes: Uint8Array, at: number): string {
  try {
    return utf8.decode(bytes);
  } catch {
    return broken('a text that is not UTF-8', at);
  }
}

/** Reads forward over a source, a window at a time. */
interface Cursor {
  readonly source: Source;
  at: number;
  window: Uint8Array;
  /** Where the window starts in the source. */
  start: number;
}

const cursorAt = (source: Source, at: number): Cursor => ({ source, at, window: new Uint8Array(0), start: 0 });

function byte(c: Cursor, end: number): number {
  if (c.at >= end) return broken('a number runs past the end of its message', c.at);
  let i = c.at - c.start;
  if (i < 0 || i >= c.window.length) {
    c.window = c.source.read(c.at, WINDOW);
    c.start = c.at;
    i = 0;
    if (c.window.length === 0) return broken('the file ends early', c.at);
  }
  c.at++;
  return c.window[i]!;
}

/** The next bytes as a view, from the window when they lie in it. */
function view({ source, at, window, start }: Cursor, length: number): Uint8Array {
  const from = at - start;
  return from >= 0 && from + length <= window.length ? window.subarray(from, from + length) : source.read(at, length);
}

/** A varint as a signed 64-bit integer: a number when it is exact, else a bigint. */
function varint(c: Cursor, end: number): number | bigint {
  let value = 0;
  let scale = 1;
  for (let i = 0; i < 7; i++) {
    const b = byte(c, end);
    value += (b & 0x7f) * scale;
    if (b < 0x80) return value;
    scale *= 128;
  }
  let big = BigInt(value);
  for (let shift = 49n; shift < 70n; shift += 7n) {
    const b = byte(c, end);
    big |= BigInt(b & 0x7f) << shift;
    if (b < 0x80) {
      const signed = BigInt.asIntN(64, big);
      return Number.isSafeInteger(Number(signed)) ? Number(signed) : signed;
    }
  }
  return broken('a number of more than ten bytes', c.at);
}

/** Reads packed varints one by one. */
export function eachInteger(spans: readonly Span[], visit: (value: number | bigint) => void): void {
  for (const { source, offset, length } of spans) {
    const cursor = cursorAt(source, offset);
    while (cursor.at < offset + length) visit(varint(cursor, offset + length));
  }
}

/**
 * Decodes one message without copying: byte fields become spans. Unknown fields are skipped.
 * @throws GraphError 'malformed' with the byte offset; 'limit' on nesting beyond 64 or more than 4 million messages and names
 */
export function decode(fields: Fields, { source, offset, length }: Span): Message {
  const cursor = cursorAt(source, offset);
  let parts = 0;
  return read(fields, {}, offset + length, 0);

  function read(of: Fields, result: Message, end: number, depth: number): Message {
    if (depth > MAX_DEPTH) throw new GraphError('limit', `the file nests messages more than ${MAX_DEPTH} deep`);
    count();
    while (cursor.at < end) {
      const start = cursor.at;
      const tag = Number(varint(cursor, end));
      const [number, wire] = [Math.floor(tag / 8), tag % 8];
      if (number < 1 || number > 0x1fffffff) broken('a field without a number', start);
      const field = of.get(number);
      if (wire === 2) delimited(result, field, end, start, depth);
      else if (wire === 0) integer(result, field, end, start);
      else if (wire === 5 || wire === 1) fixed(result, field, wire === 5 ? 4 : 8, end, start);
      else broken(`wire type ${wire}`, start);
    }
    return result;
  }

  function integer(result: Message, field: Field | undefined, end: number, start: number): void {
    const from = cursor.at;
    const value = varint(cursor, end);
    if (field?.kind === 'varint') result[field.name] = value;
    else if (field?.kind === 'varints') push(result, field.name, value);
    else if (field?.kind === 'integers') element(result, field.name, from, cursor.at - from);
    else if (field !== undefined) broken(`field ${field.name} of the wrong type`, start);
  }

  function delimited(result: Message, field: Field | undefined, end: number, start: number, depth: number): void {
    const size = varint(cursor, end);
    if (typeof size !== 'number' || size < 0 || cursor.at + size > end)
      return void broken(`a field of ${size} bytes that does not fit`, start);
    const stop = cursor.at + size;
    switch (field?.kind) {
      case undefined:
        break;
      case 'message':
        // Protobuf merges a message that is given twice.
        result[field.name] = read(field.message!(), (result[field.name] ?? {}) as Message, stop, depth + 1);
        break;
      case 'messages':
        push(result, field.name, read(field.message!(), {}, stop, depth + 1));
        break;
      case 'string':
        result[field.name] = text(size);
        break;
      case 'strings':
        count();
        push(result, field.name, text(size));
        break;
      case 'bytes':
        result[field.name] = { source, offset: cursor.at, length: size };
        break;
      case 'bytesList':
      case 'integers':
        element(result, field.name, cursor.at, size);
        break;
      case 'varints':
        while (cursor.at < stop) push(result, field.name, varint(cursor, stop));
        break;
      case 'floats':
      case 'doubles':
        if (size % (field.kind === 'floats' ? 4 : 8) !== 0) broken(`packed field ${field.name} cut short`, start);
        element(result, field.name, cursor.at, size);
        break;
      default:
        broken(`field ${field!.name} of the wrong type`, start);
    }
    cursor.at = stop;
  }

  function fixed(result: Message, field: Field | undefined, width: 4 | 8, end: number, start: number): void {
    if (cursor.at + width > end) broken('a number runs past the end of its message', start);
    if (field?.kind === 'float' && width === 4) {
      for (let i = 0; i < 4; i++) floatBits.setUint8(i, byte(cursor, end));
      result[field.name] = floatBits.getFloat32(0, true);
      return;
    }
    if ((field?.kind === 'floats' && width === 4) || (field?.kind === 'doubles' && width === 8))
      element(result, field.name, cursor.at, width);
    else if (field !== undefined) broken(`field ${field.name} of the wrong type`, start);
    cursor.at += width;
  }

  function element(result: Message, name: string, at: number, size: number): void {
    count();
    push(result, name, { source, offset: at, length: size });
  }

  function text(size: number): string {
    if (size > MAX_TEXT) return broken(`a text of more than ${MAX_TEXT} bytes`, cursor.at);
    return decoded(view(cursor, size), cursor.at);
  }

  function count(): void {
    if (++parts > MAX_PARTS) throw new GraphError('limit', `the file holds more than ${MAX_PARTS} messages and names`);
  }
}

function push(result: Message, name: string, value: unknown): void {
  const list = result[name] as unknown[] | undefined;
  if (list === undefined) result[name] = [value];
  else list.push(value);
}
