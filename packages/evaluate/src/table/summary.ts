import { MISSING, rowCount, type CategoryColumn, type Column, type NumberColumn } from '../column/column.js';
import { countsOf } from '../column/grouped.js';
import { quantileOfSorted } from '../statistics/bootstrap.js';
import { wilson, Z_95, type Interval } from '../statistics/interval.js';

/** What a column holds. */
export interface Summary {
  readonly name: string;
  readonly kind: Column['kind'];
  readonly rows: number;
  readonly missing: number;
  /** Of the share that is missing (Wilson). */
  readonly missingInterval: Interval;
  readonly distinct: number;
  /** One value at most. */
  readonly constant: boolean;
  readonly mostFrequent: { readonly value: string; readonly count: number } | undefined;
  readonly numbers?: NumberSummary;
}

export interface NumberSummary {
  readonly least: number;
  readonly quartiles: readonly [number, number, number];
  readonly most: number;
  readonly mean: number;
  readonly deviation: number;
  /** Values farther from the quartiles than 1.5 times the distance between them. Tukey 1977. */
  readonly outliers: { readonly below: number; readonly above: number; readonly low: number; readonly high: number };
}

const FENCE = 1.5;

export const summarize = (column: Column, z = Z_95): Summary => (column.kind === 'number' ? ofNumbers(column, z) : ofCategories(column, z));

function common(column: Column, missing: number, counts: ReadonlyMap<string, number>, z: number): Summary {
  const [first] = [...counts].toSorted((a, b) => b[1] - a[1]);
  const rows = rowCount(column);
  return {
    name: column.name,
    kind: column.kind,
    rows,
    missing,
    missingInterval: wilson(missing, rows, z),
    distinct: counts.size,
    constant: counts.size <= 1,
    mostFrequent: first && { value: first[0], count: first[1] },
  };
}

function ofCategories(column: CategoryColumn, z: number): Summary {
  const counts = countsOf(column);
  const missing = column.codes.reduce((sum, code) => sum + (code === MISSING ? 1 : 0), 0);
  const found = column.categories.map((value, at) => [value, counts[at]!] as const).filter(([, count]) => count > 0);
  return common(column, missing, new Map(found), z);
}

function ofNumbers(column: NumberColumn, z: number): Summary {
  const sorted = column.values.filter((value) => !Number.isNaN(value)).toSorted();
  const counts = new Map<number, number>();
  for (const value of sorted) counts.set(value, (counts.get(value) ?? 0) + 1);
  const summary = common(
    column,
    column.values.length - sorted.length,
    new Map([...counts].map(([value, count]) => [String(value), count])),
    z,
  );
  if (sorted.length === 0) return summary;
  const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
  const quartiles = [0.25, 0.5, 0.75].map((p) => quantileOfSorted(sorted, p)) as unknown as readonly [number, number, number];
  const spread = quartiles[2] - quartiles[0];
  const [low, high] = [quartiles[0] - FENCE * spread, quartiles[2] + FENCE * spread];
  return {
    ...summary,
    numbers: {
      least: sorted[0]!,
      quartiles,
      most: sorted.at(-1)!,
      mean,
      deviation: sorted.length < 2 ? NaN : Math.sqrt(sorted.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (sorted.length - 1)),
      outliers: {
        low,
        high,
        below: sorted.reduce((sum, value) => sum + (value < low ? 1 : 0), 0),
        above: sorted.reduce((sum, value) => sum + (value > high ? 1 : 0), 0),
      },
    },
  };
}
