import type { PlottedRow } from '../page/plots.js';

/** More rows tell no more. */
const MOST_ROWS = 2000;

/** With which other features what one counts goes together, the strongest first. */
export interface Interacting {
  readonly feature: number;
  /** Of what is left among rows alike in the feature: the share that the other one tells, from 0 to 1. */
  readonly share: number;
}

/**
 * Among rows that are alike in a feature (its categories, or ten stretches of its values), how much of the differences in what it counts
 * another feature tells: by the correlation with a number, by the means of categories; adjusted for how many there are.
 */
export function interacting(rows: readonly PlottedRow[], f: number, count: number): readonly Interacting[] {
  const step = Math.max(1, Math.ceil(rows.length / MOST_ROWS));
  const used = rows.filter((row, i) => i % step === 0 && row.features[f] !== null);
  const bins = binsOf(used, f);
  return Array.from({ length: count }, (_, feature) => ({ feature, share: feature === f ? -1 : shareOf(bins, f, feature) }))
    .filter(({ feature }) => feature !== f)
    .toSorted((a, b) => b.share - a.share);
}

function binsOf(rows: readonly PlottedRow[], f: number): readonly (readonly PlottedRow[])[] {
  if (rows.some(({ features }) => typeof features[f] === 'string')) return grouped(rows, ({ features }) => features[f]);
  const sorted = rows.toSorted((a, b) => (a.features[f] as number) - (b.features[f] as number));
  const size = Math.max(10, Math.ceil(sorted.length / 10));
  return Array.from({ length: Math.ceil(sorted.length / size) }, (_, i) => sorted.slice(i * size, (i + 1) * size));
}

function shareOf(bins: readonly (readonly PlottedRow[])[], f: number, other: number): number {
  let [all, told] = [0, 0];
  for (const bin of bins) {
    const rows = bin.filter(({ features }) => features[other] !== null);
    if (rows.length < 4) continue;
    const y = rows.map(({ values }) => values[f]!);
    const total = squares(y);
    const cells = rows.map(({ features }) => features[other]!);
    const [left, free] = cells.every((cell) => typeof cell === 'number') ? [leftByLine(cells, y), 1] : leftByGroups(cells, y);
    all += total;
    // What chance alone would tell is taken off.
    told += Math.max(0, total - (left * (rows.length - 1)) / Math.max(1, rows.length - 1 - free));
  }
  return all === 0 ? 0 : told / all;
}

function grouped<T>(all: readonly T[], by: (one: T) => unknown): readonly (readonly T[])[] {
  const groups = new Map<unknown, T[]>();
  for (const one of all) {
    const key = by(one);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return [...groups.values()];
}

const mean = (y: readonly number[]): number => y.reduce((a, b) => a + b, 0) / y.length;
const squares = (y: readonly number[], at = mean(y)): number => y.reduce((sum, v) => sum + (v - at) ** 2, 0);

function leftByLine(x: readonly number[], y: readonly number[]): number {
  const [mx, my] = [mean(x), mean(y)];
  const sxx = squares(x, mx);
  const sxy = x.reduce((sum, v, i) => sum + (v - mx) * (y[i]! - my), 0);
  return squares(y, my) - (sxx === 0 ? 0 : sxy ** 2 / sxx);
}

function leftByGroups(x: readonly unknown[], y: readonly number[]): readonly [left: number, free: number] {
  const groups = grouped([...y.keys()], (i) => x[i]).map((places) => places.map((i) => y[i]!));
  return [groups.reduce((sum, group) => sum + squares(group), 0), groups.length - 1];
}
