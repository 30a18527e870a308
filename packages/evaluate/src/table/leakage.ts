import { random } from '@vitrine/data';
import { isMissing, MISSING, rowCount, type CategoryColumn, type Column } from '../column/column.js';
import { MINIMUM } from '../estimate.js';
import { ranks } from '../statistics/order.js';
import { shuffled } from './sampled.js';

/** A column that tells the label by itself: too good to be a cause, more likely its trace. */
export interface Suspect {
  readonly column: string;
  /** What tells the label: the values, which of them are missing, or the order of rows. */
  readonly what: 'values' | 'missing values' | 'order of rows';
  /** For classes the area under the ROC curve, the best of all classes; for numbers the rank correlation. 0.5 and 0 are chance. */
  readonly measure: 'AUC' | 'Spearman';
  readonly value: number;
  /** The class told apart. */
  readonly of: string | undefined;
  readonly verdict: 'leak' | 'review';
}

export interface LeakageOptions {
  readonly seed?: number;
  /** An area above this is taken for a leak; one above `review` should be looked at. Correlations: twice as far from chance. */
  readonly leak?: number;
  readonly review?: number;
  readonly minimumRows?: number;
}

export const LEAK = 0.99;
export const REVIEW = 0.95;
const FOLDS = 5;

/** Columns that tell the label alone, the worst first. A column of categories is judged on rows it has not seen, so that row numbers tell nothing. */
export function suspectedLeaks(columns: readonly Column[], label: Column, options: LeakageOptions = {}): readonly Suspect[] {
  const { seed = 0, leak = LEAK, review = REVIEW, minimumRows = MINIMUM.rows } = options;
  const judge = (column: string, what: Suspect['what'], scored: Scored): readonly Suspect[] => {
    const { measure, value, of } = bestOf(scored, label, minimumRows);
    const area = measure === 'AUC' ? value : (value + 1) / 2;
    return area > review ? [{ column, what, measure, value, of, verdict: area > leak ? 'leak' : 'review' }] : [];
  };
  const found = columns.flatMap((column) => {
    const uniform = random(seed, `leak ${column.name}`);
    const values: Scored = column.kind === 'number' ? () => column.values : (target) => crossFitted(column, target, uniform);
    const missing = Float64Array.from({ length: rowCount(column) }, (_, i) => (isMissing(column, i) ? 1 : 0));
    return [...judge(column.name, 'values', values), ...judge(column.name, 'missing values', () => missing)];
  });
  const order = Float64Array.from({ length: rowCount(label) }, (_, i) => i);
  return [...found, ...judge('', 'order of rows', () => order)].toSorted((a, b) => b.value - a.value);
}

/** Scores of rows, given what is to be told: NaN where there is none. */
type Scored = (target: Float64Array) => Float64Array;

function bestOf(scored: Scored, label: Column, minimumRows: number): Pick<Suspect, 'measure' | 'value' | 'of'> {
  if (label.kind === 'number') {
    const rows = complete(scored(label.values), label);
    const [x, y] = [ranks(rows.map(({ score }) => score)), ranks(rows.map(({ row }) => label.values[row]!))];
    return { measure: 'Spearman', value: rows.length < minimumRows ? 0 : Math.abs(correlation(x, y)), of: undefined };
  }
  let best: Pick<Suspect, 'measure' | 'value' | 'of'> = { measure: 'AUC', value: 0.5, of: undefined };
  for (const [k, of] of label.categories.entries()) {
    const target = Float64Array.from(label.codes, (code) => (code === MISSING ? NaN : code === k ? 1 : 0));
    const rows = complete(scored(target), label);
    const found = rows.filter(({ row }) => target[row] === 1).length;
    if (rows.length < minimumRows || found < MINIMUM.events || rows.length - found < MINIMUM.events) continue;
    const places = ranks(rows.map(({ score }) => score));
    const sum = rows.reduce((all, { row }, i) => all + (target[row] === 1 ? places[i]! : 0), 0);
    const area = (sum - (found * (found + 1)) / 2) / (found * (rows.length - found));
    const value = Math.max(area, 1 - area);
    if (value > best.value) best = { measure: 'AUC', value, of };
  }
  return best;
}

const complete = (scores: Float64Array, label: Column): readonly { readonly row: number; readonly score: number }[] =>
  Array.from(scores, (score, row) => ({ row, score })).filter(({ row, score }) => !Number.isNaN(score) && !isMissing(label, row));

function correlation(x: Float64Array, y: Float64Array): number {
  const mean = (x.length + 1) / 2;
  let [xx, yy, xy] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    xx += (x[i]! - mean) ** 2;
    yy += (y[i]! - mean) ** 2;
    xy += (x[i]! - mean) * (y[i]! - mean);
  }
  return xx === 0 || yy === 0 ? 0 : xy / Math.sqrt(xx * yy);
}

/** Of each row the mean of what is to be told, over rows of its category in other folds; the mean of all where there are none. */
function crossFitted({ codes, categories }: CategoryColumn, target: Float64Array, uniform: () => number): Float64Array {
  const fold = shuffled(
    Int32Array.from(codes, (_, i) => i % FOLDS),
    uniform,
  );
  const sums = Array.from({ length: FOLDS + 1 }, () => ({
    sum: new Float64Array(categories.length),
    count: new Float64Array(categories.length),
  }));
  const overall = { sum: 0, count: 0 };
  for (const [i, code] of codes.entries()) {
    if (code === MISSING || Number.isNaN(target[i]!)) continue;
    for (const at of [fold[i]!, FOLDS]) {
      sums[at]!.sum[code]! += target[i]!;
      sums[at]!.count[code]!++;
    }
    overall.sum += target[i]!;
    overall.count++;
  }
  const all = sums[FOLDS]!;
  return Float64Array.from(codes, (code, i) => {
    if (code === MISSING) return NaN;
    const own = sums[fold[i]!]!;
    const count = all.count[code]! - own.count[code]!;
    return count > 0 ? (all.sum[code]! - own.sum[code]!) / count : overall.sum / overall.count;
  });
}
