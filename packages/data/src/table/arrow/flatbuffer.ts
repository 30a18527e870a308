/** A record within a flatbuffer. Whatever its offsets say, nothing is read outside the bytes: a RangeError says so. */
export interface Fields {
  /** Numbers, by the slot of the field; `fallback` where it is left out. */
  int8(slot: number, fallback: number): number;
  int16(slot: number, fallback: number): number;
  int32(slot: number, fallback: number): number;
  int64(slot: number, fallback: number): number;
  text(slot: number): string;
  record(slot: number): Fields | undefined;
  records(slot: number): readonly Fields[];
  /** Numbers of eight bytes that stand one behind the other, so many for each entry. */
  int64s(slot: number, each: number): readonly number[];
}

/** The root of a flatbuffer. flatbuffers.dev/internals */
export const rootOf = (bytes: Uint8Array): Fields => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return fieldsAt(view, view.getUint32(0, true));
};

function fieldsAt(view: DataView, at: number): Fields {
  const table = at - view.getInt32(at, true);
  const size = view.getUint16(table, true);
  /** Where a field stands; 0 where it is left out. */
  const place = (slot: number): number => {
    const entry = 4 + 2 * slot;
    const offset = entry + 2 <= size ? view.getUint16(table + entry, true) : 0;
    return offset === 0 ? 0 : at + offset;
  };
  const number =
    (read: (at: number) => number) =>
    (slot: number, fallback: number): number => {
      const found = place(slot);
      return found === 0 ? fallback : read(found);
    };
  /** The start and the length of a list. */
  const list = (slot: number, width: number): readonly [start: number, count: number] => {
    const found = place(slot);
    if (found === 0) return [0, 0];
    const start = found + view.getUint32(found, true);
    const count = view.getUint32(start, true);
    if (start + 4 + count * width > view.byteLength) throw new RangeError('a list is longer than what holds it');
    return [start + 4, count];
  };
  return {
    int8: number((p) => view.getInt8(p)),
    int16: number((p) => view.getInt16(p, true)),
    int32: number((p) => view.getInt32(p, true)),
    int64: number((p) => int64At(view, p)),
    text(slot) {
      const [start, count] = list(slot, 1);
      return new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array(view.buffer, view.byteOffset + start, count));
    },
    record(slot) {
      const found = place(slot);
      return found === 0 ? undefined : fieldsAt(view, found + view.getUint32(found, true));
    },
    records(slot) {
      const [start, count] = list(slot, 4);
      return Array.from({ length: count }, (_, i) => {
        const entry = start + 4 * i;
        return fieldsAt(view, entry + view.getUint32(entry, true));
      });
    },
    int64s(slot, each) {
      const [start, count] = list(slot, 8 * each);
      return Array.from({ length: count * each }, (_, i) => int64At(view, start + 8 * i));
    },
  };
}

/** Offsets and lengths: what no number can hold is beyond any file. */
export function int64At(view: DataView, at: number): number {
  const value = Number(view.getBigInt64(at, true));
  if (!Number.isSafeInteger(value)) throw new RangeError('a length is beyond all bounds');
  return value;
}
