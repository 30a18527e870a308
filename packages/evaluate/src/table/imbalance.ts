import { MISSING, type CategoryColumn, type Column } from '../column/column.js';
import { grouped, type GroupingOptions } from '../column/grouped.js';
import { nameOf, slicesBy } from '../prediction/slices.js';
import { wilson, Z_95 } from '../statistics/interval.js';

/** How often each class occurs. */
export interface ClassCount {
  readonly label: string;
  readonly count: number;
  /** Of all rows, with its interval (Wilson). */
  readonly share: number;
  readonly low: number;
  readonly high: number;
}

/** Of rows that have a value, or values, in common: how often each class occurs. */
export interface CrossCount {
  readonly group: string;
  readonly by: readonly string[];
  readonly rows: number;
  readonly counts: readonly ClassCount[];
}

export interface Imbalance {
  readonly label: string;
  readonly classes: readonly ClassCount[];
  /** The most frequent class over the rarest. */
  readonly ratio: number;
  /** Entropy over that of classes of one size: 1 is even, 0 is one class. Shannon 1948. */
  readonly evenness: number;
  readonly crossed: readonly CrossCount[];
}

/** Of a label (of numbers, their bins), in all rows and by the groups of columns. */
export function imbalance(
  columns: readonly Column[],
  label: Column,
  by: readonly (readonly string[])[] = [],
  options: GroupingOptions & { readonly z?: number } = {},
): Imbalance {
  const classes = grouped(label, options);
  const all = Int32Array.from(classes.codes.keys());
  const { z = Z_95 } = options;
  const overall = counted(classes, all, z);
  const present = overall.filter(({ count }) => count > 0);
  const entropy = present.reduce((sum, { share }) => sum - share * Math.log(share), 0);
  return {
    label: label.name,
    classes: overall,
    ratio: Math.max(...present.map(({ count }) => count)) / Math.min(...present.map(({ count }) => count)),
    evenness: present.length > 1 ? entropy / Math.log(present.length) : 0,
    crossed: slicesBy(columns, by, options).map((slice) => ({
      group: nameOf(slice),
      by: slice.by,
      rows: slice.rows.length,
      counts: counted(classes, slice.rows, z),
    })),
  };
}

function counted({ categories, codes }: CategoryColumn, rows: Int32Array, z: number): readonly ClassCount[] {
  const counts = new Float64Array(categories.length);
  for (const row of rows) if (codes[row] !== MISSING) counts[codes[row]!]!++;
  return categories.map((label, k) => ({
    label,
    count: counts[k]!,
    share: counts[k]! / rows.length,
    ...wilson(counts[k]!, rows.length, z),
  }));
}
