import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { DataError } from '@vitrine/data';
import { examplesIn } from '@vitrine/explain';
import { VitrineError, type Tensor } from '@vitrine/ir';
import { tensorDigest } from '@vitrine/audit';
import type { Question } from '../asked.js';
import { unreadable } from '../bytes.js';
import type { TextsGiven } from '../each.js';
import { examine, examined } from '../exam.js';
import { byName, loaded, type InputsGiven } from '../given.js';
import type { Given } from '../input.js';
import type { LoadedModel } from '../model.js';
import { mayHoldSeveral, seriesFile, seriesIn, type SeriesGiven } from '../series/given.js';
import { lengthOf } from '../series/input.js';
import { textsIn } from '../textFile.js';
import { fileDigest, joinedDigest } from './digest.js';
import type { Item, Source, Wanted } from './source.js';

/** Items whose place is wanted, of all in order. */
async function* picked(all: AsyncIterable<Item>, wanted: Wanted, from: number): AsyncGenerator<Item, undefined> {
  let next = from;
  for await (const item of all) {
    if (item.number < (wanted === undefined ? from : (wanted[next] ?? Infinity))) continue;
    if (wanted !== undefined && next >= wanted.length) return;
    next++;
    yield item;
  }
  return undefined;
}

async function counted(all: AsyncIterable<unknown>, name: string, noun: string): Promise<number> {
  let count = 0;
  for await (const _ of all) count++;
  if (count === 0) throw new DataError('bad-input', `${name} holds no ${noun}`);
  return count;
}

/** Texts of a file, each an example. */
export function textSource(model: LoadedModel, file: string, beside: Omit<TextsGiven, 'texts'>, limits: Question['limits']): Source {
  async function* all(): AsyncGenerator<Item, undefined> {
    let number = 0;
    for await (const text of textsIn(file)) {
      yield text instanceof VitrineError
        ? { number, failure: text }
        : { number, source: text.source, examine: () => examine(model, { ...beside, ...text }, limits) };
      number++;
    }
    return undefined;
  }
  return {
    name: file,
    noun: 'text',
    count: () => counted(all(), file, 'text'),
    digest: () => fileDigest(file),
    items: (wanted, from) => picked(all(), wanted, from),
  };
}

const PICTURE = /\.(jpe?g|png|webp|gif|bmp|tiff?|avif)$/i;

/** Pictures of a folder, by name. */
export async function folderSource(model: LoadedModel, folder: string, limits: Question['limits']): Promise<Source> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((cause: unknown) => {
    throw unreadable(folder, cause);
  });
  const files = entries
    .filter((entry) => entry.isFile() && PICTURE.test(entry.name))
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .toSorted();
  if (files.length === 0)
    throw new DataError('bad-input', `${folder} holds no picture: it is searched for .jpg, .png, .webp, .gif, .bmp, .tiff and .avif`);
  async function* all(): AsyncGenerator<Item, undefined> {
    for (const [number, file] of files.entries())
      yield { number, source: file, examine: () => examine(model, path.join(folder, file), limits) };
    return undefined;
  }
  return {
    name: folder,
    noun: 'picture',
    count: async () => files.length,
    async digest() {
      const digests: [string, string][] = [];
      for (const file of files) digests.push([file, await fileDigest(path.join(folder, file))]);
      return joinedDigest(digests);
    },
    items: (wanted, from) => picked(all(), wanted, from),
  };
}

/** Series of a file, or examples that arrays hold along their first axis. */
export async function inputSource(model: LoadedModel, given: InputsGiven, limits: Question['limits']): Promise<Source> {
  const named = byName(model, given);
  for (const [name, one] of named) {
    const input = model.subject.graph.inputs.find((value) => value.name === name);
    const file = input && seriesFile(one, input, model.series);
    if (input !== undefined && file !== undefined && mayHoldSeveral(file))
      return seriesSource(model, named, name, file, lengthOf(input, model.series), limits);
  }
  return arraySource(model, named, limits);
}

function seriesSource(
  model: LoadedModel,
  given: ReadonlyMap<string, Given>,
  name: string,
  file: SeriesGiven,
  length: number | undefined,
  limits: Question['limits'],
): Source {
  async function* all(): AsyncGenerator<Item, undefined> {
    for await (const { number, series } of seriesIn({ ...file, rows: undefined }, length))
      yield series instanceof VitrineError
        ? { number, failure: series }
        : { number, source: series.label, examine: () => examine(model, new Map([...given, [name, series]]), limits) };
    return undefined;
  }
  return {
    name: file.series,
    noun: 'series',
    count: () => counted(all(), file.series, 'series'),
    digest: () => fileDigest(file.series),
    items: (wanted, from) => picked(all(), wanted, from),
  };
}

async function arraySource(model: LoadedModel, given: ReadonlyMap<string, Given>, limits: Question['limits']): Promise<Source> {
  const inputs = await loaded(model, given);
  const examples = examplesIn(model.subject.graph, new Map([...inputs].map(([name, { tensor }]) => [name, tensor])));
  const own = (tensors: ReadonlyMap<string, Tensor>) =>
    new Map([...tensors].map(([name, tensor]) => [name, { ...inputs.get(name)!, tensor }]));
  async function* all(): AsyncGenerator<Item, undefined> {
    for (const [number, tensors] of examples.entries()) yield { number, examine: () => examined(model, own(tensors), limits) };
    return undefined;
  }
  return {
    name: [...inputs.values()].flatMap(({ file }) => file ?? []).join(', ') || 'the arrays',
    noun: 'example',
    count: async () => examples.length,
    async digest() {
      const digests: [string, string][] = [];
      for (const [name, { tensor }] of inputs) digests.push([name, await tensorDigest(tensor)]);
      return joinedDigest(digests);
    },
    items: (wanted, from) => picked(all(), wanted, from),
  };
}
