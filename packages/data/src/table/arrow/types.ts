import type { Fields } from './flatbuffer.js';

/** What a column is made of. */
export type ArrowType =
  | { readonly kind: 'null' | 'bool' | 'text' | 'large text' | 'text view' | 'other' }
  | { readonly kind: 'int'; readonly bits: 8 | 16 | 32 | 64; readonly signed: boolean }
  | { readonly kind: 'float'; readonly bits: 16 | 32 | 64 }
  | { readonly kind: 'decimal'; readonly scale: number; readonly bits: number }
  /** Days, or parts of a second: so many milliseconds each. */
  | { readonly kind: 'time'; readonly bits: 32 | 64; readonly unitMs: number };

/** A column, and the parts it consists of in the file. */
export interface ArrowField {
  readonly name: string;
  readonly type: ArrowType;
  /** Buffers of its own, without those of what it holds. */
  readonly buffers: number;
  /** Whether it has buffers beyond these, counted in each batch. */
  readonly variadic: boolean;
  readonly children: readonly ArrowField[];
  /** Where its values stand in a dictionary: which, and what points into it. */
  readonly dictionary?: { readonly id: number; readonly index: ArrowType };
}

const DEEPEST = 16;
const OTHER = { kind: 'other' } as const;

/** Types by their number in Schema.fbs: buffers, and what is known of them. */
const TYPES: { readonly [number: number]: readonly [buffers: number, type: (fields: Fields | undefined) => ArrowType] } = {
  1: [0, () => ({ kind: 'null' })],
  2: [2, intOf],
  3: [2, (f) => ({ kind: 'float', bits: ([16, 32, 64] as const)[f?.int16(0, 0) ?? 0] ?? 64 })],
  4: [3, () => OTHER], // Binary
  5: [3, () => ({ kind: 'text' })],
  6: [2, () => ({ kind: 'bool' })],
  7: [2, (f) => ({ kind: 'decimal', scale: f?.int32(1, 0) ?? 0, bits: f?.int32(2, 128) ?? 128 })],
  8: [2, (f) => ((f?.int16(0, 1) ?? 1) === 0 ? { kind: 'time', bits: 32, unitMs: 86_400_000 } : { kind: 'time', bits: 64, unitMs: 1 })],
  9: [2, () => OTHER], // Time of day
  10: [2, (f) => ({ kind: 'time', bits: 64, unitMs: [1000, 1, 1e-3, 1e-6][f?.int16(0, 0) ?? 0] ?? 1 })],
  11: [2, () => OTHER], // Interval
  12: [2, () => OTHER], // List
  13: [1, () => OTHER], // Struct
  15: [2, () => OTHER], // FixedSizeBinary
  16: [1, () => OTHER], // FixedSizeList
  17: [2, () => OTHER], // Map
  18: [2, () => OTHER], // Duration
  19: [3, () => OTHER], // LargeBinary
  20: [3, () => ({ kind: 'large text' })],
  21: [2, () => OTHER], // LargeList
  23: [2, () => OTHER], // BinaryView
  24: [2, () => ({ kind: 'text view' })],
};
const VIEWS: ReadonlySet<number> = new Set([23, 24]);

/** Columns of a schema. @throws RangeError where it is damaged */
export const fieldsOf = (schema: Fields): readonly ArrowField[] => schema.records(1).map((field) => fieldOf(field, 0));

function fieldOf(field: Fields, depth: number): ArrowField {
  const number = field.int8(2, 0);
  const row = TYPES[number];
  if (row === undefined || depth > DEEPEST) throw new RangeError(`a column is of a type that is not read (${number})`);
  const [buffers, type] = row;
  const coding = field.record(4);
  // A dictionary's own values come in batches of their own.
  const dictionary = coding && { id: coding.int64(0, 0), index: intOf(coding.record(1)) };
  return {
    name: field.text(0),
    type: type(field.record(3)),
    buffers: dictionary === undefined ? buffers : 2,
    variadic: dictionary === undefined && VIEWS.has(number),
    children: dictionary === undefined ? field.records(5).map((child) => fieldOf(child, depth + 1)) : [],
    ...(dictionary && { dictionary }),
  };
}

/** Indices of dictionaries are signed 32-bit numbers unless said otherwise. */
function intOf(fields: Fields | undefined): ArrowType {
  const bits = fields?.int32(0, 0) || 32;
  if (bits !== 8 && bits !== 16 && bits !== 32 && bits !== 64) throw new RangeError(`whole numbers of ${bits} bits are not read`);
  return { kind: 'int', bits, signed: fields === undefined || fields.int8(1, 0) !== 0 };
}
