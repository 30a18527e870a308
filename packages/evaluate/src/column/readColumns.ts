import { missingWords, readCell, type Cell, type Feature, type Sample, type Schema } from '@vitrine/data';
import { categories, type Column } from './column.js';

/** Cells that are not what their column's kind says. */
export interface Unread {
  readonly column: string;
  readonly count: number;
  /** What is wrong with the first of them, and its row. */
  readonly first: string;
  readonly row: number;
}

export interface ReadColumns {
  readonly columns: readonly Column[];
  /** They count as missing. */
  readonly unread: readonly Unread[];
}

const DAY = 86_400_000;

/** Columns of sampled rows, as a schema says what they mean. Dates are days, text and row names are opaque; a column the schema lacks is text. */
export function readColumns(names: readonly string[], sample: Sample, schema: Schema): ReadColumns {
  const unread: Unread[] = [];
  const columns = names.map((name, at): Column => {
    const feature = schema.features.find((each) => each.name === name) ?? { name, kind: 'text' };
    const cells = sample.columns[at]!;
    if (feature.kind !== 'number' && feature.kind !== 'date') {
      const column = categories(name, textsOf(cells, feature, schema.missing ?? missingWords));
      return feature.kind === 'category' || feature.kind === 'boolean' ? column : { ...column, opaque: true };
    }
    let [count, first, row] = [0, '', 0];
    const values = Float64Array.from(cells, (cell, i) => {
      const { value, fault } = readCell(feature, cell, schema);
      if (fault !== undefined && count++ === 0) [first, row] = [fault, sample.rows[i]!];
      if (value === undefined || value === null) return NaN;
      return feature.kind === 'date' ? Date.parse(String(value)) / DAY : Number(value);
    });
    if (count > 0) unread.push({ column: name, count, first, row });
    return { kind: 'number', name, values, ...(feature.kind === 'date' && { dates: true }) };
  });
  return { columns, unread };
}

/** As the file spells them: a category that a schema does not know is one all the same. */
function textsOf(cells: readonly Cell[], { categories: known = [] }: Feature, missing: readonly string[]): readonly (string | null)[] {
  const own = new Set(known);
  return cells.map((cell) => {
    if (cell === null || (typeof cell === 'number' && Number.isNaN(cell))) return null;
    const text = String(cell).trim();
    return own.has(text) || !missing.includes(text) ? text : null;
  });
}
