import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { DataError } from '../error.js';
import { quoted } from './engine.node.js';
import type { Cell } from './table.js';

export const writtenFormats = ['csv', 'json', 'jsonl', 'parquet'] as const;
export type WrittenFormat = (typeof writtenFormats)[number];
export type WrittenKind = 'number' | 'text' | 'boolean';
export type WrittenRow = readonly (Cell | undefined)[];

/** Rows to be written, each as wide as there are columns. */
export interface WrittenTable {
  readonly columns: readonly string[];
  /** In memory, or one after the other. */
  readonly rows: Iterable<WrittenRow> | AsyncIterable<WrittenRow>;
  /** What each column holds: needed for Parquet where rows are not an array. */
  readonly kinds?: readonly WrittenKind[];
}

/** The format that a file's ending asks for. */
export const formatFor = (file: string): WrittenFormat | undefined =>
  writtenFormats.find((format) => file.toLowerCase().endsWith(`.${format}`));

/**
 * Writes a table row by row: CSV (RFC 4180), JSON (a list of objects, an object a line), JSON lines, Parquet. What is missing is empty, or null; so is NaN
 * but in Parquet. @throws DataError where Parquet is not told what columns hold
 */
export async function writeTable(file: string, table: WrittenTable, format: WrittenFormat): Promise<void> {
  if (format === 'parquet') return writeParquet(file, table);
  const out = createWriteStream(file);
  const ended = finished(out);
  try {
    for await (const text of TEXTS[format](table)) if (!out.write(text)) await Promise.race([once(out, 'drain'), ended]);
    out.end();
    await ended;
  } catch (cause) {
    out.destroy();
    await ended.catch(() => undefined);
    throw cause;
  }
}

/** The same as bytes, for tables that are small. */
export async function tableBytes(table: WrittenTable, format: WrittenFormat): Promise<Uint8Array> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'vitrine-table-'));
  try {
    const file = path.join(folder, `table.${format}`);
    await writeTable(file, table, format);
    return await readFile(file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const isNothing = (cell: Cell | undefined): cell is null | undefined => cell === null || cell === undefined || Number.isNaN(cell);

async function* csvLines({ columns, rows }: WrittenTable): AsyncGenerator<string, undefined> {
  yield `${columns.map(field).join(',')}\n`;
  for await (const row of rows) yield `${row.map(field).join(',')}\n`;
  return undefined;
}

function field(cell: Cell | undefined): string {
  if (isNothing(cell)) return '';
  const text = String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

async function* objects({ columns, rows }: WrittenTable): AsyncGenerator<string, undefined> {
  for await (const row of rows)
    yield JSON.stringify(Object.fromEntries(columns.map((name, i) => [name, isNothing(row[i]) ? null : row[i]])));
  return undefined;
}

async function* jsonLines(table: WrittenTable): AsyncGenerator<string, undefined> {
  for await (const object of objects(table)) yield `${object}\n`;
  return undefined;
}

async function* jsonList(table: WrittenTable): AsyncGenerator<string, undefined> {
  let before = '[';
  for await (const object of objects(table)) {
    yield `${before}\n${object}`;
    before = ',';
  }
  yield `${before === '[' ? '[' : ''}\n]\n`;
  return undefined;
}

const TEXTS = { csv: csvLines, json: jsonList, jsonl: jsonLines } as const;

const TYPES = { number: 'DOUBLE', text: 'VARCHAR', boolean: 'BOOLEAN' } as const;
/** Rows wait on the disk, not in memory. */
const MEMORY = '500MB';

async function writeParquet(file: string, table: WrittenTable): Promise<void> {
  const kinds = table.kinds ?? kindsOf(table);
  const folder = await mkdtemp(path.join(os.tmpdir(), 'vitrine-table-'));
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const absolute = path.resolve(file);
  const instance = await DuckDBInstance.create(path.join(folder, 'rows'), { threads: '2', max_memory: MEMORY });
  try {
    const connection = await instance.connect();
    await connection.run(`CREATE TABLE rows (${kinds.map((kind, i) => `c${i} ${TYPES[kind]}`).join(', ')})`);
    const appender = await connection.createAppender('rows');
    for await (const row of table.rows) {
      for (const [i, kind] of kinds.entries()) {
        const cell = row[i];
        if (cell === null || cell === undefined) appender.appendNull();
        else if (kind === 'number') appender.appendDouble(Number(cell));
        else if (kind === 'boolean') appender.appendBoolean(cell === true || cell === 'true');
        else appender.appendVarchar(String(cell));
      }
      appender.endRow();
    }
    appender.closeSync();
    const named = table.columns.map((name, i) => `c${i} AS "${name.replaceAll('"', '""')}"`).join(', ');
    await connection.run(`COPY (SELECT ${named} FROM rows) TO ${quoted(absolute)} (FORMAT parquet)`);
    connection.closeSync();
  } finally {
    instance.closeSync();
    await rm(folder, { recursive: true, force: true });
  }
}

/** What columns of rows in memory hold: numbers or booleans where all of a column are, else text. */
function kindsOf({ columns, rows }: WrittenTable): readonly WrittenKind[] {
  if (!Array.isArray(rows)) throw new DataError('bad-option', 'Parquet needs to know what columns hold before their rows come: give kinds');
  return columns.map((_, i) => {
    const types = new Set(
      (rows as readonly WrittenRow[]).map((row) => row[i]).flatMap((cell) => (cell === null || cell === undefined ? [] : [typeof cell])),
    );
    const [only, ...others] = types;
    return others.length > 0 || only === undefined || only === 'string' ? 'text' : (only as 'number' | 'boolean');
  });
}
