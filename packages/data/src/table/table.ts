/** What stands in a cell of a file: null where nothing does. */
export type Cell = string | number | boolean | null;

/** Neighbouring rows of a table. Cells are read when asked for. */
export interface Batch {
  /** The number of the first: rows are counted from 0, below the names of the columns. */
  readonly from: number;
  readonly count: number;
  /** By place: of the column in `columns`, of the row in the batch. */
  cell(column: number, row: number): Cell;
  /** What is wrong with a row as such: more fields than columns. */
  fault(row: number): string | undefined;
}

/** Some rows: `count` of them behind the first `from`. */
export interface Range {
  readonly from?: number;
  readonly count?: number;
}

/** Rows under named columns. Only a few of them are in memory at a time. */
export interface Table {
  /** For messages: the file's name. */
  readonly name: string;
  /** What it is read from: CSV, Parquet. */
  readonly format: string;
  readonly columns: readonly string[];
  /** Where it is known before all is read. */
  readonly rowCount: number | undefined;
  /** How the file says what it says, where that was guessed or given. */
  readonly dialect?: Dialect;
  /** In the file's order. Several may be read at a time. @throws DataError naming the file */
  batches(range?: Range): AsyncIterable<Batch>;
  close(): Promise<void>;
}

/** How a file of text separates and spells its fields. */
export interface Dialect {
  readonly delimiter: string;
  /** Whether the first row names the columns. */
  readonly header: boolean;
  readonly quote: string;
  readonly encoding: Encoding;
}

export const encodings = ['utf-8', 'utf-16', 'latin-1'] as const;
export type Encoding = (typeof encodings)[number];

/** A row of a table, by the names of its columns. */
export type Row = ReadonlyMap<string, Cell>;

/** A row as it is given in code. */
export type RowGiven = { readonly [column: string]: Cell | bigint | Date | undefined };

/** One row of a batch. */
export const rowOf = ({ columns }: Pick<Table, 'columns'>, batch: Batch, row: number): Row =>
  new Map(columns.map((name, column) => [name, batch.cell(column, row)]));

/** Rows that stand in memory: each an object by column. A column is one that any of them has. */
export function tableOf(rows: readonly RowGiven[], name = 'the rows'): Table {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row).filter((key) => row[key] !== undefined)))];
  return {
    name,
    format: 'rows',
    columns,
    rowCount: rows.length,
    async *batches({ from = 0, count = Infinity } = {}) {
      const own = rows.slice(from, from + count);
      if (own.length === 0) return;
      yield {
        from,
        count: own.length,
        cell: (column, row) => cellOf(own[row]![columns[column]!]),
        fault: () => undefined,
      };
    },
    close: async () => undefined,
  };
}

/** What a cell holds, of whatever a program has there. */
export function cellOf(value: unknown): Cell {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : isoDate(value);
  return JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner));
}

/** `2024-01-31`, with the time where there is one. */
export const isoDate = (date: Date): string =>
  date
    .toISOString()
    .replace(/T00:00:00\.000Z$/, '')
    .replace(/\.000Z$/, 'Z');
