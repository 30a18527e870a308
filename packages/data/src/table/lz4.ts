import { DataError } from '../error.js';

const MAGIC = 0x184d2204;
/** Flags of a frame's descriptor. */
const [BLOCK_CHECKSUMS, CONTENT_SIZE, DICTIONARY] = [0x10, 0x08, 0x01];
const STORED = 0x80000000;
const SHORTEST_MATCH = 4;

/** Unpacks a frame of LZ4. Checksums are not compared. @throws DataError 'malformed'. LZ4 frame format 1.6.4 and block format */
export function lz4Frame(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 7 || view.getUint32(0, true) !== MAGIC) throw bad();
  const flags = bytes[4]!;
  let at = 7 + (flags & CONTENT_SIZE ? 8 : 0) + (flags & DICTIONARY ? 4 : 0);
  const out = growing(bytes.length * 3);
  for (;;) {
    if (at + 4 > bytes.length) throw bad();
    const size = view.getUint32(at, true);
    if (size === 0) return out.taken();
    const [start, end] = [at + 4, at + 4 + (size & ~STORED)];
    if (end > bytes.length || end < start) throw bad();
    if (size >= STORED) out.push(bytes.subarray(start, end));
    else block(bytes.subarray(start, end), out);
    at = end + (flags & BLOCK_CHECKSUMS ? 4 : 0);
  }
}

const bad = (): DataError => new DataError('malformed', 'its LZ4 compression is damaged');

/** Literals and matches in turn. A match may reach into what it writes. */
function block(bytes: Uint8Array, out: Growing): void {
  let at = 0;
  const long = (start: number): number => {
    if (start < 15) return start;
    let [length, more] = [start, 255];
    while (more === 255) {
      if (at >= bytes.length) throw bad();
      length += more = bytes[at++]!;
    }
    return length;
  };
  while (at < bytes.length) {
    const token = bytes[at++]!;
    const literals = long(token >> 4);
    if (at + literals > bytes.length) throw bad();
    out.push(bytes.subarray(at, (at += literals)));
    if (at === bytes.length) return;
    if (at + 2 > bytes.length) throw bad();
    const offset = bytes[at]! | (bytes[at + 1]! << 8);
    at += 2;
    out.repeat(offset, long(token & 15) + SHORTEST_MATCH);
  }
}

interface Growing {
  push(bytes: Uint8Array): void;
  repeat(offset: number, length: number): void;
  taken(): Uint8Array;
}

function growing(first: number): Growing {
  let [bytes, size] = [new Uint8Array(first), 0];
  const room = (more: number): void => {
    if (size + more <= bytes.length) return;
    const larger = new Uint8Array(Math.max(2 * bytes.length, size + more));
    larger.set(bytes.subarray(0, size));
    bytes = larger;
  };
  return {
    push(given) {
      room(given.length);
      bytes.set(given, size);
      size += given.length;
    },
    repeat(offset, length) {
      if (offset === 0 || offset > size) throw bad();
      room(length);
      for (let i = 0; i < length; i++, size++) bytes[size] = bytes[size - offset]!;
    },
    taken: () => bytes.subarray(0, size),
  };
}
