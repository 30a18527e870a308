import { namesOf, type Column } from '../column/column.js';
import { grouped, type GroupingOptions } from '../column/grouped.js';
import { EvaluateError } from '../error.js';

/** Rows that have something in common. */
export interface Slice {
  /** Columns they are alike in. */
  readonly by: readonly string[];
  /** Their value in each. */
  readonly values: readonly string[];
  readonly rows: Int32Array;
}

/** As in "age > 35 and sex = f". */
export const nameOf = ({ by, values }: Pick<Slice, 'by' | 'values'>): string =>
  by.map((column, i) => (/^[≤>] /.test(values[i]!) ? `${column} ${values[i]}` : `${column} = ${values[i]}`)).join(' and ');

/** More than these are no reading. */
const MOST_SLICES = 2000;

/**
 * Rows by the groups of columns: of each list of columns, every combination that occurs.
 * @throws EvaluateError naming a column that is not there
 */
export function slicesBy(columns: readonly Column[], by: readonly (readonly string[])[], options: GroupingOptions = {}): readonly Slice[] {
  const found = (name: string): Column => {
    const column = columns.find((each) => each.name === name);
    if (column !== undefined) return column;
    throw new EvaluateError('unknown-column', `there is no column ${name} to slice by: there are ${namesOf(columns)}`);
  };
  const slices = by.flatMap((names) => crossed(names.map((name) => grouped(found(name), options))));
  if (slices.length > MOST_SLICES)
    throw new EvaluateError('bad-option', `${slices.length} slices are more than ${MOST_SLICES}: slice by fewer columns, or by fewer bins`);
  return slices;
}

function crossed(columns: readonly ReturnType<typeof grouped>[]): readonly Slice[] {
  const rows = new Map<string, number[]>();
  for (let i = 0; i < (columns[0]?.codes.length ?? 0); i++) {
    const key = columns.map(({ codes }) => codes[i]!).join(' ');
    const own = rows.get(key);
    if (own === undefined) rows.set(key, [i]);
    else own.push(i);
  }
  return [...rows]
    .map(([key, list]) => ({ codes: key.split(' ').map(Number), list }))
    .toSorted((a, b) => a.codes.reduce((order, code, i) => order || code - b.codes[i]!, 0))
    .map(({ codes, list }) => ({
      by: columns.map(({ name }) => name),
      values: codes.map((code, i) => columns[i]!.categories[code]!),
      rows: Int32Array.from(list),
    }));
}
