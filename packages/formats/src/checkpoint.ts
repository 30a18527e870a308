import type { Weight } from '@vitrine/ir';
import { FormatError } from './error.js';
import { isRecord, readJson, type Folder } from './folder.js';
import { readSafetensors } from './safetensors.js';

const SINGLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';
const MAX_SHARDS = 10_000;

/** The tensors of a model: in one safetensors file or in several. */
export interface Checkpoint {
  readonly names: readonly string[];
  has(tensor: string): boolean;
  /** Where a tensor lies, and the name of its file for people. @throws FormatError 'missing-tensor' */
  tensor(name: string): { readonly weight: Weight; readonly file: string };
}

export const hasCheckpoint = (folder: Folder): boolean => folder.has(SINGLE) || folder.has(INDEX);

/** Reads the headers; tensors stay in their files. @throws FormatError naming file and tensor */
export function openCheckpoint(folder: Folder): Checkpoint {
  const files = new Map<string, ReadonlyMap<string, Weight>>();
  const inFile = (file: string): ReadonlyMap<string, Weight> => {
    let tensors = files.get(file);
    if (tensors === undefined) files.set(file, (tensors = readSafetensors(folder.source(file), `${folder.name}/${file}`)));
    return tensors;
  };
  const places = folder.has(SINGLE) ? new Map([...inFile(SINGLE).keys()].map((name) => [name, SINGLE])) : placesIn(folder);
  for (const [name, file] of places)
    if (!inFile(file).has(name))
      throw new FormatError('missing-tensor', `${folder.name}/${file} lacks tensor ${name}, which ${INDEX} says is there`);
  return {
    names: [...places.keys()],
    has: (name) => places.has(name),
    tensor(name) {
      const file = places.get(name);
      if (file === undefined)
        throw new FormatError('missing-tensor', `${folder.name}: no file holds tensor ${name}, which config.json asks for`);
      return { weight: inFile(file).get(name)!, file: `${folder.name}/${file}` };
    },
  };
}

/** Which file holds each tensor. */
function placesIn(folder: Folder): ReadonlyMap<string, string> {
  const { weight_map: map } = readJson(folder, INDEX);
  if (!isRecord(map)) throw new FormatError('malformed', `${folder.name}/${INDEX} has no weight_map`);
  const places = new Map<string, string>();
  for (const [tensor, file] of Object.entries(map)) {
    if (typeof file !== 'string' || !file.endsWith('.safetensors'))
      throw new FormatError('malformed', `${folder.name}/${INDEX}: tensor ${tensor} lies in ${String(file)}, which is no safetensors file`);
    places.set(tensor, file);
  }
  const shards = new Set(places.values());
  if (shards.size > MAX_SHARDS)
    throw new FormatError('limit', `${folder.name}/${INDEX} names ${shards.size} files, more than a model can have`);
  const missing = [...shards].find((file) => !/(^|[\\/])\.\.([\\/]|$)/.test(file) && !folder.has(file));
  if (missing !== undefined)
    throw new FormatError('missing-file', `${folder.name}: ${missing}, one of the ${shards.size} files with its weights, is missing`);
  return places;
}
