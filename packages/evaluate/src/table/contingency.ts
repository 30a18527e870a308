import { MISSING, type CategoryColumn } from '../column/column.js';
import { chiSquarePValue } from '../statistics/distributions.js';
import { type Interval } from '../statistics/interval.js';
import { noncentralChiSquareCdf, noncentrality } from '../statistics/noncentral.js';

/** How often categories of two columns meet, without categories that no row has; rows that miss one are left out. */
export interface Contingency {
  readonly counts: readonly Float64Array[];
  readonly rowTotals: readonly number[];
  readonly columnTotals: readonly number[];
  readonly all: number;
}

export function contingency(a: CategoryColumn, b: CategoryColumn): Contingency {
  const full = a.categories.map(() => new Float64Array(b.categories.length));
  for (let i = 0; i < a.codes.length; i++) if (a.codes[i] !== MISSING && b.codes[i] !== MISSING) full[a.codes[i]!]![b.codes[i]!]!++;
  const kept = b.categories.flatMap((_, j) => (full.some((row) => row[j]! > 0) ? [j] : []));
  const counts = full.filter((row) => row.some((count) => count > 0)).map((row) => Float64Array.from(kept, (j) => row[j]!));
  const rowTotals = counts.map((row) => row.reduce((sum, count) => sum + count, 0));
  return {
    counts,
    rowTotals,
    columnTotals: kept.map((_, j) => counts.reduce((sum, row) => sum + row[j]!, 0)),
    all: rowTotals.reduce((sum, count) => sum + count, 0),
  };
}

export interface ChiSquare {
  readonly statistic: number;
  readonly degrees: number;
  readonly p: number;
  /** Share of cells where chance alone would put fewer than 5 rows: above 0.2 the p-value is not to be trusted. Cochran 1954. */
  readonly sparse: number;
}

/** Pearson 1900. No degrees of freedom where a column has one category only. */
export function chiSquare({ counts, rowTotals, columnTotals, all }: Contingency): ChiSquare {
  let [statistic, few] = [0, 0];
  for (const [i, row] of counts.entries())
    for (const [j, count] of row.entries()) {
      const expected = (rowTotals[i]! * columnTotals[j]!) / all;
      statistic += (count - expected) ** 2 / expected;
      if (expected < 5) few++;
    }
  const degrees = (rowTotals.length - 1) * (columnTotals.length - 1);
  return {
    statistic,
    degrees,
    p: degrees === 0 ? NaN : chiSquarePValue(statistic, degrees),
    sparse: few / (rowTotals.length * columnTotals.length),
  };
}

/** Cramér's V, corrected for what chance alone adds. Bergsma 2013. NaN where a column has one category only. */
export function cramersV(table: Contingency): number {
  const { statistic, degrees } = chiSquare(table);
  const [n, r, c] = [table.all, table.rowTotals.length, table.columnTotals.length];
  const phi = Math.max(0, statistic / n - degrees / (n - 1));
  const corrected = (k: number): number => k - (k - 1) ** 2 / (n - 1);
  return degrees === 0 ? NaN : Math.sqrt(phi / (Math.min(corrected(r), corrected(c)) - 1));
}

/** Of Cramér's V, by the noncentral chi-square distribution. Smithson 2003, without the degrees of freedom that chance adds. */
export function cramersVInterval(table: Contingency, z: number): Interval {
  const { statistic, degrees } = chiSquare(table);
  const most = Math.min(table.rowTotals.length, table.columnTotals.length) - 1;
  const { low, high } = noncentrality((lambda) => noncentralChiSquareCdf(statistic, degrees, lambda), statistic, z);
  const v = (lambda: number): number => Math.min(1, Math.sqrt(lambda / (table.all * most)));
  return { low: v(low), high: v(high) };
}
