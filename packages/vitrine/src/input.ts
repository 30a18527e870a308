import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import {
  DataError,
  preprocess,
  readNpy,
  readNpz,
  seenIn,
  wantedBy,
  type Geometry,
  type Image,
  type Series,
  type SeriesShown,
} from '@vitrine/data';
import { decodeBytes, decodeImage } from '@vitrine/data/node';
import type { LoadedModel } from './model.js';
import { isSeries, onlySeries, seriesFile, type SeriesGiven } from './series/given.js';
import { lengthOf, loadedSeries } from './series/input.js';
import { bytesOf, MAX_ARRAY_BYTES, tooLarge, unreadable } from './bytes.js';
import { specialTypes } from './types.js';
import { byteLength, isStatic, sizeOf, type Tensor, type Value } from '@vitrine/ir';

export { bytesOf, unreadable } from './bytes.js';

/** What is given for one input: a file, a tensor, bytes of a picture, or a series. */
export type Given = string | Tensor | Uint8Array | Series | SeriesGiven;

/** An input as it is fed, and the picture or the series it came from. */
export interface Loaded {
  readonly tensor: Tensor;
  readonly file: string | undefined;
  readonly picture?: {
    readonly image: Image;
    readonly geometry: Geometry;
    readonly layout: 'NCHW' | 'NHWC';
    /** What of it the model sees, in the model's pixels. */
    readonly seen: () => Image;
  };
  readonly series?: SeriesShown | undefined;
  /** What was done to it, in sentences. */
  readonly notes?: readonly string[];
}

/** What a model says of pictures and series. */
type Reads = Pick<LoadedModel, 'preprocess' | 'series'>;

/** Reads a file for one input of a model. @throws DataError naming the file */
export async function loadInput(given: Given, input: Value, model: Reads): Promise<Loaded> {
  if (typeof given === 'object' && 'dims' in given) return { tensor: given, file: undefined };
  if (isSeries(given)) return loadedSeries(given, input, model.series);
  const series = seriesFile(given, input, model.series);
  if (series !== undefined) return loadedSeries(await onlySeries(series, lengthOf(input, model.series)), input, model.series);
  if (typeof given !== 'string') return pictured(await decodeBytes(given as Uint8Array, 'the picture'), undefined, input, model);
  const kind = path.extname(given).toLowerCase();
  if (kind === '.npy') return { tensor: readNpy(await bytesOf(given), given), file: given };
  if (specialTypes.has(kind)) throw new DataError('unsupported', `${given}: ${specialTypes.get(kind)!}`);
  return pictured(await decodeImage(given), given, input, model);
}

function pictured(image: Image, file: string | undefined, input: Value, { preprocess: options }: Reads): Loaded {
  const wanted = wantedBy(input.type.shape ?? [], options.layout, input.name);
  const { tensor, geometry, layout } = preprocess(image, options, wanted);
  return { tensor, file, picture: { image, geometry, layout, seen: () => seenIn(tensor, layout, options)! } };
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
export const readTensor = (file: string): Tensor => atOnce(file, readNpy);

/** Reads the arrays of a .npz file, at once. @throws DataError naming the file */
export const readTensors = (file: string): ReadonlyMap<string, Tensor> =>
  atOnce(file, (bytes) => readNpz(bytes, file, { bytes: ARCHIVE_BYTES }));

function atOnce<T>(file: string, read: (bytes: Uint8Array, file: string) => T): T {
  try {
    if (statSync(file).size > MAX_ARRAY_BYTES) throw tooLarge(file);
    return read(readFileSync(file), file);
  } catch (cause) {
    throw unreadable(file, cause);
  }
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
