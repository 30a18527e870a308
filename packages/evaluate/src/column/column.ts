import { naturally } from '../prediction/outcome.js';

/** A column of numbers: NaN where none is. */
export interface NumberColumn {
  readonly kind: 'number';
  readonly name: string;
  readonly values: Float64Array;
  /** Days since 1970. */
  readonly dates?: boolean;
}

/** A column of values that are names: −1 where none is. */
export interface CategoryColumn {
  readonly kind: 'category';
  readonly name: string;
  readonly categories: readonly string[];
  /** Categories by place, [N]. */
  readonly codes: Int32Array;
  /** Text, or names of rows: most values are met once, and do not make groups. */
  readonly opaque?: boolean;
}

export type Column = NumberColumn | CategoryColumn;
export const MISSING = -1;

export const numbers = (name: string, values: ArrayLike<number>): NumberColumn => ({
  kind: 'number',
  name,
  values: Float64Array.from(values),
});

/** Categories in the order of people. */
export function categories(name: string, values: readonly (string | null | undefined)[]): CategoryColumn {
  const found = [...new Set(values)].filter((value) => typeof value === 'string').toSorted(naturally);
  const places = new Map(found.map((value, at) => [value, at]));
  return { kind: 'category', name, categories: found, codes: Int32Array.from(values, (value) => places.get(value ?? '\0') ?? MISSING) };
}

export const isOpaque = (column: Column): boolean => column.kind === 'category' && column.opaque === true;
export const rowCount = (column: Column): number => (column.kind === 'number' ? column.values : column.codes).length;
export const isMissing = (column: Column, row: number): boolean =>
  column.kind === 'number' ? Number.isNaN(column.values[row]!) : column.codes[row] === MISSING;

const MOST_NAMES = 12;
/** For messages: what columns there are. */
export const namesOf = (columns: readonly Column[]): string =>
  `${columns
    .slice(0, MOST_NAMES)
    .map(({ name }) => name)
    .join(', ')}${columns.length > MOST_NAMES ? ` and ${columns.length - MOST_NAMES} more` : ''}`;

/** Some rows, by place. */
export const pickRows = (column: Column, rows: ArrayLike<number>): Column =>
  column.kind === 'number'
    ? { ...column, values: picked(column.values, rows, new Float64Array(rows.length)) }
    : { ...column, codes: picked(column.codes, rows, new Int32Array(rows.length)) };

// A loop: `from` of a million rows takes twenty times as long.
function picked<A extends Float64Array | Int32Array>(all: A, rows: ArrayLike<number>, into: A): A {
  for (let i = 0; i < rows.length; i++) into[i] = all[rows[i]!]!;
  return into;
}
