import { unzipSync, zipSync } from 'fflate';
import type { Tensor } from '@vitrine/ir';
import { DataError } from './error.js';
import { readNpy, writeNpy } from './npy.js';

const MAX_ENTRIES = 10_000;
const MAX_BYTES = 2 ** 32;
/** ZIP's first representable day: files do not depend on the clock. */
const EPOCH = new Date('1980-01-01T00:00:00');

/** Reads NumPy's .npz: arrays by name. What unpacks to more than 4 GB is refused before it is unpacked. @throws DataError */
export function readNpz(bytes: Uint8Array, name = 'the archive'): ReadonlyMap<string, Tensor> {
  let entries = 0;
  let total = 0;
  let files: { readonly [file: string]: Uint8Array };
  try {
    files = unzipSync(bytes, {
      filter: ({ name: file, originalSize }) => {
        total += originalSize;
        if (++entries > MAX_ENTRIES || total > MAX_BYTES)
          throw new DataError(
            'too-large',
            `${name} would unpack to more than ${MAX_BYTES / 2 ** 30} GB or ${MAX_ENTRIES} arrays: save fewer arrays`,
          );
        return file.endsWith('.npy');
      },
    });
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    throw new DataError('malformed', `${name} is not a readable .npz file: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
  return new Map(
    Object.entries(files).map(([file, content]) => [file.slice(0, -4), readNpy(content, `${name}, array ${file.slice(0, -4)},`)]),
  );
}

/** Writes .npz: the same arrays, the same bytes. */
export const writeNpz = (arrays: ReadonlyMap<string, Tensor>): Uint8Array =>
  zipSync(Object.fromEntries([...arrays].map(([name, tensor]) => [`${name}.npy`, [writeNpy(tensor), { mtime: EPOCH }]])), { level: 6 });
