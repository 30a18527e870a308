import { random } from '../random.js';
import type { Cell, Range, Table } from './table.js';

/** Some rows of a table, column by column, and how many rows were seen. */
export interface Sample {
  /** By column: a cell for each sampled row, in the file's order. */
  readonly columns: readonly (readonly Cell[])[];
  /** The number of each sampled row. */
  readonly rows: readonly number[];
  /** Rows that were looked at; all of the table unless `isPart`. */
  readonly seen: number;
  readonly isPart: boolean;
  /** Rows that are damaged as such, by number: the first of them, and how many. */
  readonly faults: { readonly first: readonly { readonly row: number; readonly fault: string }[]; readonly count: number };
}

const MOST_FAULTS = 20;

/**
 * Rows drawn from a table, each as likely as any other, the same for the same seed: Vitter 1985, algorithm R. Cells of other rows are not read,
 * and nothing grows with the table.
 */
export async function sampleOf(
  table: Table,
  most: number,
  seed: number,
  range: Range = {},
  update?: (seen: number) => void,
): Promise<Sample> {
  const uniform = random(seed, 'rows');
  const kept: { row: number; cells: Cell[] }[] = [];
  const first: { row: number; fault: string }[] = [];
  let [seen, faults] = [0, 0];
  for await (const batch of table.batches(range)) {
    for (let i = 0; i < batch.count; i++) {
      const row = batch.from + i;
      const fault = batch.fault(i);
      if (fault !== undefined) {
        faults++;
        if (first.length < MOST_FAULTS) first.push({ row, fault });
        continue;
      }
      const place = kept.length < most ? kept.length : Math.floor(uniform() * (seen + 1));
      if (place < most) kept[place] = { row, cells: table.columns.map((_, column) => batch.cell(column, i)) };
      seen++;
    }
    update?.(seen);
  }
  kept.sort((a, b) => a.row - b.row);
  return {
    columns: table.columns.map((_, column) => kept.map(({ cells }) => cells[column]!)),
    rows: kept.map(({ row }) => row),
    seen: seen + faults,
    isPart: range.count !== undefined && seen + faults >= range.count,
    faults: { first, count: faults },
  };
}
