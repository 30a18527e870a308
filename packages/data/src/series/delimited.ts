import { DataError } from '../error.js';
import { clockOf } from './clock.js';
import { linesIn, type Line } from './lines.js';
import { MAX_VALUES, numberIn, seriesOf, type Series } from './series.js';

/** What one series of a table is: its columns, one for each channel, or a row of its own. */
export type Reading = 'columns' | 'rows';

export interface DelimitedOptions {
  /** 'columns' unless given. */
  readonly by?: Reading | undefined;
  /** How many samples a row holds: one field more is a label. */
  readonly length?: number | undefined;
}

interface Dialect {
  readonly delimiter: string | RegExp;
  readonly decimal: '.' | ',';
}

/** The series of CSV, TSV or numbers with spaces between: one, or one for each row. A row that cannot be read does not take the others with it. @throws DataError naming the file */
export function* readDelimited(
  bytes: Uint8Array,
  name: string,
  { by = 'columns', length }: DelimitedOptions = {},
): Generator<Series | DataError, undefined> {
  if (by === 'columns') yield columnsOf(bytes, name);
  else yield* rowsOf(bytes, name, length);
}

/** Lines that hold something. */
function* filledLines(bytes: Uint8Array, name: string): Generator<Line, undefined> {
  for (const { text, number } of linesIn(bytes, name)) {
    const line = text.replace(/^\uFEFF/, '');
    if (line.trim() !== '' && !line.trimStart().startsWith('#')) yield { text: line, number };
  }
}

/** By a line: the delimiter that it has, the comma last, because it may stand in numbers. */
function dialectOf(line: string): Dialect {
  const delimiter = ['\t', ';', ','].find((d) => line.includes(d)) ?? /\s+/;
  return { delimiter, decimal: delimiter === ';' ? ',' : '.' };
}

const QUOTED = /^"((?:[^"]|"")*)"$/;
const unquoted = (cell: string): string => cell.trim().replace(QUOTED, (_, inner: string) => inner.replaceAll('""', '"'));

function cellsOf(line: string, { delimiter }: Dialect): readonly string[] {
  if (typeof delimiter === 'string' && line.includes('"'))
    return [...line.matchAll(delimiter === '\t' ? TABS : delimiter === ';' ? SEMICOLONS : COMMAS)].map(([, cell]) => unquoted(cell!));
  return (delimiter instanceof RegExp ? line.trim() : line).split(delimiter).map((cell) => cell.trim());
}
const COMMAS = /(?:^|,)("(?:[^"]|"")*"|[^,]*)/g;
const SEMICOLONS = /(?:^|;)("(?:[^"]|"")*"|[^;]*)/g;
const TABS = /(?:^|\t)("(?:[^"]|"")*"|[^\t]*)/g;

/** A column with such a name holds times; what stands behind it says in what. */
const TIME =
  /^(time|times|timestamp|date|datetime|date[ _]time|seconds?|secs?|s|ms|us|µs|ns|t)(?:[\s_([]+(ms|us|µs|ns|s|sec|seconds?|min|minutes?|h|hours?|utc)[\])]?)?$/i;
const SECONDS: { readonly [unit: string]: number } = {
  ms: 1e-3,
  us: 1e-6,
  µs: 1e-6,
  ns: 1e-9,
  min: 60,
  minute: 60,
  minutes: 60,
  h: 3600,
  hour: 3600,
  hours: 3600,
};

function columnsOf(bytes: Uint8Array, name: string): Series {
  let dialect: Dialect | undefined;
  let header: readonly string[] | undefined;
  let time: number | undefined;
  const columns: number[][] = [];
  for (const { text, number } of filledLines(bytes, name)) {
    const at = `${name}, line ${number}`;
    if (dialect === undefined) {
      dialect = dialectOf(text);
      const first = cellsOf(text, dialect);
      columns.push(...first.map(() => []));
      if (first.some((cell) => numberIn(cell, dialect!.decimal) === undefined)) {
        header = named(first, name);
        time = header.findIndex((cell) => TIME.test(cell));
        continue;
      }
    }
    const cells = cellsOf(text, dialect);
    if (cells.length !== columns.length)
      throw new DataError('malformed', `${at} has ${cells.length} fields, and the first line has ${columns.length}`);
    if (columns.length * columns[0]!.length > MAX_VALUES)
      throw new DataError(
        'too-large',
        `${name} holds more than ${MAX_VALUES.toLocaleString('en')} values: cut out what is to be explained`,
      );
    cells.forEach((cell, c) => columns[c]!.push(c === time ? timeIn(cell, at, header![c]!, dialect!) : valueIn(cell, at, dialect!)));
  }
  if (header !== undefined && columns[0]!.length === 0)
    throw new DataError('malformed', `${name} has no row below the names of its columns`);
  const isChannel = (_: unknown, c: number): boolean => c !== time;
  const times = columns.find((_, c) => c === time);
  const channels = columns.filter(isChannel);
  if (channels.length === 0) throw new DataError('malformed', `${name} holds ${times === undefined ? 'no values' : 'times and no values'}`);
  const names = header?.filter(isChannel) ?? (channels.length === 1 ? ['value'] : channels.map((_, c) => `channel ${c}`));
  return seriesOf(channels, names, name, times && clockOf(times, name));
}

/** @throws DataError where two columns have one name */
function named(cells: readonly string[], name: string): readonly string[] {
  const names = cells.map((cell, c) => cell || `column ${c}`);
  const again = names.find((one, c) => names.indexOf(one) < c);
  if (again !== undefined) throw new DataError('malformed', `${name} has two columns called ${again}: rename one of them`);
  return names;
}

function valueIn(cell: string, at: string, { decimal }: Dialect): number {
  const value = numberIn(cell, decimal);
  if (value === undefined) throw new DataError('malformed', `${at}: ${cell.slice(0, 20)} is no number`);
  return value;
}

function timeIn(cell: string, at: string, column: string, { decimal }: Dialect): number {
  const [, , unit = column.toLowerCase()] = TIME.exec(column)!;
  const value = numberIn(cell, decimal);
  const seconds = value ?? Date.parse(cell.replace(' ', 'T')) / 1000;
  if (Number.isNaN(seconds))
    throw new DataError('malformed', `${at}: ${cell === '' ? 'a time is missing' : `${cell.slice(0, 20)} is no time`}`);
  return value === undefined ? seconds : value * (SECONDS[unit.toLowerCase()] ?? 1);
}

const LABEL = /^(label|class|target|y|category)$/i;

/** One series in each row, and maybe what it is an example of: in a column that is called so, or before the values. */
function* rowsOf(bytes: Uint8Array, name: string, length: number | undefined): Generator<Series | DataError, undefined> {
  let dialect: Dialect | undefined;
  let labelAt: number | undefined;
  for (const { text, number } of filledLines(bytes, name)) {
    const at = `${name}, line ${number}`;
    if (dialect === undefined) {
      dialect = dialectOf(text);
      const first = cellsOf(text, dialect);
      const words = first.filter((cell) => numberIn(cell, dialect!.decimal) === undefined).length;
      labelAt = first.findIndex((cell) => LABEL.test(cell));
      if (words > 1 || labelAt >= 0) continue;
    }
    try {
      yield rowOf(cellsOf(text, dialect), at, dialect, labelAt, length);
    } catch (cause) {
      if (!(cause instanceof DataError)) throw cause;
      yield cause;
    }
  }
}

function rowOf(cells: readonly string[], at: string, dialect: Dialect, labelAt = -1, length?: number): Series {
  const isWord = (cell: string): boolean => numberIn(cell, dialect.decimal) === undefined;
  const place =
    labelAt >= 0 ? labelAt : isWord(cells[0]!) || cells.length - 1 === length ? 0 : isWord(cells.at(-1)!) ? cells.length - 1 : -1;
  const values = cells.filter((_, c) => c !== place).map((cell) => valueIn(cell, at, dialect));
  return seriesOf([values], ['value'], at, { ...(place >= 0 && { label: cells[place]! }) });
}
