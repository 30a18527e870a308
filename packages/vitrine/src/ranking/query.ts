import { DataError, random, rowOf, type Row } from '@vitrine/data';
import { VitrineError } from '@vitrine/ir';
import type { LoadedModel } from '../model.js';
import type { TableGiven } from '../table/given.js';
import { readTableRow, type ReadRow, type Reading } from '../table/row.js';
import { withReading } from '../table/rows.js';

/** Which documents: the rows of a table whose query column says so. */
export interface QueryGiven extends Omit<TableGiven, 'row' | 'rows' | 'queryColumn'> {
  readonly queryColumn: string;
  readonly query: string;
}

/** A row of the query, and how relevant the table says that it is. */
export interface Document {
  readonly row: ReadRow;
  readonly grade: number | undefined;
}

export interface ReadQuery {
  readonly table: string;
  readonly column: string;
  readonly query: string;
  readonly labelColumn: string | undefined;
  readonly documents: readonly Document[];
  /** Rows of other queries, drawn by seed; of the query itself where there are no others. */
  readonly standIns: readonly ReadRow[];
  readonly notes: readonly string[];
}

/** Reads the documents of a query, and some of other queries. The table may be larger than memory. @throws DataError */
export async function readQuery(model: LoadedModel, given: QueryGiven, others: number, seed: number): Promise<ReadQuery> {
  return withReading(model, given, async (reading, table) => {
    const { query, queryColumn } = given;
    const own: { readonly row: Row; readonly number: number }[] = [];
    const kept: { readonly row: Row; readonly number: number }[] = [];
    const uniform = random(seed, 'stand-ins');
    const column = table.columns.indexOf(queryColumn);
    const known = new Set<string>();
    let seen = 0;
    for await (const batch of table.batches())
      for (let i = 0; i < batch.count; i++) {
        if (batch.fault(i) !== undefined) continue;
        const name = String(batch.cell(column, i) ?? '').trim();
        const number = batch.from + i;
        if (name === query) own.push({ row: rowOf(table, batch, i), number });
        else {
          if (known.size < FEW) known.add(name);
          const place = kept.length < others ? kept.length : Math.floor(uniform() * (seen + 1));
          if (place < others) kept[place] = { row: rowOf(table, batch, i), number };
          seen++;
        }
      }
    if (own.length === 0)
      throw new DataError('bad-option', `${table.name} has no row whose ${queryColumn} is ${query}: it is ${[...known].join(', ')}, …`);
    const documents = own.map(({ row, number }) => ({
      read: attempt(reading, row, number),
      grade: gradeOf(row, reading.schema.labelColumn),
    }));
    const failures = documents.flatMap(({ read }) => (read instanceof VitrineError ? [read.message] : []));
    const readable = documents.flatMap(({ read, grade }) => (read instanceof VitrineError ? [] : [{ row: read, grade }]));
    const standIns = kept.map(({ row, number }) => attempt(reading, row, number)).filter((read) => !(read instanceof VitrineError));
    return {
      table: table.name,
      column: queryColumn,
      query,
      labelColumn: reading.schema.labelColumn,
      documents: readable,
      standIns: standIns.length > 0 ? (standIns as readonly ReadRow[]) : readable.map(({ row }) => row),
      notes: [
        ...failures.map((message) => `${message}: left out`),
        ...(standIns.length === 0 ? ['the table has no other query: documents of this one stand in for each other'] : []),
      ],
    };
  });
}

const FEW = 5;

function attempt(reading: Reading, row: Row, number: number): ReadRow | VitrineError {
  try {
    return readTableRow(reading, row, number);
  } catch (failure) {
    if (failure instanceof VitrineError) return failure;
    throw failure;
  }
}

function gradeOf(row: Row, labelColumn: string | undefined): number | undefined {
  const cell = labelColumn === undefined ? null : (row.get(labelColumn) ?? null);
  const grade = cell === null || String(cell).trim() === '' ? NaN : Number(cell);
  return Number.isFinite(grade) ? grade : undefined;
}
