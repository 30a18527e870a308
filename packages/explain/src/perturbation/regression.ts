import { cholesky, solve } from './leastSquares.js';
import { moments } from './moments.js';

/** A scored coalition: the parts that are there, in order, and its weight. */
export interface Row {
  readonly present: readonly number[];
  readonly score: number;
  readonly weight: number;
}

/** Weighted sums around weighted means: Zᵀ W Z [M,M], Zᵀ W y [M], yᵀ W y. */
export interface Gram {
  readonly players: number;
  readonly products: Float64Array;
  readonly pulls: Float64Array;
  readonly total: number;
}

/** Solutions and what is known of them. */
export interface Regression {
  /** 0 for parts that were not selected. */
  readonly values: Float64Array;
  /** The weighted share of the scores' variance that the linear model explains. */
  readonly explained: number;
  /** Standard errors over other draws, of the parts that were selected; undefined where there are too few rows. */
  errors(): Float64Array | undefined;
}

/**
 * Weighted ridge regression with an intercept on coalitions. Errors are White's: the rows differ in weight and the errors of a linear
 * model in size, so that each row counts with its own residual. White 1980, Econometrica 48(4).
 */
export function regression(
  rows: readonly Row[],
  players: number,
  ridge: number,
  select: (gram: Gram) => readonly number[] = () => Array.from({ length: players }, (_, i) => i),
): Regression {
  const weight = rows.reduce((sum, row) => sum + row.weight, 0);
  const [means, meanScore] = [new Float64Array(players), rows.reduce((sum, row) => sum + row.weight * row.score, 0) / weight];
  for (const { present, weight: w } of rows) for (const i of present) means[i]! += w / weight;
  const gram = gramOf(rows, means, meanScore, weight);
  const chosen = select(gram);
  const factor = factorOf(gram, chosen, ridge);
  const found = solve(factor, chosen.length, chosen.map((i) => gram.pulls[i]!)); // prettier-ignore
  const values = new Float64Array(players);
  chosen.forEach((i, k) => (values[i] = found[k]!));
  const base = meanScore - means.reduce((sum, m, i) => sum + m * values[i]!, 0);
  const residuals = rows.map(({ present, score }) => score - base - present.reduce((sum, i) => sum + values[i]!, 0));
  const left = rows.reduce((sum, row, r) => sum + row.weight * residuals[r]! ** 2, 0);
  return {
    values,
    explained: gram.total > 0 ? 1 - left / gram.total : 1,
    errors: () => whiteErrors(rows, means, residuals, factor, chosen, players),
  };
}

function gramOf(rows: readonly Row[], means: Float64Array, meanScore: number, weight: number): Gram {
  const players = means.length;
  const products = new Float64Array(players * players);
  const pulls = new Float64Array(players);
  let total = 0;
  for (const { present, score, weight: w } of rows) {
    const off = w * (score - meanScore);
    total += off * (score - meanScore);
    for (const i of present) {
      pulls[i]! += off;
      for (const j of present) {
        if (j > i) break;
        products[i * players + j]! += w;
      }
    }
  }
  for (let i = 0; i < players; i++)
    for (let j = 0; j <= i; j++) {
      products[i * players + j]! -= weight * means[i]! * means[j]!;
      products[j * players + i] = products[i * players + j]!;
    }
  return { players, products, pulls, total };
}

/** Of the chosen rows and columns of Zᵀ W Z + ridge. Where parts cannot be told apart, and nothing is asked for small coefficients, a little is. */
function factorOf({ players, products }: Gram, chosen: readonly number[], ridge: number): Float64Array {
  const n = chosen.length;
  const matrix = new Float64Array(n * n);
  chosen.forEach((i, a) => chosen.forEach((j, b) => (matrix[a * n + b] = products[i * players + j]!)));
  const most = chosen.reduce((m, i) => Math.max(m, products[i * players + i]!), 0) || 1;
  for (const least of [ridge, ridge + LITTLE * most]) {
    const sum = matrix.slice();
    for (let a = 0; a < n; a++) sum[a * n + a]! += least;
    const factor = cholesky(sum, n);
    if (factor !== undefined) return factor;
  }
  throw new RangeError('a positive matrix with a ridge has a root');
}

/** A ridge that shows in the sixth digit. */
const LITTLE = 1e-6;

function whiteErrors(
  rows: readonly Row[],
  means: Float64Array,
  residuals: readonly number[],
  factor: Float64Array,
  chosen: readonly number[],
  players: number,
): Float64Array | undefined {
  const n = chosen.length;
  const spare = rows.length - n - 1;
  if (spare <= 0) return undefined;
  const variances = new Float64Array(n);
  const place = new Int32Array(players).fill(-1);
  chosen.forEach((i, k) => (place[i] = k));
  const away = Float64Array.from(chosen, (i) => -means[i]!);
  rows.forEach(({ present, weight }, r) => {
    const pull = away.slice();
    for (const i of present) if (place[i] !== -1) pull[place[i]!]! += 1;
    const moved = solve(factor, n, pull);
    for (let k = 0; k < n; k++) variances[k]! += (weight * residuals[r]! * moved[k]!) ** 2;
  });
  // A fit takes degrees of freedom with it.
  const errors = new Float64Array(players);
  chosen.forEach((i, k) => (errors[i] = Math.sqrt((variances[k]! * rows.length) / spare)));
  return errors;
}

/** How far values move when rows are drawn again, with replacement, from those there are: their standard deviation. Efron 1979. */
export function repeated(
  rows: readonly Row[],
  repeats: number,
  uniform: () => number,
  fit: (rows: readonly Row[]) => Float64Array,
): Float64Array {
  const found = moments(fit(rows).length);
  for (let k = 0; k < repeats; k++) found.add(fit(rows.map(() => rows[Math.floor(uniform() * rows.length)]!)));
  return found.standardErrors()!.map((error) => error * Math.sqrt(repeats));
}
