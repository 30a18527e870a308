import path from 'node:path';
import { DataError } from '../error.js';
import { openArrow } from './arrow.node.js';
import { openDelimited } from './delimited.node.js';
import { readHead, type Head } from './head.node.js';
import { openJsonLines } from './jsonLines.node.js';
import { openParquet } from './parquet.node.js';
import type { Dialect, Table } from './table.js';

/** How a table is laid out, where its file does not tell: what is left out is guessed. */
export type DialectGiven = Partial<Dialect>;

/** Endings of files that tables are read from. */
export const tableEndings = ['.csv', '.tsv', '.parquet', '.arrow', '.feather', '.ipc', '.jsonl', '.ndjson'] as const;

/** Whether a file is read as a table, by its ending. */
export const isTableFile = (file: string): boolean => tableEndings.some((ending) => new RegExp(`\\${ending}(\\.gz)?$`, 'i').test(file));

/**
 * Opens a table: CSV, TSV, Parquet, Arrow, JSON lines, by what the file holds and then by its ending. Nothing of it is kept in memory.
 * @throws DataError naming the file
 */
export async function openTable(file: string, dialect: DialectGiven = {}): Promise<Table> {
  const absolute = path.resolve(file);
  const name = path.basename(file);
  const head = await readHead(absolute, name);
  if (head.bytes.length === 0) throw new DataError('malformed', `${name} is empty: it has no row`);
  const found = formats.find(({ matches }) => matches(head, name));
  return found === undefined ? openDelimited(absolute, name, head, dialect) : found.open(absolute, name, head);
}

const begins = ({ bytes }: Head, text: string): boolean => text.split('').every((c, i) => bytes[i] === c.charCodeAt(0));
const firstCharacter = ({ bytes }: Head): string =>
  /\S/.exec(new TextDecoder('latin1').decode(bytes.subarray(0, 4096)).replace(/^ï»¿/, ''))?.[0] ?? '';
const refusing =
  (why: string) =>
  (_: string, name: string): never => {
    throw new DataError('unsupported', `${name} ${why}`);
  };

const CONTINUATION = '\u00ff\u00ff\u00ff\u00ff';

/** Formats by what a file begins with, or by its ending; the rest is delimited text. */
const formats: readonly {
  readonly matches: (head: Head, name: string) => boolean;
  readonly open: (file: string, name: string, head: Head) => Promise<Table>;
}[] = [
  { matches: (head, name) => begins(head, 'PAR1') || /\.parquet$/i.test(name), open: openParquet },
  {
    matches: (head, name) => begins(head, 'ARROW1') || begins(head, CONTINUATION) || /\.(arrow|feather|ipc)$/i.test(name),
    open: openArrow,
  },
  { matches: (head) => begins(head, 'PK'), open: refusing('is an archive or a spreadsheet: save the sheet as CSV') },
  { matches: (head) => begins(head, '\u00d0\u00cf\u0011\u00e0'), open: refusing('is a spreadsheet of old: save the sheet as CSV') },
  { matches: (head) => begins(head, 'SQLite format 3'), open: refusing('is a database: export the table as CSV or Parquet') },
  {
    matches: (head, name) => !/\.(csv|tsv)(\.gz)?$/i.test(name) && (firstCharacter(head) === '{' || firstCharacter(head) === '['),
    open: (file, name, head) => openJsonLines(file, name, firstCharacter(head) === '[', head.compressed),
  },
];
