import { GraphError } from '../error.js';
import type { Source, Span } from './source.js';

/** How a field is encoded. `floats` and `doubles` stay packed and unread; `varints` are read one by one. */
export type Kind =
  | 'varint'
  | 'varints'
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
const MAX_MESSAGES = 20_000_000;
const WINDOW = 1 << 16;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Reads varints and tags forward over part of a source, a window at a time. */
interface Cursor {
  at: number;
  window: Uint8Array;
  start: number;
}

const broken = (what: string, at: number): never => {
  throw new GraphError('malformed', `not a readable ONNX file: ${what} at byte ${at}`);
};

function byte(source: Source, c: Cursor, end: number): number {
  if (c.at >= end) return broken('a number runs past the end of its message', c.at);
  let i = c.at - c.start;
  if (i < 0 || i >= c.window.length) {
    c.window = source.read(c.at, WINDOW);
    c.start = c.at;
    i = 0;
    if (c.window.length === 0) return broken('the file ends early', c.at);
  }
  c.at++;
  return c.window[i]!;
}

/** A varint as a signed 64-bit integer: a number when it is exact, else a bigint. */
function varint(source: Source, c: Cursor, end: number): number | bigint {
  let value = 0;
  let scale = 1;
  for (let i = 0; i < 7; i++) {
    const b = byte(source, c, end);
    value += (b & 0x7f) * scale;
    if (b < 0x80) return value;
    scale *= 128;
  }
  let big = BigInt(value);
  for (let shift = 49n; shift < 70n; shift += 7n) {
    const b = byte(source, c, end);
    big |= BigInt(b & 0x7f) << shift;
    if (b < 0x80) {
      const signed = BigInt.asIntN(64, big);
      return signed >= -0x1fffffffffffffn && signed <= 0x1fffffffffffffn ? Number(signed) : signed;
    }
  }
  return broken('a number of more than ten bytes', c.at);
}

const floatBits = new DataView(new ArrayBuffer(4));

/**
 * Decodes one message without copying: byte fields become spans. Unknown fields are skipped.
 * @throws GraphError 'malformed' with the byte offset; 'limit' on nesting beyond 64 or more than 20 million messages
 */
export function decode(fields: Fields, { source, offset, length }: Span): Message {
  let messages = 0;
  const cursor: Cursor = { at: offset, window: new Uint8Array(0), start: 0 };
  return read(fields, offset + length, 0);

  function read(of: Fields, end: number, depth: number): Message {
    if (depth > MAX_DEPTH) throw new GraphError('limit', `the file nests messages more than ${MAX_DEPTH} deep`);
    if (++messages > MAX_MESSAGES) throw new GraphError('limit', `the file holds more than ${MAX_MESSAGES} messages`);
    const result: Message = {};
    while (cursor.at < end) {
      const start = cursor.at;
      const tag = Number(varint(source, cursor, end));
      const [number, wire] = [Math.floor(tag / 8), tag % 8];
      if (number < 1 || number > 0x1fffffff) broken('a field without a number', start);
      const field = of.get(number);
      if (wire === 0) {
        const value = varint(source, cursor, end);
        if (field?.kind === 'varint') result[field.name] = value;
        else if (field?.kind === 'varints') push(result, field.name, value);
        else if (field) broken(`field ${field.name} of the wrong type`, start);
      } else if (wire === 2) delimited(result, field, end, start, depth);
      else if (wire === 5 || wire === 1) fixed(result, field, wire === 5 ? 4 : 8, end, start);
      else broken(`wire type ${wire}`, start);
    }
    return result;
  }

  function delimited(result: Message, field: Field | undefined, end: number, start: number, depth: number): void {
    const size = varint(source, cursor, end);
    if (typeof size !== 'number' || size < 0 || cursor.at + size > end)
      return void broken(`a field of ${size} bytes that does not fit`, start);
    const stop = cursor.at + size;
    const span = { source, offset: cursor.at, length: size };
    switch (field?.kind) {
      case undefined:
        break;
      case 'message':
        result[field!.name] = read(field!.message!(), stop, depth + 1);
        break;
      case 'messages':
        push(result, field.name, read(field.message!(), stop, depth + 1));
        break;
      case 'string':
        result[field.name] = text(span);
        break;
      case 'strings':
        push(result, field.name, text(span));
        break;
      case 'bytes':
        result[field.name] = span;
        break;
      case 'bytesList':
        push(result, field.name, span);
        break;
      case 'varints':
        while (cursor.at < stop) push(result, field.name, varint(source, cursor, stop));
        break;
      case 'floats':
      case 'doubles':
        if (size % (field.kind === 'floats' ? 4 : 8) !== 0) broken(`packed field ${field.name} cut short`, start);
        push(result, field.name, span);
        break;
      default:
        broken(`field ${field!.name} of the wrong type`, start);
    }
    cursor.at = stop;
  }

  function fixed(result: Message, field: Field | undefined, width: 4 | 8, end: number, start: number): void {
    if (cursor.at + width > end) broken('a number runs past the end of its message', start);
    if (field?.kind === 'float' && width === 4) {
      for (let i = 0; i < 4; i++) floatBits.setUint8(i, byte(source, cursor, end));
      result[field.name] = floatBits.getFloat32(0, true);
      return;
    }
    if ((field?.kind === 'floats' && width === 4) || (field?.kind === 'doubles' && width === 8))
      push(result, field.name, { source, offset: cursor.at, length: width });
    else if (field) broken(`field ${field.name} of the wrong type`, start);
    cursor.at += width;
  }

  function text({ offset: at, length: size }: Span): string {
    if (size > 1 << 24) return broken('a text of more than 16 MB', at);
    try {
      return utf8.decode(source.read(at, size));
    } catch {
      return broken('a text that is not UTF-8', at);
    }
  }
}

function push(result: Message, name: string, value: unknown): void {
  const list = result[name] as unknown[] | undefined;
  if (list === undefined) result[name] = [value];
  else list.push(value);
}

/** Bytes above this size are handed on instead of copied. */
const LARGE = 4096;
const encoder = new TextEncoder();

const varintSize = (value: number | bigint): number => {
  if (value < 0) return 10;
  let size = 1;
  if (typeof value === 'bigint') for (let v = value; v > 127n; v >>= 7n) size++;
  else for (let v = value; v > 127; v = Math.floor(v / 128)) size++;
  return size;
};
const ascii = /^[\x00-\x7f]*$/;
const textSize = (text: string): number => (ascii.test(text) ? text.length : encoder.encode(text).length);

/** Encodes a message, fields in the order of their numbers: the same message, the same bytes. Large byte fields are handed on, not copied. */
export function encode(fields: Fields, message: Message): readonly Uint8Array[] {
  const sizes = new Map<Message, number>();
  let handedOn = 0;
  const total = measure(fields, message);
  const chunks: Uint8Array[] = [];
  let buffer = new Uint8Array(total - handedOn);
  let at = 0;
  write(fields, message);
  flush();
  return chunks;

  function measure(of: Fields, value: Message): number {
    let size = 0;
    for (const [number, field] of ordered(of)) {
      for (const item of items(value[field.name], field.kind)) {
        if (field.message) measure(field.message(), item as Message);
        else if (isBytes(field.kind) && (item as Span).length >= LARGE) handedOn += (item as Span).length;
        const body = bodySize(field, item);
        size += varintSize(number * 8) + (isDelimited(field.kind) ? varintSize(body) : 0) + body;
      }
    }
    sizes.set(value, size);
    return size;
  }

  function bodySize({ kind }: Field, item: unknown): number {
    if (kind === 'varint') return varintSize(item as number);
    if (kind === 'float') return 4;
    if (kind === 'message' || kind === 'messages') return sizes.get(item as Message)!;
    if (kind === 'string' || kind === 'strings') return textSize(item as string);
    if (kind === 'varints') return (item as readonly (number | bigint)[]).reduce<number>((sum, v) => sum + varintSize(v), 0);
    return (item as Span).length;
  }

  function write(of: Fields, value: Message): void {
    for (const [number, field] of ordered(of)) {
      for (const item of items(value[field.name], field.kind)) {
        put(number * 8 + (field.kind === 'varint' ? 0 : field.kind === 'float' ? 5 : 2));
        if (isDelimited(field.kind)) put(bodySize(field, item));
        body(field, item);
      }
    }
  }

  function body(field: Field, item: unknown): void {
    if (field.message) write(field.message(), item as Message);
    else if (isBytes(field.kind)) bytes(item as Span);
    else if (field.kind === 'varint') put(item as number | bigint);
    else if (field.kind === 'varints') (item as readonly (number | bigint)[]).forEach(put);
    else if (field.kind === 'float') {
      floatBits.setFloat32(0, item as number, true);
      for (let i = 0; i < 4; i++) buffer[at++] = floatBits.getUint8(i);
    } else at += encoder.encodeInto(item as string, buffer.subarray(at)).written;
  }

  function bytes({ source, offset, length }: Span): void {
    const content = source.read(offset, length);
    if (length < LARGE) {
      buffer.set(content, at);
      at += length;
    } else {
      flush();
      chunks.push(content);
    }
  }

  function flush(): void {
    if (at > 0) chunks.push(buffer.subarray(0, at));
    buffer = buffer.subarray(at);
    at = 0;
  }

  function put(value: number | bigint): void {
    let rest = value < 0 ? BigInt.asUintN(64, BigInt(value)) : value;
    if (typeof rest === 'bigint') {
      for (; rest > 127n; rest >>= 7n) buffer[at++] = Number(rest & 127n) | 128;
      buffer[at++] = Number(rest);
      return;
    }
    for (; rest > 127; rest = Math.floor(rest / 128)) buffer[at++] = (rest % 128) | 128;
    buffer[at++] = rest;
  }
}

const isBytes = (kind: Kind): boolean => kind === 'bytes' || kind === 'bytesList' || kind === 'floats' || kind === 'doubles';
const isDelimited = (kind: Kind): boolean => kind !== 'varint' && kind !== 'float';

const orders = new WeakMap<Fields, readonly (readonly [number, Field])[]>();
function ordered(fields: Fields): readonly (readonly [number, Field])[] {
  let order = orders.get(fields);
  if (order === undefined) orders.set(fields, (order = [...fields].toSorted(([a], [b]) => a - b)));
  return order;
}

/** The occurrences of a field: one each, except that integers are packed together. */
function items(value: unknown, kind: Kind): readonly unknown[] {
  if (value === undefined) return [];
  if (kind === 'varints') return (value as readonly unknown[]).length === 0 ? [] : [value];
  return Array.isArray(value) ? value : [value];
}
