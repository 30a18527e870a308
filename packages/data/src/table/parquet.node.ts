import type { DuckDBValue } from '@duckdb/node-api';
import { DataError } from '../error.js';
import { megabytes, quoted, saidBy, withEngine, type Engine, type Rows } from './engine.node.js';
import { cellOf, type Cell, type Table } from './table.js';

/** Row groups are unpacked as wholes. */
const BASE_MB = 1000;

/** A Parquet file. @throws DataError naming the file */
export const openParquet = async (file: string, name: string): Promise<Table> => {
  const columns = await withEngine(file, BASE_MB, async (engine) => {
    const names = await namesIn(engine, file, name);
    engine.close();
    return names;
  });
  return withEngine(file, megabytes(BASE_MB, columns.length), (engine) => opened(engine, columns, file, name));
};

/** The rows of a statement, damage told by the file's name. */
async function* rowsOf(engine: Engine, select: string, file: string, name: string): AsyncGenerator<Rows, undefined> {
  try {
    return yield* engine.rows(select);
  } catch (cause) {
    throw damaged(cause, file, name);
  }
}

async function namesIn(engine: Engine, file: string, name: string): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const rows of rowsOf(engine, `SELECT column_name FROM (DESCRIBE FROM read_parquet(${quoted(file)}))`, file, name))
    for (let i = 0; i < rows.count; i++) names.push(String(rows.value(0, i)));
  return names;
}

async function opened(engine: Engine, columns: readonly string[], file: string, name: string): Promise<Table> {
  const one = async (select: string): Promise<number> => {
    for await (const rows of rowsOf(engine, select, file, name)) return Number(rows.value(0, 0));
    return NaN;
  };
  const claimed = await one(`SELECT num_rows FROM parquet_file_metadata(${quoted(file)})`);
  const held = await one(`SELECT count(*) FROM read_parquet(${quoted(file)})`);
  if (held !== claimed)
    throw new DataError('malformed', `${name} is damaged: it says that it has ${claimed} rows, and its parts have ${held}`);
  return {
    name,
    format: 'Parquet',
    columns,
    rowCount: claimed,
    async *batches({ from = 0, count } = {}) {
      let next = from;
      const limit = `${count === undefined ? '' : ` LIMIT ${count}`} OFFSET ${from}`;
      for await (const rows of rowsOf(engine, `SELECT * FROM read_parquet(${quoted(file)})${limit}`, file, name)) {
        yield { from: next, count: rows.count, cell: (column, row) => cellIn(rows.value(column, row)), fault: () => undefined };
        next += rows.count;
      }
      const promised = Math.min(claimed, from + (count ?? Infinity));
      if (next < promised)
        throw new DataError('malformed', `${name} is damaged: it says that it has ${claimed} rows, and ends behind ${next}`);
    },
    close: async () => engine.close(),
  };
}

/** Decimals as numbers; times as `2024-01-31T12:00:00`, dates alone where it is midnight. */
function cellIn(value: DuckDBValue): Cell {
  if (typeof value !== 'object' || value === null) return cellOf(value);
  if ('toDouble' in value) return value.toDouble();
  return String(value)
    .replace(/^(\d{4}-\d\d-\d\d) 00:00:00$/, '$1')
    .replace(/^(\d{4}-\d\d-\d\d) (\d\d:)/, '$1T$2');
}

const damaged = (cause: unknown, file: string, name: string): unknown =>
  cause instanceof DataError
    ? cause
    : new DataError('malformed', `${name} is no Parquet file that can be read: it is damaged or cut off (${saidBy(cause, file)})`, {
        cause,
      });
