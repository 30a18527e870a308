import { zipSync } from 'fflate';
import type { Tensor } from '@vitrine/ir';
import { DataError } from './error.js';
import { readNpy, writeNpy } from './npy.js';
import { unpacked, zipEntries, ZipFault, type ZipEntry } from './zip.js';

export interface NpzOptions {
  /** Unpacks these arrays alone; all unless given. */
  readonly only?: readonly string[];
  /** Most bytes that the arrays may unpack to. */
  readonly bytes?: number;
  /** Most arrays in the archive. */
  readonly arrays?: number;
}

const MAX_ARRAYS = 10_000;
const GIGABYTE = 2 ** 30;
/** ZIP's first representable day: files do not depend on the clock. */
const EPOCH = new Date('1980-01-01T00:00:00');

/**
 * Reads NumPy's .npz: arrays by name, each checked against its checksum. Sizes are checked before anything is unpacked.
 * `name` stands for the file in messages. @throws DataError
 */
export function readNpz(
  bytes: Uint8Array,
  name = 'the archive',
  { only, bytes: limit = 4 * GIGABYTE, arrays = MAX_ARRAYS }: NpzOptions = {},
): ReadonlyMap<string, Tensor> {
  try {
    const entries = new Map<string, ZipEntry>();
    for (const entry of zipEntries(bytes, arrays)) {
      if (!entry.name.endsWith('.npy')) continue;
      // Readers differ in which of two they take: neither is what the writer meant for sure.
      if (entries.has(entry.name.slice(0, -4))) throw new ZipFault(`it holds ${entry.name} twice`);
      entries.set(entry.name.slice(0, -4), entry);
    }
    const wanted = only ?? [...entries.keys()];
    const absent = wanted.find((key) => !entries.has(key));
    if (absent !== undefined)
      throw new DataError('bad-input', `${name} holds no array ${absent}: it holds ${[...entries.keys()].join(', ') || 'none'}`);
    const total = wanted.reduce((sum, key) => sum + entries.get(key)!.size, 0);
    if (!(total <= limit))
      throw new DataError('too-large', `${name} would unpack to ${total} bytes, more than the ${limit} that are read: save fewer arrays`);
    return new Map(wanted.map((key) => [key, readNpy(unpacked(bytes, entries.get(key)!), `${name}, array ${key},`)]));
  } catch (cause) {
    if (!(cause instanceof ZipFault)) throw cause;
    throw new DataError('malformed', `${name} is not a readable .npz file: ${cause.message}`, { cause });
  }
}

/** Writes .npz: the same arrays, the same bytes. */
export const writeNpz = (arrays: ReadonlyMap<string, Tensor>): Uint8Array =>
  zipSync(Object.fromEntries([...arrays].map(([name, tensor]) => [`${name}.npy`, [writeNpy(tensor), { mtime: EPOCH }]])), { level: 6 });
