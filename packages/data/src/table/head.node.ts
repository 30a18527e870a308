import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { constants, createGunzip, gunzipSync } from 'node:zlib';
import { DataError } from '../error.js';
import type { Encoding } from './table.js';

/** The beginning of a file, without its compression. */
export interface Head {
  readonly bytes: Uint8Array;
  /** Whether there is more. */
  readonly isPart: boolean;
  readonly size: number;
  readonly compressed: boolean;
  readonly isUtf16: boolean;
}

const HEAD_BYTES = 2 ** 18;
/** Of a first row with many columns. */
const LONGEST_LINE = 2 ** 22;

/** Reads the beginning of a file. @throws DataError naming the file */
export async function readHead(file: string, name: string): Promise<Head> {
  try {
    const found = await stat(file);
    if (!found.isFile())
      throw new DataError('unreadable', `${name} is ${found.isDirectory() ? 'a folder' : 'a device or a pipe'}, not a file`);
    const handle = await open(file);
    try {
      let bytes = new Uint8Array(0);
      for (let length = HEAD_BYTES; length <= LONGEST_LINE; length *= 4) {
        const { buffer, bytesRead } = await handle.read(new Uint8Array(length), 0, length, 0);
        bytes = buffer.subarray(0, bytesRead);
        if (bytesRead < length || bytes.includes(LINE_FEED)) break;
      }
      const compressed = bytes[0] === 0x1f && bytes[1] === 0x8b;
      const plain = compressed ? unpacked(bytes, name) : bytes;
      return {
        bytes: plain,
        isPart: bytes.length < found.size || (compressed && plain.length >= LONGEST_LINE),
        size: found.size,
        compressed,
        isUtf16: (plain[0] === 0xff && plain[1] === 0xfe) || (plain[0] === 0xfe && plain[1] === 0xff),
      };
    } finally {
      await handle.close();
    }
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    const { code } = cause as NodeJS.ErrnoException;
    throw new DataError(
      'unreadable',
      code === 'ENOENT' ? `there is no file ${name}` : `${name} cannot be read (${code ?? String(cause)})`,
      {
        cause,
      },
    );
  }
}

const LINE_FEED = 0x0a;

function unpacked(bytes: Uint8Array, name: string): Uint8Array {
  try {
    return gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: LONGEST_LINE });
  } catch (cause) {
    // A small file may unpack to any size: its beginning is enough.
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_BUFFER_TOO_LARGE')
      throw new DataError('malformed', `${name} is a damaged gzip file`, { cause });
    return gunzipSync(bytes.subarray(0, LONGEST_LINE / 1100), { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: LONGEST_LINE });
  }
}

/** The beginning as text, whole lines of it. @throws DataError where it is none */
export function headOf({ bytes, isPart }: Head, encoding: Encoding, name: string): string {
  const bad = (why: string, cause?: unknown): DataError => new DataError('malformed', `${name} ${why}`, { cause });
  if (encoding !== 'utf-16' && bytes.includes(0)) throw bad('is not text: it holds zero bytes');
  const end = isPart ? bytes.lastIndexOf(LINE_FEED) + 1 : bytes.length;
  if (end === 0 && bytes.length > 0) throw bad('has a first line of more than 4 MB: it is no table');
  const text = bytes.subarray(0, encoding === 'utf-16' ? end - (end % 2) : end);
  try {
    return new TextDecoder(encoding === 'latin-1' ? 'latin1' : encoding, { fatal: true }).decode(text);
  } catch (cause) {
    throw bad(
      `is not text in ${encoding.toUpperCase()}: save it as UTF-8, or say "encoding": "latin-1" under "format" in its schema`,
      cause,
    );
  }
}

/** Whether a gzip file is whole: the engine reads one that is cut off as though it ended there. @throws DataError naming the file */
export async function checkWhole(file: string, name: string): Promise<void> {
  try {
    await pipeline(createReadStream(file), createGunzip(), async (parts: AsyncIterable<Uint8Array>) => {
      for await (const part of parts) void part; // What is unpacked is not kept.
    });
  } catch (cause) {
    throw new DataError('malformed', `${name} is cut off or damaged: its last rows are missing`, { cause });
  }
}
