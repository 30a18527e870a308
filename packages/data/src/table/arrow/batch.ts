import { lz4Frame } from '../lz4.js';
import type { Stored } from './column.js';
import { int64At, type Fields } from './flatbuffer.js';
import type { ArrowField } from './types.js';

/** Codecs by their number in Message.fbs. */
const LZ4 = 0;
const NOT_COMPRESSED = -1;

/** A batch is compressed by what is not read here. */
export class CompressedError extends RangeError {}

/** What a record batch holds of each column, columns within columns left out. @throws RangeError where it is damaged */
export function storedIn(batch: Fields, body: Uint8Array, fields: readonly ArrowField[]): readonly Stored[] {
  const nodes = batch.int64s(1, 2);
  const places = batch.int64s(2, 2);
  const counts = batch.int64s(4, 1);
  const codec = batch.record(3);
  if (codec !== undefined && codec.int8(0, LZ4) !== LZ4) throw new CompressedError('zstd');
  const next = { node: 0, buffer: 0, count: 0 };
  const buffer = (): Uint8Array => {
    const i = 2 * next.buffer++;
    const [offset, length] = [places[i], places[i + 1]];
    if (offset === undefined || length === undefined || offset < 0 || length < 0 || offset + length > body.length)
      throw new RangeError('a buffer lies outside its batch');
    const bytes = body.subarray(offset, offset + length);
    return codec === undefined || length === 0 ? bytes : unpacked(bytes);
  };
  const stored = (field: ArrowField): Stored => {
    const length = nodes[2 * next.node++];
    if (length === undefined || length < 0) throw new RangeError('a column has no length');
    const more = field.variadic ? (counts[next.count++] ?? 0) : 0;
    if (more < 0 || more > places.length) throw new RangeError('a column has too many buffers');
    const buffers = Array.from({ length: field.buffers + more }, buffer);
    field.children.forEach(stored);
    return { length, buffers };
  };
  return fields.map(stored);
}

/** In front of a packed buffer stands its length as it was. */
function unpacked(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return int64At(view, 0) === NOT_COMPRESSED ? bytes.subarray(8) : lz4Frame(bytes.subarray(8));
}
