import { cholesky, solve } from '../perturbation/leastSquares.js';
import type { Table } from '../training/tree.js';

/** Weighted sums of columns around their weighted means, scaled so that each varies by 1. */
export interface Sums {
  readonly columns: readonly number[];
  readonly means: Float64Array;
  /** Weighted standard deviation of each column; 0 where it does not vary. */
  readonly scales: Float64Array;
  readonly meanScore: number;
  /** [columns, columns] and [columns] */
  readonly products: Float64Array;
  readonly pulls: Float64Array;
  /** Weighted variance of the scores. */
  readonly total: number;
}

/** A column that varies by less than this share of its size is constant. */
const CONSTANT = 1e-9;

/** Of rows, scores and weights that add up to 1; rows without weight are passed over. */
export function sumsOf({ values, columns: width }: Table, y: Float64Array, weights: Float64Array, columns: readonly number[]): Sums {
  const n = columns.length;
  const rows = [...weights.keys()].filter((row) => weights[row]! > 0);
  const at = (row: number, i: number): number => values[row * width + columns[i]!]!;
  const meanOf = (f: (row: number) => number): number => rows.reduce((sum, row) => sum + weights[row]! * f(row), 0);
  const means = Float64Array.from(columns, (_, i) => meanOf((row) => at(row, i)));
  const scales = Float64Array.from(columns, (_, i) => {
    const scale = Math.sqrt(meanOf((row) => (at(row, i) - means[i]!) ** 2));
    return scale <= CONSTANT * Math.abs(means[i]!) ? 0 : scale;
  });
  const meanScore = meanOf((row) => y[row]!);
  const [products, pulls, scaled] = [new Float64Array(n * n), new Float64Array(n), new Float64Array(n)];
  for (const row of rows) {
    for (let i = 0; i < n; i++) scaled[i] = scales[i] === 0 ? 0 : (at(row, i) - means[i]!) / scales[i]!;
    for (let i = 0; i < n; i++) {
      const w = weights[row]! * scaled[i]!;
      if (w === 0) continue;
      pulls[i]! += w * (y[row]! - meanScore);
      for (let j = 0; j <= i; j++) products[i * n + j]! += w * scaled[j]!;
    }
  }
  return { columns, means, scales, meanScore, products, pulls, total: meanOf((row) => (y[row]! - meanScore) ** 2) };
}

/** A weighted linear model of the first so many columns. */
export interface Line {
  readonly sums: Sums;
  /** Of each column, in its own units. */
  readonly slopes: Float64Array;
  readonly factor: Float64Array;
  /** How many numbers it was free to choose beside its height: columns that follow from others count as none. */
  readonly freedom: number;
  at(values: Float64Array, start?: number): number;
}

/** Ridge where none is asked for, and columns cannot be told apart. */
const LITTLE = 1e-8;

/** `ridge` is what the square of a slope costs, columns varying by 1, beside the mean squared error. */
export function lineOf(sums: Sums, count: number, ridge: number): Line {
  const { columns, means, scales, meanScore, products, pulls } = sums;
  const factorWith = (least: number): Pick<Line, 'factor' | 'freedom'> | undefined => {
    const matrix = new Float64Array(count * count);
    for (let i = 0; i < count; i++) {
      for (let j = 0; j < i; j++) matrix[i * count + j] = products[i * columns.length + j]!;
      matrix[i * count + i] = scales[i] === 0 ? 1 : products[i * columns.length + i]! + least;
    }
    const factor = cholesky(matrix, count);
    return factor && { factor, freedom: freedomOf(factor, scales.subarray(0, count), least) };
  };
  const { factor, freedom } = factorWith(ridge) ?? factorWith(ridge + LITTLE)!;
  const slopes = solve(factor, count, pulls.subarray(0, count)).map((v, i) => (scales[i] === 0 ? 0 : v / scales[i]!));
  return {
    sums,
    slopes,
    factor,
    freedom,
    at: (values, start = 0) => slopes.reduce((sum, slope, i) => sum + slope * (values[start + columns[i]!]! - means[i]!), meanScore),
  };
}

/** The trace of A⁻¹ (A − ridge), over columns that vary. */
function freedomOf(factor: Float64Array, scales: Float64Array, ridge: number): number {
  let freedom = 0;
  scales.forEach((scale, i) => {
    if (scale > 0) freedom += 1 - ridge * solve(factor, scales.length, scales.map((_, j) => Number(i === j)))[i]!; // prettier-ignore
  });
  return freedom;
}

/**
 * Standard errors of what columns count together, slopes · away (White 1980): each row counts with its own residual. Undefined where the
 * rows are too few. `away` holds a vector for each sum, over the line's columns.
 */
export function errorsOf(
  { sums, slopes, factor, freedom, at }: Line,
  { values, columns: width }: Table,
  y: Float64Array,
  weights: Float64Array,
  away: readonly Float64Array[],
): Float64Array | undefined {
  const n = slopes.length;
  const worth = effective(weights);
  // A fit takes degrees of freedom with it.
  const spare = (worth - freedom - 1) / worth;
  if (spare * worth < LEAST_SPARE) return undefined;
  const moved = away.map((vector) => solve(factor, n, vector.map((v, i) => (sums.scales[i] === 0 ? 0 : v / sums.scales[i]!)))); // prettier-ignore
  const variances = new Float64Array(away.length);
  weights.forEach((weight, row) => {
    if (weight === 0) return;
    const residual = weight * (y[row]! - at(values, row * width));
    moved.forEach((u, k) => {
      let pull = 0;
      for (let i = 0; i < n; i++)
        if (sums.scales[i] !== 0) pull += (u[i]! * (values[row * width + sums.columns[i]!]! - sums.means[i]!)) / sums.scales[i]!;
      variances[k]! += (residual * pull) ** 2;
    });
  });
  return variances.map((v) => Math.sqrt(v / spare));
}

/** Rows beyond what a line takes that an error is believed from. */
const LEAST_SPARE = 1;

/** How many rows of equal weight would be worth as much. Kish 1965. */
export const effective = (weights: Float64Array): number =>
  weights.reduce((sum, w) => sum + w, 0) ** 2 / weights.reduce((sum, w) => sum + w * w, 0);

/** The weighted share of the scores' variance that is told; undefined where they do not vary. */
export function explained(y: ArrayLike<number>, told: ArrayLike<number>, weights: ArrayLike<number>): number | undefined {
  const rows = Array.from({ length: y.length }, (_, i) => i);
  const weight = rows.reduce((sum, i) => sum + weights[i]!, 0);
  const mean = rows.reduce((sum, i) => sum + weights[i]! * y[i]!, 0) / weight;
  const total = rows.reduce((sum, i) => sum + weights[i]! * (y[i]! - mean) ** 2, 0);
  return total > 0 ? 1 - rows.reduce((sum, i) => sum + weights[i]! * (y[i]! - told[i]!) ** 2, 0) / total : undefined;
}
