import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { unreadable } from '../bytes.js';

/** SHA-256 of a file, piece by piece. @throws DataError naming it */
export async function fileDigest(file: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const piece of createReadStream(file, { highWaterMark: 2 ** 20 }) as AsyncIterable<Buffer>) hash.update(piece);
  } catch (cause) {
    throw unreadable(file, cause);
  }
  return hash.digest('hex');
}

/** SHA-256 over names and digests. */
export function joinedDigest(parts: Iterable<readonly [name: string, digest: string]>): string {
  const hash = createHash('sha256');
  for (const [name, digest] of parts) hash.update(`${name}\0${digest}\n`);
  return hash.digest('hex');
}

/** Digest of text that comes in pieces. */
export function textDigest(): { readonly add: (text: string) => void; readonly done: () => string } {
  const hash = createHash('sha256');
  return { add: (text) => void hash.update(text), done: () => hash.digest('hex') };
}
