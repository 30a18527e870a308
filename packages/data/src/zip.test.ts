import { expect, test } from 'vitest';
import { unpacked, zipEntries, ZipFault } from './zip.js';

const CONTENT = Uint8Array.from('vitrine', (c) => c.charCodeAt(0));
const CRC = 0x71eb69b4;

const little = (value: number, bytes: number): readonly number[] =>
  Array.from({ length: bytes }, (_, k) => Math.floor(value / 256 ** k) % 256);
const IN_EXTRA = little(0xffff_ffff, 4);

interface Zip64 {
  readonly size?: number;
  readonly extra?: readonly number[];
  readonly end?: number;
}

/** An archive of one stored file whose sizes and places are written in ZIP64's fields alone, as of files beyond 4 GB. */
function zip64({ size = CONTENT.length, extra, end }: Zip64 = {}): Uint8Array {
  const name = [0x61];
  const local = [...little(0x04034b50, 4), ...little(0, 22), ...little(name.length, 2), ...little(0, 2), ...name, ...CONTENT];
  const field = extra ?? [...little(1, 2), ...little(24, 2), ...little(size, 8), ...little(CONTENT.length, 8), ...little(0, 8)];
  const before = [...little(0x02014b50, 4), ...little(0, 12), ...little(CRC, 4), ...IN_EXTRA, ...IN_EXTRA];
  const central = [...before, ...little(1, 2), ...little(field.length, 2), ...little(0, 10), ...IN_EXTRA, ...name, ...field];
  const at = local.length + central.length;
  const end64 = [...little(0x06064b50, 4), ...little(44, 8), ...little(0, 12), ...little(1, 8), ...little(1, 8), ...little(0, 8)];
  const locator = [...little(0x07064b50, 4), ...little(0, 4), ...little(end ?? at, 8), ...little(1, 4)];
  const tail = [
    ...little(0x06054b50, 4),
    ...little(0, 4),
    ...little(0xffff, 2),
    ...little(0xffff, 2),
    ...IN_EXTRA,
    ...IN_EXTRA,
    ...little(0, 2),
  ];
  return Uint8Array.from([...local, ...central, ...end64, ...little(local.length, 8), ...locator, ...tail]);
}

test('sizes and places beyond 32 bits are read from the ZIP64 fields', () => {
  const archive = zip64();
  const [entry] = zipEntries(archive, 1);
  expect(entry).toEqual({ name: 'a', method: 0, encrypted: false, crc: CRC, packedSize: 7, size: 7, at: 0 });
  expect(unpacked(archive, entry!)).toEqual(CONTENT);
});

test.each<[string, Zip64, string]>([
  ['a size of 8 exabytes', { size: 2 ** 63 }, 'a has an impossible size'],
  ['no ZIP64 field', { extra: [] }, 'its table of contents is damaged'],
  ['a ZIP64 field that is cut', { extra: [...little(1, 2), ...little(8, 2), ...little(7, 8)] }, 'its table of contents is damaged'],
  ['a table of contents beyond the file', { end: 1e15 }, 'it is cut short'],
  ['a table of contents that is none', { end: 0 }, 'its table of contents is damaged'],
])('%s is refused', (_, what, message) =>
  expect(() => zipEntries(zip64(what), 1).map((entry) => unpacked(zip64(what), entry))).toThrow(new ZipFault(message)),
);

test('a comment at the end hides no table of contents', () => {
  const archive = zip64();
  const commented = Uint8Array.from([...archive.subarray(0, -2), ...little(300, 2), ...new Uint8Array(300)]);
  expect(zipEntries(commented, 1)).toEqual(zipEntries(archive, 1));
});
