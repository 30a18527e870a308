import { DataError } from '../error.js';
import { quoted, saidBy, withEngine, type Engine } from './engine.node.js';
import { checkWhole } from './head.node.js';
import { cellOf, type Batch, type Table } from './table.js';

/** Rows that the names of columns are taken from: later ones may leave some out. */
const ROWS_FOR_NAMES = 1000;
const BASE_MB = 300;

/** Objects, one a line, or in one list. A line that is none is a row that says so. @throws DataError naming the file */
export const openJsonLines = (file: string, name: string, isList: boolean, compressed: boolean): Promise<Table> =>
  withEngine(file, BASE_MB, (engine) => opened(engine, file, name, isList, compressed));

async function opened(engine: Engine, file: string, name: string, isList: boolean, compressed: boolean): Promise<Table> {
  const options = [
    `format = '${isList ? 'array' : 'newline_delimited'}'`,
    `compression = '${compressed ? 'gzip' : 'uncompressed'}'`,
    ...(isList ? [] : ['ignore_errors = true']),
  ].join(', ');
  const objects = async function* (rest: string): AsyncGenerator<readonly (object | undefined)[], undefined> {
    try {
      for await (const texts of engine.rows(`SELECT json::VARCHAR FROM read_json_objects(${quoted(file)}, ${options})${rest}`))
        yield Array.from({ length: texts.count }, (_, i) => objectIn(texts.value(0, i) as string | null));
      return undefined;
    } catch (cause) {
      throw new DataError('malformed', `${name} cannot be read as JSON: ${saidBy(cause, file)}`, { cause });
    }
  };
  const names = new Set<string>();
  for await (const list of objects(` LIMIT ${ROWS_FOR_NAMES}`))
    for (const one of list) for (const key of Object.keys(one ?? {})) names.add(key);
  if (names.size === 0)
    throw new DataError(
      'malformed',
      `${name} holds no row: a row is an object such as {"age": 39}, ${isList ? 'in a list' : 'one a line'}`,
    );
  const columns = [...names];
  let whole: Promise<void> | undefined;
  return {
    name,
    format: 'JSON',
    columns,
    rowCount: undefined,
    async *batches({ from = 0, count } = {}) {
      let next = from;
      for await (const list of objects(`${count === undefined ? '' : ` LIMIT ${count}`} OFFSET ${from}`)) {
        const batch: Batch = {
          from: next,
          count: list.length,
          cell: (column, row) => cellOf((list[row] as { readonly [key: string]: unknown } | undefined)?.[columns[column]!]),
          fault: (row) => (list[row] === undefined ? 'is no JSON object such as {"age": 39}' : undefined),
        };
        yield batch;
        next += list.length;
      }
      if (compressed && next < from + (count ?? Infinity)) await (whole ??= checkWhole(file, name));
    },
    close: async () => engine.close(),
  };
}

function objectIn(text: string | null): object | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
