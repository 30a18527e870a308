import type { Span } from './source.js';
import type { Field, Fields, Kind, Message } from './wire.js';

/** Bytes above this size are handed on instead of copied. */
const LARGE = 4096;

const encoder = new TextEncoder();
const floatBits = new DataView(new ArrayBuffer(4));

const kept = new WeakMap<Message, Uint8Array>();

/** Encodes a message that will be part of many, once for all of them. It must not change from here on. */
export function keepEncoded<M extends Message>(fields: Fields, message: M): M {
  kept.set(message, joinedBytes(encode(fields, message)));
  return message;
}

/** Encodes a message, fields in the order of their numbers: the same message, the same bytes. Large byte fields are handed on, not copied. */
export function encode(fields: Fields, message: Message): readonly Uint8Array[] {
  const sizes = new Map<Message, number>();
  const total = measure(fields, message, sizes);
  const chunks: Uint8Array[] = [];
  let buffer = new Uint8Array(total.copied);
  let at = 0;
  write(fields, message);
  flush();
  return chunks;

  function write(of: Fields, value: Message): void {
    for (const [number, field] of ordered(of)) {
      for (const item of occurrences(value[field.name], field.kind)) {
        put(number * 8 + wireType(field.kind));
        if (wireType(field.kind) === 2) put(bodySize(field, item, sizes));
        body(field, item);
      }
    }
  }

  function body({ kind, message: inner }: Field, item: unknown): void {
    if (inner !== undefined) {
      const known = kept.get(item as Message);
      if (known === undefined) write(inner(), item as Message);
      else bytes(known);
    } else if (isBytes(kind)) bytes(contentOf(item as Span));
    else if (kind === 'varint') put(item as number | bigint);
    else if (kind === 'varints') (item as readonly (number | bigint)[]).forEach(put);
    else if (kind === 'float') float(item as number);
    else text(item as string);
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

  function float(value: number): void {
    floatBits.setFloat32(0, value, true);
    for (let i = 0; i < 4; i++) buffer[at++] = floatBits.getUint8(i);
  }

  function text(value: string): void {
    at += encoder.encodeInto(value, buffer.subarray(at)).written;
  }

  function bytes(content: Uint8Array): void {
    if (content.length >= LARGE) {
      flush();
      chunks.push(content);
      return;
    }
    buffer.set(content, at);
    at += content.length;
  }

  function flush(): void {
    if (at > 0) chunks.push(buffer.subarray(0, at));
    buffer = buffer.subarray(at);
    at = 0;
  }
}

const contentOf = ({ source, offset, length }: Span): Uint8Array => source.read(offset, length);

interface Total {
  /** Bytes of the encoded message. */
  readonly size: number;
  /** Those of them that are not handed on. */
  readonly copied: number;
}

/** Measures a message and, into `sizes`, every message in it: lengths stand before what they measure. */
function measure(fields: Fields, message: Message, sizes: Map<Message, number>): Total {
  const known = kept.get(message);
  if (known !== undefined) {
    sizes.set(message, known.length);
    return { size: known.length, copied: known.length >= LARGE ? 0 : known.length };
  }
  let [size, copied] = [0, 0];
  for (const [number, field] of ordered(fields)) {
    for (const item of occurrences(message[field.name], field.kind)) {
      const inner = field.message && measure(field.message(), item as Message, sizes);
      const body = bodySize(field, item, sizes);
      const head = varintSize(number * 8) + (wireType(field.kind) === 2 ? varintSize(body) : 0);
      size += head + body;
      copied += head + (inner?.copied ?? (isBytes(field.kind) && body >= LARGE ? 0 : body));
    }
  }
  sizes.set(message, size);
  return { size, copied };
}

function bodySize({ kind, message }: Field, item: unknown, sizes: ReadonlyMap<Message, number>): number {
  if (message !== undefined) return sizes.get(item as Message)!;
  if (kind === 'varint') return varintSize(item as number | bigint);
  if (kind === 'varints') return (item as readonly (number | bigint)[]).reduce<number>((sum, v) => sum + varintSize(v), 0);
  if (kind === 'float') return 4;
  return isBytes(kind) ? (item as Span).length : textSize(item as string);
}

function varintSize(value: number | bigint): number {
  if (value < 0) return 10;
  let size = 1;
  if (typeof value === 'bigint') for (let v = value; v > 127n; v >>= 7n) size++;
  else for (let v = value; v > 127; v = Math.floor(v / 128)) size++;
  return size;
}

// Nearly all text is ASCII, whose size is its length.
const beyondAscii = /[^\p{ASCII}]/u;
const textSize = (text: string): number => (beyondAscii.test(text) ? encoder.encode(text).length : text.length);

const isBytes = (kind: Kind): boolean =>
  kind === 'bytes' || kind === 'bytesList' || kind === 'integers' || kind === 'floats' || kind === 'doubles';
const wireType = (kind: Kind): 0 | 2 | 5 => (kind === 'varint' ? 0 : kind === 'float' ? 5 : 2);

const orders = new WeakMap<Fields, readonly (readonly [number, Field])[]>();
function ordered(fields: Fields): readonly (readonly [number, Field])[] {
  let order = orders.get(fields);
  if (order === undefined) orders.set(fields, (order = [...fields].toSorted(([a], [b]) => a - b)));
  return order;
}

/** What a field is written for: once for each value, except that integers are packed together. */
function occurrences(value: unknown, kind: Kind): readonly unknown[] {
  if (value === undefined) return [];
  if (kind === 'varints') return (value as readonly unknown[]).length === 0 ? [] : [value];
  return Array.isArray(value) ? value : [value];
}

/** Chunks as one array. */
export function joinedBytes(chunks: readonly Uint8Array[]): Uint8Array {
  if (chunks.length === 1) return chunks[0]!;
  const bytes = new Uint8Array(chunks.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}
