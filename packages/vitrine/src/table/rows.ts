import {
  cellOf,
  DataError,
  guessSchema,
  rowOf,
  sampleOf,
  schemaFor,
  tableOf,
  type Feature,
  type RowGiven,
  type Schema,
  type Table,
} from '@vitrine/data';
import { openTable } from '@vitrine/data/node';
import { VitrineError } from '@vitrine/ir';
import path from 'node:path';
import type { LoadedModel } from '../model.js';
import { encodingFor, takenBy } from './encoding.js';
import type { OneRow, TableGiven } from './given.js';
import { readTableRow, type Reading, type ReadRow } from './row.js';
import { schemaBeside, schemaIn } from './schemaOf.js';

/** A row of several, or why it cannot be read. */
export interface Numbered {
  readonly number: number;
  readonly row: ReadRow | VitrineError;
}

/** Rows that say what columns are where no schema does. */
const GUESSED_FROM = 1000;

/** The rows of a table that are asked for, one after the other, as a model reads them. @throws DataError naming the file */
export async function* rowsIn(model: LoadedModel, given: TableGiven): AsyncGenerator<Numbered, undefined> {
  const { table, reading } = await readTable(model, given);
  try {
    yield* numbered(reading, table, given.row === undefined ? given.rows : [[given.row, given.row]]);
  } finally {
    // One that was given open stays so.
    if (table !== given.table) await table.close();
  }
  return undefined;
}

/** Does something with a table as a model reads it. @throws DataError naming the file */
export async function withReading<T>(
  model: LoadedModel,
  given: TableGiven,
  act: (reading: Reading, table: Table) => Promise<T>,
): Promise<T> {
  const { table, reading } = await readTable(model, given);
  try {
    return await act(reading, table);
  } finally {
    if (table !== given.table) await table.close();
  }
}

/** A table as a model reads it; to be closed unless it was given open. @throws DataError naming the file */
export async function readTable(model: LoadedModel, given: TableGiven): Promise<{ readonly table: Table; readonly reading: Reading }> {
  const known = knownSchema(model, given);
  const table = await openedTable(given, known);
  try {
    return { table, reading: await readingOf(model, table, given, known) };
  } catch (cause) {
    if (table !== given.table) await table.close();
    throw cause;
  }
}

/** The only row that is asked for. @throws DataError where there are several, or it cannot be read */
export async function onlyRow(model: LoadedModel, given: TableGiven): Promise<ReadRow> {
  const found: Numbered[] = [];
  for await (const one of rowsIn(model, given)) if (found.push(one) > 1) break;
  const [first] = found;
  if (found.length > 1)
    throw new DataError('bad-input', `${nameOf(given.table)} holds several rows: choose one with row, or explain each with examineEach`);
  if (first === undefined) throw new DataError('malformed', `${nameOf(given.table)} holds no row`);
  if (first.row instanceof VitrineError) throw first.row;
  return first.row;
}

/** A row that stands in memory. @throws DataError naming its columns */
export async function rowInMemory(model: LoadedModel, { row, ...given }: OneRow): Promise<ReadRow> {
  const table = tableOf([row], 'the row');
  const reading = await readingOf(model, table, { ...given, table }, given.schema ?? model.tables.schema);
  const cells = new Map(table.columns.map((name) => [name, cellOf(row[name])]));
  return readTableRow(reading, cells, undefined);
}

const nameOf = (table: TableGiven['table']): string =>
  typeof table === 'string' ? path.basename(table) : 'batches' in table ? table.name : 'the table';

/** What a file says of the columns: that given, that of the model, that beside either. */
export function knownSchema(model: LoadedModel | undefined, { table, schema }: TableGiven): Schema | undefined {
  if (schema !== undefined) return schema;
  if (model?.tables.schema !== undefined) return model.tables.schema;
  const beside = typeof table === 'string' ? schemaBeside(table, model?.file) : undefined;
  return beside === undefined ? undefined : schemaIn(beside);
}

/** A table as a schema says that it is laid out; one that was given open as it is. @throws DataError naming the file */
export async function openedTable(
  { table }: Pick<TableGiven, 'table'>,
  schema: Pick<Schema, 'features' | 'format'> | undefined,
): Promise<Table> {
  if (typeof table !== 'string') return 'batches' in table ? table : tableOf(table as readonly RowGiven[], 'the table');
  const file = await openTable(table, schema?.format);
  return schema?.format?.header === false && schema.features.length > 0 ? named(file, schema) : file;
}

/** Columns without names get those of the schema, in its order. @throws DataError where there are others than it knows */
function named(table: Table, { features }: Pick<Schema, 'features'>): Table {
  if (table.columns.length !== features.length)
    throw new DataError(
      'bad-input',
      `${table.name} has ${table.columns.length} columns without names, and its schema describes ${features.length}: describe all of them, in their order`,
    );
  return { ...table, columns: features.map(({ name }) => name) };
}

async function readingOf(model: LoadedModel, table: Table, given: TableGiven, known: Schema | undefined): Promise<Reading> {
  const schema = known ?? (await guessed(model, table));
  const labelColumn = given.labelColumn ?? schema.labelColumn;
  if (labelColumn !== undefined && given.labelColumn !== undefined && !table.columns.includes(labelColumn))
    throw new DataError('bad-option', `${table.name} has no column ${labelColumn}: it has ${table.columns.slice(0, 12).join(', ')}`);
  const { queryColumn } = given;
  if (queryColumn !== undefined && !table.columns.includes(queryColumn))
    throw new DataError('bad-option', `${table.name} has no column ${queryColumn}: it has ${table.columns.slice(0, 12).join(', ')}`);
  const features = schema.features.map((one): Feature => (one.name === queryColumn ? { name: one.name, kind: 'id' } : one));
  const whole: Schema = { ...schema, features, ...(labelColumn !== undefined && { labelColumn }) };
  return { name: table.name, schema: whole, encoding: encodingFor(model, whole, table), notes: [] };
}

/** What columns seem to be. Categories are left open, and so are bounds: there may be others further down. */
async function guessed(model: LoadedModel, table: Table): Promise<Schema> {
  const sample = await sampleOf(table, GUESSED_FROM, 0, { count: GUESSED_FROM });
  const { schema } = guessSchema(table, sample);
  const taken = takenBy(model, table.columns);
  const open: Schema = {
    ...schema,
    features: schema.features.map((found, i) => {
      const feature: Feature = { name: found.name, kind: found.kind, ...(found.missing === true && { missing: true }) };
      const isEmpty = sample.columns[i]!.every((cell) => cell === null || cell === '');
      // What tells rows apart may be the number that an input is named after.
      const isNumeric =
        taken.get(feature.name) === 'number' && (isEmpty || (feature.kind === 'id' && model.subject.graph.inputs.length > 1));
      if (taken.get(feature.name) === 'text') return { ...feature, kind: 'text' };
      if (isNumeric) return { ...feature, kind: 'number' };
      return found.kind === 'boolean' && found.categories !== undefined ? { ...feature, categories: found.categories } : feature;
    }),
  };
  const { pipeline } = model.tables;
  return pipeline === undefined ? open : schemaFor(pipeline, open);
}

async function* numbered(reading: Reading, table: Table, rows: TableGiven['rows']): AsyncGenerator<Numbered, undefined> {
  const wanted = rows ?? [[0, Infinity] as const];
  const [from, last] = [Math.min(...wanted.map(([first]) => first)), Math.max(...wanted.map(([, to]) => to))];
  let next = from;
  for await (const batch of table.batches({ from, ...(last < Infinity && { count: last - from + 1 }) }))
    for (let i = 0; i < batch.count; i++) {
      next = batch.from + i + 1;
      const number = batch.from + i;
      if (!wanted.some(([first, to]) => number >= first && number <= to)) continue;
      yield { number, row: attempt(() => rowAt(reading, table, batch, i)) };
    }
  if (next <= last && last < Infinity) {
    const ends =
      next === 0
        ? 'no row at all'
        : next === from
          ? `no row ${from}: it ends before`
          : `${next} rows, numbered from 0: there is no ${last}`;
    yield { number: last, row: new DataError('bad-option', `${table.name} has ${ends}`) };
    return undefined;
  }
  if (next === from) throw new DataError('malformed', `${table.name} holds no row`);
  return undefined;
}

/** One row of a batch as a model reads it. @throws DataError naming the row */
export function rowAt(reading: Reading, table: Table, batch: Parameters<typeof rowOf>[1], i: number): ReadRow {
  const fault = batch.fault(i);
  const number = batch.from + i;
  if (fault !== undefined) throw new DataError('malformed', `${table.name}, row ${number} ${fault}`);
  return readTableRow(reading, rowOf(table, batch, i), number);
}

function attempt(read: () => ReadRow): ReadRow | VitrineError {
  try {
    return read();
  } catch (failure) {
    if (failure instanceof VitrineError) return failure;
    throw failure;
  }
}
