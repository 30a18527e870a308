import { createHash } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { memory, readModel, type Model } from '@vitrine/ir';

export const openModel = (file: string): Model => readModel(memory(new Uint8Array(readFileSync(file))));

export async function digestFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
