import { inflateSync } from 'fflate';

/** One file in a ZIP archive, still packed. */
export interface ZipEntry {
  readonly name: string;
  readonly method: number;
  readonly encrypted: boolean;
  readonly crc: number;
  readonly packedSize: number;
  readonly size: number;
  /** Byte of the local header. */
  readonly at: number;
}

/** Why an archive cannot be read: turned into a DataError that names the file by whoever knows it. */
export class ZipFault extends Error {}

const fault = (what: string): never => {
  throw new ZipFault(what);
};

const END = 0x06054b50;
const END64 = 0x06064b50;
const LOCATOR64 = 0x07064b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const IN_EXTRA = 0xffff_ffff;
const MAX_COMMENT = 65_535;
/** Deflate cannot do better; what claims more is a bomb or damaged. */
const MAX_RATIO = 1032;

/** The archive's list of contents, ZIP64 too. Nothing is unpacked. @throws ZipFault */
export function zipEntries(bytes: Uint8Array, limit: number): readonly ZipEntry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    return listed(bytes, view, limit);
  } catch (cause) {
    if (cause instanceof RangeError) return fault('it is cut short');
    throw cause;
  }
}

function listed(bytes: Uint8Array, view: DataView, limit: number): readonly ZipEntry[] {
  let end = bytes.length - 22;
  while (end >= 0 && end >= bytes.length - 22 - MAX_COMMENT && view.getUint32(end, true) !== END) end--;
  if (end < 0 || view.getUint32(end, true) !== END) return fault('its table of contents is missing');
  let [count, at] = [view.getUint16(end + 10, true), view.getUint32(end + 16, true)];
  if (end >= 20 && view.getUint32(end - 20, true) === LOCATOR64) {
    const end64 = big(view, end - 12);
    if (view.getUint32(end64, true) !== END64) return fault('its table of contents is damaged');
    [count, at] = [big(view, end64 + 32), big(view, end64 + 48)];
  }
  if (count > limit) return fault(`it lists ${count} arrays, more than the ${limit} that are read`);
  const entries: ZipEntry[] = [];
  for (let i = 0; i < count; i++) {
    if (view.getUint32(at, true) !== CENTRAL) return fault('its table of contents is damaged');
    const [nameLength, extra, comment] = [28, 30, 32].map((k) => view.getUint16(at + k, true)) as [number, number, number];
    entries.push({
      name: new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength)),
      method: view.getUint16(at + 10, true),
      encrypted: (view.getUint16(at + 8, true) & 1) === 1,
      crc: view.getUint32(at + 16, true),
      ...sizes(view, at, at + 46 + nameLength, extra),
    });
    at += 46 + nameLength + extra + comment;
  }
  return entries;
}

const big = (view: DataView, at: number): number => Number(view.getBigUint64(at, true));

/** Size, packed size and place: from the ZIP64 field, in this order, where they do not fit 32 bits. */
function sizes(view: DataView, at: number, extraAt: number, extraLength: number): Pick<ZipEntry, 'size' | 'packedSize' | 'at'> {
  const small = [24, 20, 42].map((k) => view.getUint32(at + k, true));
  let field = extraAt;
  while (field + 4 <= extraAt + extraLength && view.getUint16(field, true) !== 1) field += 4 + view.getUint16(field + 2, true);
  let next = field + 4;
  const [size, packedSize, local] = small.map((value) => {
    if (value !== IN_EXTRA) return value;
    next += 8;
    return next <= extraAt + extraLength ? big(view, next - 8) : fault('its table of contents is damaged');
  }) as [number, number, number];
  return { size, packedSize, at: local };
}

/** Unpacks one entry and checks it against its checksum. @throws ZipFault */
export function unpacked(bytes: Uint8Array, { name, method, encrypted, crc, packedSize, size, at }: ZipEntry): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (encrypted) return fault(`${name} is encrypted`);
  if (method !== 0 && method !== 8) return fault(`${name} is packed by method ${method}, and only stored and deflated ones are read`);
  if (at + 30 > bytes.length || view.getUint32(at, true) !== LOCAL) return fault(`${name} is not where the table of contents says`);
  const start = at + 30 + view.getUint16(at + 26, true) + view.getUint16(at + 28, true);
  if (start + packedSize > bytes.length) return fault(`${name} is cut short`);
  if (method === 0 ? size !== packedSize : size > packedSize * MAX_RATIO + MAX_RATIO) return fault(`${name} has an impossible size`);
  const packed = bytes.subarray(start, start + packedSize);
  let content = packed;
  if (method === 8) {
    try {
      content = inflateSync(packed, { out: new Uint8Array(size) });
    } catch {
      return fault(`${name} is damaged`);
    }
  }
  if (content.length !== size || crc32(content) !== crc) return fault(`${name} is damaged (its checksum differs)`);
  return content;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});

function crc32(bytes: Uint8Array): number {
  let c = -1;
  for (let i = 0; i < bytes.length; i++) c = CRC_TABLE[(c ^ bytes[i]!) & 255]! ^ (c >>> 8);
  return (c ^ -1) >>> 0;
}
