import { normal, random } from '@vitrine/data';
import { isMissing, pickRows, rowCount, type CategoryColumn, type Column } from '../column/column.js';
import { MINIMUM } from '../estimate.js';
import { holm } from '../statistics/holm.js';
import { chiSquarePValue } from '../statistics/distributions.js';
import { placesOf } from '../statistics/order.js';
import { digammas } from '../statistics/special.js';
import { contingency } from './contingency.js';
import { permutationPValue, sampled, shuffled } from './sampled.js';

/** What a column tells of the label: ln of how many values of the label it tells apart, on average (nats). */
export interface Information {
  readonly column: string;
  readonly value: number;
  /** "exact" for categories; for numbers the estimator by nearest neighbours. */
  readonly estimator: string;
  /** How often chance alone tells as much (permutation test; of categories of many rows the likelihood-ratio test, Wilks 1938), and among all columns together. */
  readonly p: number;
  readonly holm: number;
  readonly permutations: number;
  readonly rows: number;
}

export interface InformationOptions {
  readonly seed?: number;
  readonly permutations?: number;
  readonly minimumRows?: number;
  /** Most rows for estimates by nearest neighbours: a sample where there are more. */
  readonly mostRows?: number;
}

const NEIGHBOURS = 3;
export const PERMUTATIONS = 999;
export const MOST_ROWS = 2000;

/** Of each column about the label, over rows that have both; columns with too few of them are left out. */
export function mutualInformation(columns: readonly Column[], label: Column, options: InformationOptions = {}): readonly Information[] {
  const { seed = 0, permutations = PERMUTATIONS, minimumRows = MINIMUM.rows, mostRows = MOST_ROWS } = options;
  const found = columns.flatMap((column): readonly Omit<Information, 'holm'>[] => {
    const uniform = random(seed, `information ${column.name}`);
    const complete = placesOf(rowCount(label)).filter((i) => !isMissing(column, i) && !isMissing(label, i));
    if (complete.length < minimumRows) return [];
    const exact = column.kind === 'category' && label.kind === 'category';
    const rows = exact ? complete : sampled(complete.length, mostRows, uniform).map((at) => complete[at]!);
    const [own, told] = [pickRows(column, rows), pickRows(label, rows)];
    const { estimator, of } = estimatorFor(own, told, uniform);
    const order = placesOf(rows.length);
    const value = of(order);
    if (exact && rows.length > MOST_PERMUTED)
      return [
        {
          column: column.name,
          value: Math.max(0, value),
          estimator,
          p: likelihoodRatio(own, told, value),
          permutations: 0,
          rows: rows.length,
        },
      ];
    const { p, draws } = permutationPValue(value, permutations, () => of(shuffled(order, uniform)));
    return [{ column: column.name, value: Math.max(0, value), estimator, p, permutations: draws, rows: rows.length }];
  });
  const adjusted = holm(found.map(({ p }) => p));
  return found.map((each, i) => ({ ...each, holm: adjusted[i]! }));
}

/** Of so many rows the likelihood-ratio test has its distribution, and permutations take long. */
const MOST_PERMUTED = 20_000;

function likelihoodRatio(column: Column, label: Column, value: number): number {
  const { rowTotals, columnTotals, all } = contingency(column as CategoryColumn, label as CategoryColumn);
  const degrees = (rowTotals.length - 1) * (columnTotals.length - 1);
  return degrees === 0 ? 1 : chiSquarePValue(2 * all * value, degrees);
}

interface Estimator {
  readonly estimator: string;
  /** Row i of the column with row order[i] of the label. */
  readonly of: (order: Int32Array) => number;
}

function estimatorFor(column: Column, label: Column, uniform: () => number): Estimator {
  if (column.kind === 'category' && label.kind === 'category')
    return { estimator: 'exact', of: (order) => ofCounts(contingency(column, pickRows(label, order) as typeof label).counts) };
  const psi = digammas(rowCount(label));
  if (column.kind === 'number' && label.kind === 'number') {
    const [x, y] = [untied(column.values, uniform), untied(label.values, uniform)];
    return {
      estimator: 'nearest neighbours (Kraskov et al. 2004)',
      of: (order) =>
        ofNumbers(
          x,
          Float64Array.from(order, (i) => y[i]!),
          psi,
        ),
    };
  }
  const [numbers, codes] =
    column.kind === 'number'
      ? [column.values, (label as { codes: Int32Array }).codes]
      : [(label as { values: Float64Array }).values, column.codes];
  const values = untied(numbers, uniform);
  const places = Int32Array.from(values.keys()).sort((a, b) => values[a]! - values[b]!);
  const sorted = values.toSorted();
  return {
    estimator: 'nearest neighbours (Ross 2014)',
    // Row i of the column keeps its place, whichever it is, and takes the class of another.
    of: (order) =>
      ofMixed(
        sorted,
        Int32Array.from(places, (i) => codes[order[i]!]!),
        psi,
      ),
  };
}

/** Exactly, of the table itself. */
export function ofCounts(counts: readonly Float64Array[]): number {
  const rows = counts.map((row) => row.reduce((sum, count) => sum + count, 0));
  const all = rows.reduce((sum, count) => sum + count, 0);
  const columns = Array.from(counts[0] ?? [], (_, j) => counts.reduce((sum, row) => sum + row[j]!, 0));
  let value = 0;
  for (const [i, row] of counts.entries())
    for (const [j, count] of row.entries()) if (count > 0) value += (count / all) * Math.log((count * all) / (rows[i]! * columns[j]!));
  return value;
}

/** In units of their deviation, moved by 1e-10 of it so that no two are the same: neighbours must have distances. */
function untied(values: Float64Array, uniform: () => number): Float64Array {
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length) || 1;
  const noise = normal(uniform);
  return values.map((v) => (v - mean) / deviation + 1e-10 * noise());
}

/** Between sorted numbers and the classes of each. Classes of one row say nothing and are left out. `psi` holds ψ(n) at n. Ross 2014, eq. 6. */
export function ofMixed(sorted: Float64Array, codes: Int32Array, psi: Float64Array): number {
  const sizes = new Map<number, number>();
  for (const code of codes) sizes.set(code, (sizes.get(code) ?? 0) + 1);
  const groups = new Map<number, Float64Array>();
  const ends = new Map<number, number>();
  for (const [code, size] of sizes) if (size > 1) groups.set(code, new Float64Array(size));
  const n = [...groups.values()].reduce((sum, { length }) => sum + length, 0);
  const all = n === sorted.length ? sorted : sorted.filter((_, i) => groups.has(codes[i]!));
  for (const [i, code] of codes.entries()) {
    const group = groups.get(code);
    if (group === undefined) continue;
    const end = ends.get(code) ?? 0;
    group[end] = sorted[i]!;
    ends.set(code, end + 1);
  }
  let sum = 0;
  for (const group of groups.values()) {
    const k = Math.min(NEIGHBOURS, group.length - 1);
    for (let i = 0; i < group.length; i++) {
      // Those nearer than the k-th of one's own, oneself among them.
      const nearer = nearerThan(all, group[i]!, distanceTo(group, i, k));
      sum += psi[k]! - psi[Math.max(1, nearer)]!;
    }
    sum -= group.length * psi[group.length]!;
  }
  return psi[n]! + sum / n;
}

/** Of sorted values, how far the k-th nearest is from the i-th. */
function distanceTo(sorted: Float64Array, i: number, k: number): number {
  let [left, right] = [i - 1, i + 1];
  let distance = 0;
  for (let found = 0; found < k; found++) {
    const [below, above] = [
      left >= 0 ? sorted[i]! - sorted[left]! : Infinity,
      right < sorted.length ? sorted[right]! - sorted[i]! : Infinity,
    ];
    distance = Math.min(below, above);
    if (below <= above) left--;
    else right++;
  }
  return distance;
}

/** How many of a sorted list are nearer to a number than a distance, itself among them. */
function nearerThan(sorted: Float64Array, centre: number, distance: number): number {
  // Distances are compared as they were taken: sums would be rounded.
  const first = (holds: (value: number) => boolean): number => {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (holds(sorted[middle]!)) high = middle;
      else low = middle + 1;
    }
    return low;
  };
  return first((value) => value - centre >= distance) - first((value) => centre - value < distance);
}

/** Between numbers. Kraskov et al. 2004, eq. 8. */
export function ofNumbers(x: Float64Array, y: Float64Array, psi: Float64Array): number {
  const n = x.length;
  const order = placesOf(n).sort((a, b) => x[a]! - x[b]!);
  const [xs, ys] = [Float64Array.from(order, (i) => x[i]!), Float64Array.from(order, (i) => y[i]!)];
  const sortedY = ys.toSorted();
  const k = Math.min(NEIGHBOURS, n - 1);
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const radius = farthest(xs, ys, i, k);
    sum += psi[Math.max(1, nearerThan(xs, xs[i]!, radius))]! + psi[Math.max(1, nearerThan(sortedY, ys[i]!, radius))]!;
  }
  return psi[k]! + psi[n]! - sum / n;
}

/** The distance of the k-th nearest point, the larger of both axes counting: outwards along x until x alone is farther. */
function farthest(xs: Float64Array, ys: Float64Array, i: number, k: number): number {
  const nearest = Array.from({ length: k }, () => Infinity);
  let [left, right] = [i - 1, i + 1];
  for (;;) {
    const [below, above] = [left >= 0 ? xs[i]! - xs[left]! : Infinity, right < xs.length ? xs[right]! - xs[i]! : Infinity];
    const along = Math.min(below, above);
    if (along >= nearest[k - 1]! || along === Infinity) return nearest[k - 1]!;
    const at = below <= above ? left-- : right++;
    let distance = Math.max(along, Math.abs(ys[at]! - ys[i]!));
    for (let place = 0; place < k; place++) if (distance < nearest[place]!) [distance, nearest[place]] = [nearest[place]!, distance];
  }
}
