import { cellOf, type Cell } from '../table.js';
import { int64At } from './flatbuffer.js';
import type { ArrowField, ArrowType } from './types.js';

/** What a batch holds of one column. */
export interface Stored {
  readonly length: number;
  readonly buffers: readonly Uint8Array[];
}

/** Cells of a column by row. @throws RangeError where the buffers are shorter than they should be */
export function cellsOf(
  { type, dictionary }: ArrowField,
  stored: Stored,
  words: (id: number) => (row: number) => Cell,
): (row: number) => Cell {
  const read = valuesOf(dictionary?.index ?? type, stored);
  const [validity] = stored.buffers;
  const bound = (row: number): Cell => {
    if (row >= stored.length) throw new RangeError('a batch has fewer values than rows');
    if (validity !== undefined && validity.length > 0 && type.kind !== 'null' && !bit(validity, row)) return null;
    return read(row);
  };
  if (dictionary === undefined) return bound;
  const word = words(dictionary.id);
  return (row) => {
    const index = bound(row);
    return index === null ? null : word(index as number);
  };
}

const bit = (bytes: Uint8Array, row: number): boolean => ((checked(bytes[row >> 3]) >> (row & 7)) & 1) === 1;

function checked<T>(value: T | undefined): T {
  if (value === undefined) throw new RangeError('a batch ends before its values do');
  return value;
}

const viewOf = (bytes: Uint8Array = new Uint8Array(0)): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Values of one kind, as cells. */
function valuesOf(type: ArrowType, { buffers }: Stored): (row: number) => Cell {
  const [, first, second] = buffers;
  const view = viewOf(first);
  switch (type.kind) {
    case 'null':
      return () => null;
    case 'bool':
      return (row) => bit(first!, row);
    case 'int':
      return intsOf(view, type);
    case 'float':
      return type.bits === 64
        ? (row) => view.getFloat64(8 * row, true)
        : type.bits === 32
          ? (row) => view.getFloat32(4 * row, true)
          : (row) => half(view.getUint16(2 * row, true));
    case 'decimal':
      return (row) => decimal(view, row, type.bits) / 10 ** type.scale;
    case 'time':
      return (row) =>
        cellOf(
          new Date(type.bits === 32 ? view.getInt32(4 * row, true) * type.unitMs : Number(view.getBigInt64(8 * row, true)) * type.unitMs),
        );
    case 'text':
      return (row) => textBetween(second, view.getInt32(4 * row, true), view.getInt32(4 * row + 4, true));
    case 'large text':
      return (row) => textBetween(second, int64At(view, 8 * row), int64At(view, 8 * row + 8));
    case 'text view':
      return (row) => viewed(view, row, buffers.slice(2));
    case 'other':
      return () => OTHER;
  }
}

/** What stands for lists, records and bytes. */
const OTHER = '(no number or text)';

function intsOf(view: DataView, { bits, signed }: Extract<ArrowType, { kind: 'int' }>): (row: number) => Cell {
  if (bits === 64) return (row) => cellOf(signed ? view.getBigInt64(8 * row, true) : view.getBigUint64(8 * row, true));
  if (bits === 32) return signed ? (row) => view.getInt32(4 * row, true) : (row) => view.getUint32(4 * row, true);
  if (bits === 16) return signed ? (row) => view.getInt16(2 * row, true) : (row) => view.getUint16(2 * row, true);
  return signed ? (row) => view.getInt8(row) : (row) => view.getUint8(row);
}

function half(bits: number): number {
  const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

function decimal(view: DataView, row: number, bits: number): number {
  const words = bits / 64;
  let value = 0n;
  for (let i = 0; i < words; i++) value |= view.getBigUint64(8 * (row * words + i), true) << BigInt(64 * i);
  return Number(BigInt.asIntN(bits, value));
}

const decoder = new TextDecoder();
function textBetween(bytes: Uint8Array | undefined, start: number, end: number): string {
  if (start < 0 || end < start || end > (bytes?.length ?? 0)) throw new RangeError('a text lies outside its batch');
  return decoder.decode(bytes?.subarray(start, end));
}

/** Up to twelve bytes stand in the view itself; others in one of several buffers. */
function viewed(view: DataView, row: number, buffers: readonly Uint8Array[]): string {
  const at = 16 * row;
  const length = view.getInt32(at, true);
  if (length <= 12) return textBetween(new Uint8Array(view.buffer, view.byteOffset + at + 4, Math.max(0, length)), 0, length);
  const start = view.getInt32(at + 12, true);
  return textBetween(buffers[view.getInt32(at + 8, true)], start, start + length);
}
