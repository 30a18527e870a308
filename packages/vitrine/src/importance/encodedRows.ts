import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { DataError } from '@vitrine/data';
import { numbers, sizeOf, tensorOf, type NumericDType, type Tensor, type Value } from '@vitrine/ir';

/** Elements of one input in a row. */
interface Place {
  readonly input: Value;
  readonly dims: readonly number[];
  readonly start: number;
  readonly size: number;
  /** Text by its code. */
  readonly words: string[];
  readonly codes: Map<string, number>;
}

/**
 * Rows as a model reads them, in a file on the disk, that is gone when it is closed: in memory there is one block. Text is kept as codes.
 */
export interface EncodedRows {
  /** Numbers of a row, and where those of each input begin. */
  readonly width: number;
  readonly startOf: ReadonlyMap<string, number>;
  readonly count: () => number;
  add(feeds: ReadonlyMap<string, Tensor>): Promise<void>;
  /** Writes what still waits. */
  flush(): Promise<void>;
  /** Some of the columns of all rows, row by row: [rows, columns]. What was asked for before is overwritten. */
  columns(picked: readonly number[]): Promise<Numbers>;
  /** Blocks of rows [size, width], the last filled up with what was there before. */
  blocks(size: number): AsyncIterable<{ readonly from: number; readonly count: number; readonly values: Numbers }>;
  /** A block as the inputs of the model. */
  feeds(values: Numbers, size: number): ReadonlyMap<string, Tensor>;
  close(): Promise<void>;
}

/** Rows that are written and read together. */
const BLOCK = 4096;
/** What single precision holds exactly. */
const SINGLE: ReadonlySet<string> = new Set(['float32', 'bool', 'int8', 'uint8', 'int16', 'uint16']);
export type Numbers = Float32Array | Float64Array;

/** A place for rows that are shaped as one. @throws DataError where there is none on the disk */
export async function encodedRows(inputs: readonly Value[], example: ReadonlyMap<string, Tensor>): Promise<EncodedRows> {
  let width = 0;
  const places = inputs.map((input): Place => {
    const { dims } = example.get(input.name)!;
    const place = { input, dims, start: width, size: sizeOf(dims), words: [], codes: new Map<string, number>() };
    width += place.size;
    return place;
  });
  const folder = await mkdtemp(path.join(os.tmpdir(), 'vitrine-rows-'));
  const file = await open(path.join(folder, 'rows'), 'w+');
  const numbersOf = (length: number): Numbers =>
    inputs.every(({ type }) => SINGLE.has(type.dtype)) ? new Float32Array(length) : new Float64Array(length);
  const waiting = numbersOf(BLOCK * width);
  const bytes = waiting.BYTES_PER_ELEMENT;
  let kept = numbersOf(0);
  let [held, count] = [0, 0];
  const flush = async (): Promise<void> => {
    await whole(file, 'write', waiting.subarray(0, held * width), (count - held) * width * bytes);
    held = 0;
  };
  async function* blocks(size: number): ReturnType<EncodedRows['blocks']> {
    const values = numbersOf(size * width);
    for (let from = 0; from < count; from += size) {
      const own = Math.min(size, count - from);
      await whole(file, 'read', values.subarray(0, own * width), from * width * bytes);
      yield { from, count: own, values };
    }
  }
  return {
    width,
    startOf: new Map(places.map(({ input, start }) => [input.name, start])),
    count: () => count,
    async add(feeds) {
      for (const place of places) {
        const tensor = feeds.get(place.input.name)!;
        const at = held * width + place.start;
        if (tensor.dtype === 'string') (tensor.data as readonly string[]).forEach((word, i) => (waiting[at + i] = codeOf(place, word)));
        else {
          const own = numbers(tensor);
          for (let i = 0; i < place.size; i++) waiting[at + i] = own[i]!;
        }
      }
      count++;
      if (++held === BLOCK) await flush();
    },
    flush,
    async columns(picked) {
      if (kept.length < count * picked.length) kept = numbersOf(count * picked.length);
      const all = kept.subarray(0, count * picked.length);
      for await (const { from, count: own, values } of blocks(BLOCK))
        for (let row = 0; row < own; row++)
          for (let i = 0; i < picked.length; i++) all[(from + row) * picked.length + i] = values[row * width + picked[i]!]!;
      return all;
    },
    blocks,
    feeds: (values, size) => new Map(places.map((place) => [place.input.name, tensorFor(place, values, width, size)])),
    async close() {
      await file.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function codeOf({ codes, words }: Place, word: string): number {
  const known = codes.get(word);
  if (known !== undefined) return known;
  codes.set(word, words.length);
  return words.push(word) - 1;
}

function tensorFor({ input, dims, start, size, words }: Place, values: Numbers, width: number, rows: number): Tensor {
  const all = [rows * dims[0]!, ...dims.slice(1)];
  const own = values instanceof Float32Array ? new Float32Array(rows * size) : new Float64Array(rows * size);
  for (let row = 0; row < rows; row++) own.set(values.subarray(row * width + start, row * width + start + size), row * size);
  if (input.type.dtype === 'string') return { dtype: 'string', dims: all, data: Array.from(own, (code) => words[code]!) };
  return tensorOf(input.type.dtype as NumericDType, all, own);
}

/** Reads or writes all of an array. */
async function whole(file: FileHandle, act: 'read' | 'write', values: Numbers, position: number): Promise<void> {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  try {
    for (let at = 0; at < bytes.length;) {
      const done =
        act === 'read'
          ? (await file.read(bytes, at, bytes.length - at, position + at)).bytesRead
          : (await file.write(bytes, at, bytes.length - at, position + at)).bytesWritten;
      if (done === 0) throw new Error('it ends early');
      at += done;
    }
  } catch (cause) {
    throw new DataError(
      'unreadable',
      `rows cannot be kept in ${os.tmpdir()}: ${(cause as NodeJS.ErrnoException).code ?? (cause as Error).message}`,
      {
        cause,
      },
    );
  }
}
