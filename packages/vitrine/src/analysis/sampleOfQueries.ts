import { random, sampleOf, type Cell, type Sample, type Table } from '@vitrine/data';

/** Rows of whole queries: all of a table, or those of queries that are drawn by seed, until `most` rows are reached. Two passes over a large table. */
export async function sampleOfQueries(
  table: Table,
  column: string,
  most: number,
  seed: number,
  update?: (seen: number) => void,
): Promise<Sample> {
  const all = await sampleOf(table, most, seed, {}, update);
  if (all.rows.length === all.seen - all.faults.count) return all;
  const at = table.columns.indexOf(column);
  const counts = new Map<string, number>();
  for await (const { name } of named(table, at)) counts.set(name, (counts.get(name) ?? 0) + 1);
  const kept = new Set<string>();
  let room = most;
  const uniform = random(seed, 'queries');
  const places = [...counts].map(([name, count]) => ({ name, count, place: uniform() })).toSorted((a, b) => a.place - b.place);
  for (const { name, count } of places) {
    if (kept.size > 0 && count > room) break;
    kept.add(name);
    room -= count;
  }
  const rows: number[] = [];
  const columns: Cell[][] = table.columns.map(() => []);
  for await (const { name, row, cell } of named(table, at)) {
    if (!kept.has(name)) continue;
    rows.push(row);
    for (const [i, own] of columns.entries()) own.push(cell(i));
  }
  return { ...all, rows, columns };
}

interface Named {
  readonly name: string;
  readonly row: number;
  readonly cell: (column: number) => Cell;
}

/** Sound rows with what the query column says. */
async function* named(table: Table, at: number): AsyncGenerator<Named, undefined> {
  for await (const batch of table.batches())
    for (let i = 0; i < batch.count; i++)
      if (batch.fault(i) === undefined)
        yield { name: String(batch.cell(at, i) ?? '').trim(), row: batch.from + i, cell: (column) => batch.cell(column, i) };
  return undefined;
}
