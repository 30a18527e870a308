import { saidOf, type Estimate } from '../estimate.js';

export type SheetCell = string | number | undefined;

/** Results as rows under named columns: for spreadsheets, for the table under a chart, for other programs. */
export interface Sheet {
  /** Of its file, without an ending. */
  readonly name: string;
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly SheetCell[])[];
}

/** Rows by what each column says of one. */
export const sheet = <T>(
  name: string,
  title: string,
  columns: { readonly [column: string]: (row: T) => SheetCell },
  rows: readonly T[],
): Sheet => ({ name, title, columns: Object.keys(columns), rows: rows.map((row) => Object.values(columns).map((of) => finite(of(row)))) });

/** What is no number is left empty. */
const finite = (cell: SheetCell): SheetCell => (typeof cell === 'number' && Number.isNaN(cell) ? undefined : cell);

/** An estimate, its interval, and what is to be said where there is none. */
export const estimateColumns = <T>(of: (row: T) => Estimate): { readonly [column: string]: (row: T) => SheetCell } => {
  const told = (row: T) => {
    const estimate = of(row);
    return estimate.verdict === 'estimated' ? estimate : undefined;
  };
  return {
    value: (row) => told(row)?.value,
    low: (row) => told(row)?.low,
    high: (row) => told(row)?.high,
    support: (row) => of(row).support,
    interval: (row) => told(row)?.interval,
    note: (row) => saidOf(of(row)),
  };
};

/** As a file: what spreadsheets read. RFC 4180, lines ended by a line feed. */
export const csvOf = ({ columns, rows }: Pick<Sheet, 'columns' | 'rows'>): string =>
  `${[columns, ...rows].map((row) => row.map(field).join(',')).join('\n')}\n`;

const field = (cell: SheetCell): string =>
  cell === undefined ? '' : typeof cell === 'number' ? String(cell) : /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
