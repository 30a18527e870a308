import { rowCount, type Column } from '../column/column.js';

/** Rows that are the same in every column. */
export interface Duplicates {
  /** Rows that an earlier one equals. */
  readonly rows: number;
  /** Sets of equal rows. */
  readonly sets: number;
  /** The first few sets, by place. */
  readonly first: readonly (readonly number[])[];
  /** Sets of rows that are the same in all columns but the label, and differ in that; rows in them. */
  readonly conflicting: { readonly sets: number; readonly rows: number; readonly first: readonly (readonly number[])[] };
}

const SHOWN = 10;

export function duplicates(columns: readonly Column[], label?: string): Duplicates {
  const sets = alike(columns);
  const features = columns.filter(({ name }) => name !== label);
  const target = columns.find(({ name }) => name === label);
  const conflicts =
    target === undefined || features.length === 0 ? [] : alike(features).filter((set) => new Set(set.map(valueIn(target))).size > 1);
  return {
    rows: sets.reduce((sum, { length }) => sum + length - 1, 0),
    sets: sets.length,
    first: sets.slice(0, SHOWN),
    conflicting: {
      sets: conflicts.length,
      rows: conflicts.reduce((sum, { length }) => sum + length, 0),
      first: conflicts.slice(0, SHOWN),
    },
  };
}

const valueIn =
  (column: Column) =>
  (row: number): number =>
    column.kind === 'number' ? column.values[row]! : column.codes[row]!;

/** Sets of more than one. */
function alike(columns: readonly Column[]): readonly (readonly number[])[] {
  const values = columns.map(valueIn);
  const rows = new Map<string, number[]>();
  for (let i = 0; i < (columns[0] === undefined ? 0 : rowCount(columns[0])); i++) {
    const key = values.map((of) => of(i)).join(' ');
    const own = rows.get(key);
    if (own === undefined) rows.set(key, [i]);
    else own.push(i);
  }
  return [...rows.values()].filter(({ length }) => length > 1);
}
