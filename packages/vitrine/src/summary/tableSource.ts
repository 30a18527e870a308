import { DataError, tableOf, type RowGiven } from '@vitrine/data';
import { examineRow } from '../exam.js';
import type { LoadedModel } from '../model.js';
import type { Comparing } from '../table/background.js';
import type { TableGiven } from '../table/given.js';
import { readTable, rowAt } from '../table/rows.js';
import type { Question } from '../asked.js';
import { VitrineError } from '@vitrine/ir';
import { fileDigest, textDigest } from './digest.js';
import type { Item, Source } from './source.js';

/** The rows of a table. */
export function tableSource(model: LoadedModel, given: TableGiven, limits: Question['limits'], compare: Comparing | undefined): Source {
  const name = typeof given.table === 'string' ? given.table : 'batches' in given.table ? given.table.name : 'the table';
  // Opened once: to guess what the columns of a wide table are takes a while.
  let opened: ReturnType<typeof readTable> | undefined;
  const read = (): ReturnType<typeof readTable> => (opened ??= readTable(model, given));
  return {
    name,
    noun: 'row',
    async count() {
      const { table } = await read();
      let count = 0;
      if (table.rowCount === undefined) for await (const batch of table.batches()) count += batch.count;
      const found = table.rowCount ?? count;
      if (found === 0) throw new DataError('malformed', `${table.name} holds no row`);
      return found;
    },
    digest: () => tableDigest(given.table),
    described: async () => (await read()).reading.schema,
    async *items(wanted, from) {
      if (wanted !== undefined && from >= wanted.length) return;
      const first = wanted === undefined ? from : wanted[from]!;
      const last = wanted?.at(-1) ?? Infinity;
      const { table, reading } = await read();
      let next = from;
      for await (const batch of table.batches({ from: first }))
        for (let i = 0; i < batch.count; i++) {
          const number = batch.from + i;
          if (number > last) return;
          if (wanted !== undefined && wanted[next] !== number) continue;
          next++;
          yield itemOf(number, () => rowAt(reading, table, batch, i));
        }
    },
    async close() {
      // One that was given open stays so, and one that could not be opened needs no closing.
      const found = await opened?.catch(() => undefined);
      if (found !== undefined && found.table !== given.table) await found.table.close();
    },
  };

  function itemOf(number: number, read: () => ReturnType<typeof rowAt>): Item {
    try {
      const row = read();
      return { number, row, examine: () => examineRow(model, row, limits, compare) };
    } catch (failure) {
      if (!(failure instanceof VitrineError)) throw failure;
      return { number, failure };
    }
  }
}

/** SHA-256 of a table's file, or of the cells of one that is open or in memory. @throws DataError naming it */
export async function tableDigest(given: TableGiven['table']): Promise<string> {
  if (typeof given === 'string') return fileDigest(given);
  const table = 'batches' in given ? given : tableOf(given as readonly RowGiven[]);
  const digest = textDigest();
  digest.add(JSON.stringify(table.columns));
  for await (const batch of table.batches())
    for (let row = 0; row < batch.count; row++) digest.add(JSON.stringify(table.columns.map((_, column) => batch.cell(column, row))));
  return digest.done();
}
