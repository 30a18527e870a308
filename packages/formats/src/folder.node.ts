import { existsSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { GraphError } from '@vitrine/ir';
import { isInside, weightBytes } from '@vitrine/ir/node';
import { FormatError } from './error.js';
import type { Folder } from './folder.js';

/**
 * A folder on disk. Its files may not be links that lead out of it, but for those of the Hugging Face cache, whose
 * `snapshots/<revision>` links to `blobs`. @throws FormatError naming the folder
 */
export function openFolder(folder: string): Folder {
  const root = realpathSync(folder);
  const allowed = [root, ...blobsOf(root)];
  const named = (file: string): string => path.join(folder, file);
  function located(file: string): string {
    const parts = file.split(/[\\/]/);
    if (file.includes('\0') || path.isAbsolute(file) || path.win32.isAbsolute(file) || /^[A-Za-z]:/.test(file) || parts.includes('..'))
      throw new FormatError('unreadable', `${folder} names a file ${file}, which leads out of the folder`);
    if (!existsSync(path.join(root, file))) throw new FormatError('missing-file', `${named(file)} is missing`);
    const real = realpathSync(path.join(root, file));
    if (!allowed.some((inside) => isInside(inside, real)))
      throw new FormatError('unreadable', `${named(file)} is a link that leads out of the folder`);
    if (!statSync(real).isFile()) throw new FormatError('unreadable', `${named(file)} is not a file`);
    return real;
  }
  return {
    name: folder,
    has: (file) => existsSync(path.join(root, file)),
    source(file) {
      const real = located(file);
      const { size } = statSync(real);
      return { size, file: real, read: (offset, length) => readAt(real, offset, Math.max(0, Math.min(length, size - offset))) };
    },
  };
}

function readAt(file: string, offset: number, length: number): Uint8Array {
  try {
    return weightBytes({ type: { dtype: 'uint8', shape: [length] }, at: { file, offset, length } });
  } catch (cause) {
    if (cause instanceof GraphError) throw new FormatError('unreadable', cause.message, { cause });
    throw cause;
  }
}

/** Where the Hugging Face cache keeps what its snapshots link to. */
function blobsOf(root: string): readonly string[] {
  const snapshots = path.dirname(root);
  const blobs = path.join(path.dirname(snapshots), 'blobs');
  return path.basename(snapshots) === 'snapshots' && existsSync(blobs) && realpathSync(blobs) === blobs ? [blobs] : [];
}
