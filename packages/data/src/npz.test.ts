import { readFileSync } from 'node:fs';
import { zipSync } from 'fflate';
import type { Tensor } from '@vitrine/ir';
import { expect, test } from 'vitest';
import { DataError } from './error.js';
import { writeNpy } from './npy.js';
import { readNpz, writeNpz } from './npz.js';
import { random } from './random.js';

const file = (name: string): Uint8Array => Uint8Array.from(readFileSync(new URL(`../testdata/numpy/${name}`, import.meta.url)));
const a: Tensor = { dtype: 'float64', dims: [2, 3], data: Float64Array.of(0, 1, 2, 3, 4, 5) };
const b: Tensor = { dtype: 'bool', dims: [2], data: Uint8Array.of(1, 0) };
const both = new Map([
  ['a', a],
  ['b', b],
]);

test.each(['stored.npz', 'packed.npz'])('NumPy wrote %s', (name) => expect(readNpz(file(name))).toEqual(both));

test('what is written is read back, the same bytes each time', () => {
  expect(readNpz(writeNpz(both))).toEqual(both);
  expect(writeNpz(both)).toEqual(writeNpz(both));
});

test('only what is asked for is unpacked', () => {
  const bytes = file('packed.npz');
  expect(readNpz(bytes, 'x.npz', { only: ['b'] })).toEqual(new Map([['b', b]]));
  expect(() => readNpz(bytes, 'x.npz', { only: ['c'] })).toThrow(new DataError('bad-input', 'x.npz holds no array c: it holds a, b'));
});

test('other files in the archive are passed over', () =>
  expect(readNpz(zipSync({ 'a.npy': writeNpy(a), 'readme.txt': new Uint8Array(3) }))).toEqual(new Map([['a', a]])));

const refused = (bytes: Uint8Array, what: string): void =>
  expect(() => readNpz(bytes, 'x.npz')).toThrow(new DataError('malformed', `x.npz is not a readable .npz file: ${what}`));

/** The archive with one field of its table of contents, at `offset` in the first entry, overwritten. */
function changed(bytes: Uint8Array, offset: number, value: number, width: 2 | 4): Uint8Array {
  const view = new DataView(bytes.buffer);
  let at = 0;
  while (view.getUint32(at, true) !== 0x02014b50) at++;
  if (width === 2) view.setUint16(at + offset, value, true);
  else view.setUint32(at + offset, value, true);
  return bytes;
}

test('damage is told', () => {
  refused(new Uint8Array(0), 'its table of contents is missing');
  refused(writeNpy(a), 'its table of contents is missing');
  refused(changed(file('packed.npz'), 8, 1, 2), 'a.npy is encrypted');
  refused(changed(file('packed.npz'), 10, 14, 2), 'a.npy is packed by method 14, and only stored and deflated ones are read');
  refused(changed(file('packed.npz'), 16, 1, 4), 'a.npy is damaged (its checksum differs)');
  refused(changed(file('packed.npz'), 42, 7, 4), 'a.npy is not where the table of contents says');
  refused(changed(file('stored.npz'), 20, 1e6, 4), 'a.npy is cut short');
  refused(changed(file('stored.npz'), 24, 7, 4), 'a.npy has an impossible size');
  const flipped = file('stored.npz');
  flipped[170]! ^= 1;
  refused(flipped, 'a.npy is damaged (its checksum differs)');
});

test('an array inside an archive is named with it', () =>
  expect(() => readNpz(zipSync({ 'a.npy': new Uint8Array(3) }), 'x.npz')).toThrow(
    'x.npz, array a, is not a readable .npy file: it does not start like one',
  ));

test('bombs are refused before they are unpacked', () => {
  const zeros: Tensor = { dtype: 'uint8', dims: [2 ** 24], data: new Uint8Array(2 ** 24) };
  const bomb = writeNpz(new Map([['a', zeros]]));
  expect(bomb.length).toBeLessThan(20_000);
  expect(() => readNpz(bomb, 'x.npz', { bytes: 1e6 })).toThrow(
    new DataError('too-large', 'x.npz would unpack to 16777344 bytes, more than the 1000000 that are read: save fewer arrays'),
  );
  // A table of contents that claims less than there is, or more than deflate can do.
  refused(changed(Uint8Array.from(bomb), 24, 1000, 4), 'a.npy is damaged (its checksum differs)');
  refused(changed(Uint8Array.from(bomb), 24, 4e9, 4), 'a.npy has an impossible size');
  const many = writeNpz(new Map(Array.from({ length: 20 }, (_, i) => [`a${i}`, b])));
  expect(() => readNpz(many, 'x.npz', { arrays: 10 })).toThrow(
    'x.npz is not a readable .npz file: it lists 20 arrays, more than the 10 that are read',
  );
});

test('bytes changed at random end as arrays or in a DataError', () => {
  const draw = random(2, 'npz');
  const sources = [file('stored.npz'), file('packed.npz')];
  const ends = { read: 0, refused: 0 };
  for (let i = 0; i < 3000; i++) {
    const bytes = Uint8Array.from(sources[i % 2]!);
    for (let k = 0; k < 1 + 2 * draw(); k++) bytes[Math.floor(draw() * bytes.length)] = 256 * draw();
    try {
      readNpz(bytes.subarray(0, draw() < 0.1 ? draw() * bytes.length : undefined), 'x.npz');
      ends.read++;
    } catch (cause) {
      expect(cause, String((cause as Error).stack)).toBeInstanceOf(DataError);
      ends.refused++;
    }
  }
  expect(Math.min(ends.read, ends.refused)).toBeGreaterThan(200);
});

test('names lead nowhere: they stay keys, whatever path or property they look like', () => {
  const names = ['../../etc/passwd', '/abs', 'C:\\x', '__proto__', 'constructor'];
  const read = readNpz(writeNpz(new Map(names.map((name) => [name, b]))));
  expect([...read]).toEqual(names.map((name) => [name, b]));
});

test('an archive with one name twice is refused', () => {
  const twice = Buffer.from(writeNpz(new Map([...both].map(([name, tensor]) => [`array-${name}`, tensor]))));
  for (let at = twice.indexOf('array-b'); at >= 0; at = twice.indexOf('array-b')) twice.write('array-a', at);
  refused(Uint8Array.from(twice), 'it holds array-a.npy twice');
});
