import { DataError } from '../error.js';
import { guessDialect } from './dialect.js';
import { megabytes, quoted, saidBy, withEngine, type Engine } from './engine.node.js';
import { checkWhole, headOf, type Head } from './head.node.js';
import type { Batch, Cell, Dialect, Encoding, Table } from './table.js';

/** No cell holds it: what is empty stays empty text, and null means that a row ends early. */
const NOTHING = '\u0001';
const MOST_COLUMNS = 100_000;
/** What was read is kept up to this, and dropped then. */
const BASE_MB = 300;

/**
 * Delimited text: CSV, TSV. Every cell is read as text, so that a row is never lost: one with too many or too few fields says so.
 * @throws DataError naming the file
 */
export async function openDelimited(file: string, name: string, head: Head, given: Partial<Dialect>): Promise<Table> {
  const encoding = given.encoding ?? (head.isUtf16 ? 'utf-16' : 'utf-8');
  const beginning = headOf(head, encoding, name);
  const { first, ...guessed } = guessDialect(beginning, { ...(/\.tsv(\.gz)?$/i.test(name) && { delimiter: '\t' }), ...given });
  if (first.length === 0) throw new DataError('malformed', `${name} is empty: it has no row`);
  if (first.length > MOST_COLUMNS)
    throw new DataError('too-large', `${name} has ${first.length} columns, and at most ${MOST_COLUMNS} are read`);
  const dialect: Dialect = { ...guessed, encoding };
  const columns = dialect.header ? namesOf(first, name) : first.map((_, i) => `column ${i}`);
  return withEngine(file, megabytes(BASE_MB, columns.length), async (engine) =>
    tableOver(engine, file, { name, columns, dialect, compressed: head.compressed }),
  );
}

interface Layout {
  readonly name: string;
  readonly columns: readonly string[];
  readonly dialect: Dialect;
  readonly compressed: boolean;
}

function tableOver(engine: Engine, file: string, { name, columns, dialect, compressed }: Layout): Table {
  let whole: Promise<void> | undefined;
  return {
    name,
    format: dialect.delimiter === '\t' ? 'TSV' : 'CSV',
    columns,
    rowCount: undefined,
    dialect,
    async *batches({ from = 0, count } = {}) {
      const skipped = from + Number(dialect.header);
      let next = from;
      try {
        const limit = `${count === undefined ? '' : ` LIMIT ${count}`} OFFSET ${skipped}`;
        for await (const rows of engine.rows(`${scan(file, dialect, columns.length, compressed)}${limit}`)) {
          const at = (column: number, row: number): string | null => rows.value(column, row) as string | null;
          const batch: Batch = { from: next, count: rows.count, cell: at, fault: (row) => faultOf(row, columns.length, at) };
          yield batch;
          next += rows.count;
        }
        if (compressed && next < from + (count ?? Infinity)) await (whole ??= checkWhole(file, name));
      } catch (cause) {
        throw unread(cause, file, name, dialect.encoding);
      }
    },
    close: async () => engine.close(),
  };
}

function faultOf(row: number, columns: number, at: (column: number, row: number) => Cell): string | undefined {
  if (at(columns, row) !== null) return `has more fields than the ${columns} columns: put text that holds the delimiter in quotation marks`;
  if (at(columns - 1, row) !== null) return undefined;
  let fields = columns;
  while (fields > 0 && at(fields - 1, row) === null) fields--;
  return `has ${fields} of ${columns} fields`;
}

/** One column more than there are, to see rows that are too long. */
function scan(file: string, { delimiter, quote, encoding }: Dialect, columns: number, compressed: boolean): string {
  const types = Array.from({ length: columns + 1 }, (_, i) => `'c${i}': 'VARCHAR'`).join(', ');
  const options = {
    auto_detect: 'false',
    header: 'false',
    skip: '0',
    delim: quoted(delimiter),
    quote: quoted(quote),
    escape: quoted(quote),
    encoding: quoted(encoding),
    compression: quoted(compressed ? 'gzip' : 'none'),
    nullstr: `[${quoted(NOTHING)}]`,
    null_padding: 'true',
    strict_mode: 'false',
    // Rows that are filled up are read by one thread: quoted line ends could not be told from others.
    parallel: 'false',
    columns: `{${types}}`,
  };
  return `SELECT * FROM read_csv(${quoted(file)}, ${Object.entries(options)
    .map(([key, value]) => `${key} = ${value}`)
    .join(', ')})`;
}

/** @throws DataError where two columns have one name */
export function namesOf(first: readonly string[], file: string): readonly string[] {
  const names = first.map((name, i) => name.replace(/^\uFEFF/, '').trim() || `column ${i}`);
  const again = names.find((name, i) => names.indexOf(name) < i);
  if (again !== undefined) throw new DataError('malformed', `${file} has two columns called ${again}: rename one of them`);
  return names;
}

function unread(cause: unknown, file: string, name: string, encoding: Encoding): unknown {
  if (cause instanceof DataError) return cause;
  const said = cause instanceof Error ? cause.message : String(cause);
  const [, line = '?'] = /on Line: (\d+)/.exec(said) ?? [];
  const bad = (why: string): DataError => new DataError('malformed', `${name}, line ${line} ${why}`, { cause });
  if (/Invalid unicode|not utf-8 encoded|encoding/i.test(said))
    return bad(
      encoding === 'utf-8'
        ? 'is not text in UTF-8: save the table as UTF-8, or say "encoding": "latin-1" under "format" in its schema'
        : `is not text in ${encoding}`,
    );
  if (/Maximum line size/i.test(said)) return bad('is longer than 2 MB: a quotation mark is opened there and not closed');
  return new DataError('malformed', `${name} cannot be read as a table: ${saidBy(cause, file)}`, { cause });
}
