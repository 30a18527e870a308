import { readFileSync, statSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { DataError, preprocess, readNpy, readNpz, wantedBy, type Geometry, type Image, type Preprocess } from '@vitrine/data';
import { decodeBytes, decodeImage } from '@vitrine/data/node';
import { specialTypes } from './types.js';
import { byteLength, isStatic, sizeOf, type Tensor, type Value } from '@vitrine/ir';

/** What is given for one input: a file, a tensor, or bytes of a picture. */
export type Given = string | Tensor | Uint8Array;

/** An input as it is fed, and the picture it came from. */
export interface Loaded {
  readonly tensor: Tensor;
  readonly file: string | undefined;
  readonly picture?: { readonly image: Image; readonly geometry: Geometry; readonly layout: 'NCHW' | 'NHWC' };
}

const MAX_ARRAY_BYTES = 2 ** 32;

/** Reads a file for one input of a model. @throws DataError naming the file */
export async function loadInput(given: Given, input: Value, options: Preprocess): Promise<Loaded> {
  if (typeof given === 'object' && 'dims' in given) return { tensor: given, file: undefined };
  if (typeof given !== 'string') return pictured(await decodeBytes(given, 'the picture'), undefined, input, options);
  const kind = path.extname(given).toLowerCase();
  if (kind === '.npy') return { tensor: readNpy(await bytesOf(given), given), file: given };
  if (specialTypes.has(kind)) throw new DataError('unsupported', `${given}: ${specialTypes.get(kind)!}`);
  return pictured(await decodeImage(given), given, input, options);
}

function pictured(image: Image, file: string | undefined, input: Value, options: Preprocess): Loaded {
  const wanted = wantedBy(input.type.shape ?? [], options.layout, input.name);
  const { tensor, geometry, layout } = preprocess(image, options, wanted);
  return { tensor, file, picture: { image, geometry, layout } };
}

/** The arrays of a .npz, for inputs of the same names. */
export const loadArchive = async (file: string, inputs: readonly Value[]): Promise<ReadonlyMap<string, Tensor>> =>
  readNpz(await bytesOf(file), file, { bytes: Math.max(ARCHIVE_BYTES, 2 * inputs.reduce((sum, { type }) => sum + bytesIn(type), 0)) });

/** What an archive may unpack to, unless the model takes more: a small file can claim any size. */
const ARCHIVE_BYTES = 2 ** 30;

/** Bytes of an input whose shape is known. */
const bytesIn = ({ dtype, shape }: Value['type']): number =>
  isStatic(shape) && dtype !== 'unknown' && dtype !== 'opaque' ? byteLength(dtype, sizeOf(shape)) : 0;

/** Reads a .npy file, at once. @throws DataError naming the file */
export function readTensor(file: string): Tensor {
  try {
    if (statSync(file).size > MAX_ARRAY_BYTES) throw tooLarge(file);
    return readNpy(readFileSync(file), file);
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

export async function bytesOf(file: string): Promise<Uint8Array> {
  try {
    if ((await stat(file)).size > MAX_ARRAY_BYTES) throw tooLarge(file);
    return await readFile(file);
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

const tooLarge = (file: string): DataError => new DataError('too-large', `${file} is larger than 4 GB: give a smaller array`);

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

/** What a JSON file holds, read at once. @throws DataError naming the file */
export function readJson(file: string): object {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw unreadable(file, cause);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new DataError('malformed', `${file} is not valid JSON: ${(cause as SyntaxError).message}`, { cause });
  }
  if (typeof value === 'object' && value !== null) return value;
  throw new DataError('malformed', `${file} describes nothing: it must hold an object or a list`);
}
