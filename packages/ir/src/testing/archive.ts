import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** Files of a gzipped tar archive by name. */
export function filesIn(archive: string): ReadonlyMap<string, Uint8Array> {
  const bytes = gunzipSync(readFileSync(archive));
  const files = new Map<string, Uint8Array>();
  for (let at = 0, longName: string | undefined; at < bytes.length && bytes[at] !== 0;) {
    const text = (from: number, length: number): string => bytes.toString('latin1', at + from, at + from + length).replace(/\0.*$/s, '');
    const size = Number.parseInt(text(124, 12), 8);
    const body = bytes.subarray(at + 512, at + 512 + size);
    const kind = text(156, 1);
    const prefix = text(257, 5) === 'ustar' && text(345, 155) !== '' ? `${text(345, 155)}/` : '';
    if (kind === 'L') longName = body.toString('latin1').replace(/\0.*$/s, '');
    else if (kind === '' || kind === '0') files.set(longName ?? prefix + text(0, 100), body);
    if (kind !== 'L') longName = undefined;
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return files;
}
