import { readFile, stat } from 'node:fs/promises';
import { DataError } from '@vitrine/data';

export const MAX_ARRAY_BYTES = 2 ** 32;

/** What a file holds. @throws DataError naming it */
export async function bytesOf(file: string): Promise<Uint8Array> {
  try {
    if ((await stat(file)).size > MAX_ARRAY_BYTES) throw tooLarge(file);
    return await readFile(file);
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

export const tooLarge = (file: string): DataError => new DataError('too-large', `${file} is larger than 4 GB: give a smaller array`);

/** Why a file cannot be read. */
export function unreadable(file: string, cause: unknown): Error {
  if (cause instanceof DataError) return cause;
  const { code } = cause as NodeJS.ErrnoException;
  const why =
    code === 'ENOENT'
      ? `there is no file ${file}`
      : code === 'EISDIR'
        ? `${file} is a folder, not a file`
        : `${file} cannot be read (${code ?? String(cause)})`;
  return new DataError('unreadable', why, { cause });
}
