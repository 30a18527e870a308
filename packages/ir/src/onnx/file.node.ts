import { createHash } from 'node:crypto';
import { closeSync, constants, createReadStream, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import { dirname, isAbsolute, relative, resolve, sep, win32 } from 'node:path';
import { GraphError } from '../error.js';
import type { Model, Weight } from '../graph.js';
import { readModel } from './read.js';
import type { Source } from './source.js';

/**
 * Opens an ONNX file. Only its structure is read: weights become places in files, so models of any size open in no time.
 * External data must lie in the model's folder. No descriptor stays open.
 * @throws GraphError naming the file
 */
export function openModel(path: string): Model {
  const opened = openedFiles();
  try {
    const main = opened.source(resolve(path), 'unreadable-file');
    const folders = [dirname(resolve(path)), dirname(realpathSync(path))].map((folder) => realpathSync(folder));
    return readModel(main, {
      locate: (location) => opened.source(located(location, folders), 'external-data'),
      read: (file, offset, length) => opened.source(file, 'external-data').read(offset, length),
    });
  } catch (error) {
    throw named(path, error);
  } finally {
    opened.close();
  }
}

/** A weight's bytes, read from its file when they lie in one. @throws GraphError 'external-data' */
export function weightBytes({ at }: Weight): Uint8Array {
  if ('bytes' in at) return at.bytes;
  const opened = openedFiles();
  try {
    const bytes = opened.source(at.file, 'external-data').read(at.offset, at.length);
    if (bytes.length < at.length) throw new GraphError('external-data', `ends before byte ${at.offset + at.length}, where a weight lies`);
    return bytes;
  } catch (error) {
    throw named(at.file, error);
  } finally {
    opened.close();
  }
}

/** SHA-256 of a file in hexadecimal. @throws GraphError 'unreadable-file' */
export async function digestFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 })) hash.update(chunk as Uint8Array);
  } catch (error) {
    throw named(path, error);
  }
  return hash.digest('hex');
}

/** Where external data lies. A model must not read other files of the machine: neither by its path nor through a link. @throws GraphError 'external-data' */
function located(location: string, folders: readonly string[]): string {
  const refuse = (why: string): never => {
    throw new GraphError('external-data', `its data lies in ${location}, which ${why}`);
  };
  if (location.includes('\0')) refuse('is no path');
  if (isAbsolute(location) || win32.isAbsolute(location) || /^[A-Za-z]:/.test(location)) refuse('is not relative to the model');
  if (location.split(/[\\/]/).includes('..')) refuse("leads out of the model's folder");
  let file: string;
  try {
    file = realpathSync(resolve(folders[0]!, location));
  } catch (error) {
    return refuse(reason(error));
  }
  // A linked model may have its data beside the link or beside itself, as in the Hugging Face cache.
  return folders.some((folder) => isInside(folder, file)) ? file : refuse("is a link that leads out of the model's folder");
}

export function isInside(folder: string, file: string): boolean {
  const path = relative(folder, file);
  return path !== '' && path !== '..' && !path.startsWith(`..${sep}`) && !isAbsolute(path);
}

interface OpenedFiles {
  source(file: string, code: 'unreadable-file' | 'external-data'): Source;
  close(): void;
}

function openedFiles(): OpenedFiles {
  const open = new Map<string, { readonly fd: number; readonly source: Source }>();
  return {
    source(file, code) {
      const found = open.get(file);
      if (found !== undefined) return found.source;
      const fd = opened(file, code);
      const source = fileSource(fd, file);
      open.set(file, { fd, source });
      return source;
    },
    close: () => open.forEach(({ fd }) => closeSync(fd)),
  };
}

function opened(file: string, code: 'unreadable-file' | 'external-data'): number {
  let fd: number;
  try {
    // Without blocking: a pipe would keep us waiting for ever.
    fd = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    throw new GraphError(code, `${file} ${reason(error)}`, { cause: error });
  }
  const stats = fstatSync(fd);
  if (stats.isFile()) return fd;
  closeSync(fd);
  throw new GraphError(code, `${file} is not a file${stats.isDirectory() ? ' but a folder' : ''}`);
}

const BLOCK = 2 ** 16;

/** A file behind a descriptor. Small reads, which come in order, share blocks; a block never changes, so views of it may be kept. */
export function fileSource(fd: number, file: string): Source {
  const { size } = fstatSync(fd);
  let block = new Uint8Array(0);
  let start = 0;
  return {
    size,
    file,
    read(offset, length) {
      if (length >= BLOCK) return readFully(fd, offset, Math.min(length, size - offset));
      if (offset < start || offset + length > start + block.length) {
        block = readFully(fd, offset, Math.min(BLOCK, size - offset));
        start = offset;
      }
      return block.subarray(offset - start, offset - start + length);
    },
  };
}

function readFully(fd: number, offset: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(Math.max(0, length));
  let done = 0;
  while (done < bytes.length) {
    // One call reads two gigabytes at most.
    const count = readSync(fd, bytes, done, Math.min(bytes.length - done, 2 ** 30), offset + done);
    if (count === 0) break;
    done += count;
  }
  return done === bytes.length ? bytes : bytes.subarray(0, done);
}

const REASONS: { readonly [code: string]: string } = {
  ENOENT: 'does not exist',
  EACCES: 'may not be read',
  EPERM: 'may not be read',
  EISDIR: 'is a folder',
  ENOTDIR: 'does not exist',
  ELOOP: 'is a link to itself',
  ENAMETOOLONG: 'does not exist',
  ENOSPC: 'does not fit on the disk',
  EROFS: 'lies on a disk that may not be written',
};

/** What went wrong with a file, in words. */
export function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code !== undefined && Object.hasOwn(REASONS, code) ? REASONS[code]! : `cannot be used (${message})`;
}

/** An error that names the file it is about. */
export function named(path: string, error: unknown): unknown {
  if (error instanceof GraphError)
    return error.message.startsWith(resolve(path)) ? error : new GraphError(error.code, `${path}: ${error.message}`, { cause: error });
  return (error as NodeJS.ErrnoException).code === undefined
    ? error
    : new GraphError('unreadable-file', `${path} ${reason(error)}`, { cause: error });
}
