import { open, type FileHandle } from 'node:fs/promises';
import { DataError } from '../error.js';
import { CompressedError, storedIn } from './arrow/batch.js';
import { cellsOf } from './arrow/column.js';
import { rootOf, type Fields } from './arrow/flatbuffer.js';
import { fieldsOf, type ArrowField } from './arrow/types.js';
import type { Batch, Cell, Range, Table } from './table.js';

/** An Arrow file or stream, Feather too: one batch of its own is in memory at a time. @throws DataError naming the file */
export async function openArrow(file: string, name: string): Promise<Table> {
  const { columns } = await opened(file, name, async (source) => ({ columns: (await schemaOf(source)).map((field) => field.name) }));
  return {
    name,
    format: 'Arrow',
    columns,
    rowCount: undefined,
    batches: (range) => batchesIn(file, name, range),
    close: async () => undefined,
  };
}

/** What a message is about, by its number in Message.fbs. */
const [SCHEMA, DICTIONARY, BATCH] = [1, 2, 3];
const MOST_METADATA = 2 ** 28;
const MOST_BODY = 2 ** 31;

interface Message {
  readonly about: number;
  readonly header: Fields;
  /** Its body, read when asked for. */
  readonly body: () => Promise<Uint8Array>;
}

/** Messages one after the other. A file holds the same as a stream, behind eight bytes and before a list of contents, which is not needed. */
async function* messagesIn(handle: FileHandle, size: number): AsyncGenerator<Message, undefined> {
  const read = async (at: number, length: number): Promise<Uint8Array> => {
    if (length < 0 || at + length > size) throw new RangeError('it is cut off');
    const { buffer, bytesRead } = await handle.read(new Uint8Array(length), 0, length, at);
    if (bytesRead < length) throw new RangeError('it is cut off');
    return buffer;
  };
  const int32 = async (at: number): Promise<number> => new DataView((await read(at, 4)).buffer).getInt32(0, true);
  let at = new TextDecoder('latin1').decode(await read(0, 6)) === 'ARROW1' ? 8 : 0;
  while (at + 4 <= size) {
    // Streams of before 2019 have no mark in front of the length.
    const mark = await int32(at);
    const start = at + (mark === -1 ? 8 : 4);
    const length = mark === -1 ? await int32(at + 4) : mark;
    if (length === 0) return undefined;
    if (length > MOST_METADATA) throw new RangeError('a message is too long');
    const message = rootOf(await read(start, length));
    const [begin, bytes, header] = [start + length, message.int64(3, 0), message.record(2)];
    if (bytes < 0 || bytes > MOST_BODY || header === undefined) throw new RangeError('a batch is larger than 2 GB');
    yield { about: message.int8(1, 0), header, body: () => read(begin, bytes) };
    at = begin + bytes;
  }
  return undefined;
}

async function schemaOf(messages: AsyncIterator<Message>): Promise<readonly ArrowField[]> {
  const { value } = await messages.next();
  if (value?.about !== SCHEMA) throw new RangeError('it does not begin with a schema');
  return fieldsOf(value.header);
}

async function* batchesIn(file: string, name: string, { from = 0, count = Infinity }: Range = {}): AsyncGenerator<Batch, undefined> {
  const handle = await open(file);
  try {
    const messages = messagesIn(handle, (await handle.stat()).size);
    const fields = await schemaOf(messages);
    const words = new Map<number, (row: number) => Cell>();
    const wordsOf = (id: number) => (row: number) => {
      const found = words.get(id);
      if (found === undefined) throw new RangeError('a dictionary is missing');
      return found(row);
    };
    let start = 0;
    for await (const { about, header, body } of messages) {
      if (about === DICTIONARY) await addWords(header, await body(), fields, words);
      if (about !== BATCH) continue;
      const length = header.int64(0, 0);
      const [low, high] = [Math.max(from, start), Math.min(from + count, start + length)];
      if (low < high) yield batchOf(storedIn(header, await body(), fields), fields, wordsOf, { low, high, start, name });
      start += length;
      if (start >= from + count) return undefined;
    }
    return undefined;
  } catch (cause) {
    throw damaged(cause, name);
  } finally {
    await handle.close();
  }
}

function batchOf(
  stored: ReturnType<typeof storedIn>,
  fields: readonly ArrowField[],
  wordsOf: Parameters<typeof cellsOf>[2],
  { low, high, start, name }: { readonly low: number; readonly high: number; readonly start: number; readonly name: string },
): Batch {
  if (stored.some(({ length }) => length < high - start)) throw new RangeError('a batch says that it has more rows than it has');
  const cells = fields.map((field, i) => cellsOf(field, stored[i]!, wordsOf));
  return {
    from: low,
    count: high - low,
    cell(column, row) {
      try {
        return cells[column]!(low - start + row);
      } catch (cause) {
        throw damaged(cause, name);
      }
    },
    fault: () => undefined,
  };
}

/** Values that a column's numbers stand for; later ones follow those before, or take their place. */
async function addWords(
  header: Fields,
  body: Uint8Array,
  fields: readonly ArrowField[],
  words: Map<number, (row: number) => Cell>,
): Promise<void> {
  const id = header.int64(0, 0);
  const [field, batch] = [fields.find(({ dictionary }) => dictionary?.id === id), header.record(1)];
  if (field === undefined || batch === undefined) return;
  const { dictionary: _, ...own } = field;
  const whole: ArrowField = { ...own, buffers: BUFFERS_OF_WORDS[own.type.kind] ?? 2, variadic: own.type.kind === 'text view' };
  const [stored] = storedIn(batch, body, [whole]);
  const later = cellsOf(whole, stored!, () => () => null);
  const [before, offset] = [words.get(id), sizes.get(words.get(id)!) ?? 0];
  const isDelta = header.int8(2, 0) !== 0 && before !== undefined;
  const all = isDelta ? (row: number): Cell => (row < offset ? before(row) : later(row - offset)) : later;
  sizes.set(all, (isDelta ? offset : 0) + stored!.length);
  words.set(id, all);
}

/** How many values a dictionary has. */
const sizes = new WeakMap<(row: number) => Cell, number>();
const BUFFERS_OF_WORDS: { readonly [kind: string]: number } = { text: 3, 'large text': 3 };

async function opened<T>(file: string, name: string, act: (messages: AsyncIterator<Message>) => Promise<T>): Promise<T> {
  const handle = await open(file);
  try {
    return await act(messagesIn(handle, (await handle.stat()).size));
  } catch (cause) {
    throw damaged(cause, name);
  } finally {
    await handle.close();
  }
}

function damaged(cause: unknown, name: string): unknown {
  if (cause instanceof CompressedError)
    return new DataError('unsupported', `${name} is compressed by zstd, which is not read: save it with compression lz4, or none`, {
      cause,
    });
  if (cause instanceof DataError && !cause.message.startsWith('its ')) return cause;
  const why =
    cause instanceof RangeError && !/bounds of|Invalid typed array/.test(cause.message) ? cause.message : 'it is damaged or cut off';
  return new DataError('malformed', `${name} is no Arrow file that can be read: ${why}`, { cause });
}
