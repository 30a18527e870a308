import { EvaluateError } from '../error.js';

/** What was predicted of N rows, and what was true. */
export interface Classified {
  readonly kind: 'classification';
  readonly classes: readonly string[];
  /** Classes by place, [N]. */
  readonly truth: Int32Array;
  readonly predicted: Int32Array;
  /** A score for each class, [N,C]. */
  readonly scores: Float64Array | undefined;
  /** Whether the scores of each row are probabilities: none negative, their sum 1. */
  readonly probable: boolean;
}

export interface Estimated {
  readonly kind: 'regression';
  readonly truth: Float64Array;
  readonly predicted: Float64Array;
}

export type Outcome = Classified | Estimated;

/** Rows with how often each counts, [N]: all once, or as a resample draws them. */
export interface Sample<O extends Outcome = Outcome> {
  readonly outcome: O;
  readonly counts: Float64Array;
}

export const whole = <O extends Outcome>(outcome: O): Sample<O> => ({ outcome, counts: new Float64Array(outcome.truth.length).fill(1) });

/** A sum of probabilities this far from 1 is rounding. */
const ROUNDING = 1e-3;

/**
 * Classes by name, and scores by class and row. What has scores is predicted by the highest, the first of equals, unless predictions are given.
 * @throws EvaluateError
 */
export function classified(given: {
  readonly truth: readonly string[];
  readonly predicted?: readonly string[] | undefined;
  /** Columns of scores, [C][N]. */
  readonly scores?: ReadonlyMap<string, ArrayLike<number>> | undefined;
}): Classified {
  const { truth, predicted, scores } = given;
  if (predicted === undefined && scores === undefined)
    throw new EvaluateError('bad-input', 'there are no predictions: give predicted classes, or a score for each class');
  const classes = [...new Set([...truth, ...(predicted ?? []), ...(scores?.keys() ?? [])])].toSorted(naturally);
  const missing = scores && classes.find((name) => !scores.has(name));
  if (missing !== undefined) throw new EvaluateError('bad-input', `class ${missing} has no scores: give a column of scores for each class`);
  const places = new Map(classes.map((name, at) => [name, at]));
  const coded = (names: readonly string[]): Int32Array => Int32Array.from(names, (name) => places.get(name)!);
  const flat = scores && interleaved(classes, scores, truth.length);
  if (predicted !== undefined && predicted.length !== truth.length)
    throw new EvaluateError('bad-input', `${truth.length} labels do not go with ${predicted.length} predictions`);
  return {
    kind: 'classification',
    classes,
    truth: coded(truth),
    predicted: predicted === undefined ? highest(flat!, classes.length) : coded(predicted),
    scores: flat,
    probable: flat !== undefined && areProbabilities(flat, classes.length),
  };
}

/** Names as people sort them: 2 before 10. */
export const naturally = (a: string, b: string): number => ORDER.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
const ORDER = new Intl.Collator('en', { numeric: true });

function interleaved(classes: readonly string[], scores: ReadonlyMap<string, ArrayLike<number>>, rows: number): Float64Array {
  const flat = new Float64Array(rows * classes.length);
  for (const [k, name] of classes.entries()) {
    const column = scores.get(name)!;
    if (column.length !== rows) throw new EvaluateError('bad-input', `${rows} labels do not go with ${column.length} scores of ${name}`);
    for (let i = 0; i < rows; i++) {
      const score = column[i]!;
      if (!Number.isFinite(score)) throw new EvaluateError('bad-input', `row ${i} has no number as the score of ${name}`);
      flat[i * classes.length + k] = score;
    }
  }
  return flat;
}

function highest(scores: Float64Array, classes: number): Int32Array {
  return Int32Array.from({ length: scores.length / classes }, (_, i) => {
    let best = 0;
    for (let k = 1; k < classes; k++) if (scores[i * classes + k]! > scores[i * classes + best]!) best = k;
    return best;
  });
}

/** The same rows with other scores [N,C], predicted by the highest. */
export const withScores = (outcome: Classified, scores: Float64Array): Classified => ({
  ...outcome,
  scores,
  predicted: highest(scores, outcome.classes.length),
  probable: areProbabilities(scores, outcome.classes.length),
});

function areProbabilities(scores: Float64Array, classes: number): boolean {
  for (let i = 0; i < scores.length; i += classes) {
    let sum = 0;
    for (let k = 0; k < classes; k++) {
      if (scores[i + k]! < 0) return false;
      sum += scores[i + k]!;
    }
    if (Math.abs(sum - 1) > ROUNDING) return false;
  }
  return true;
}

/** Some of the rows, by place. */
export function rowsOf<O extends Outcome>(outcome: O, rows: Int32Array): O {
  const picked = <A extends Int32Array | Float64Array>(all: A): A =>
    (all instanceof Int32Array ? Int32Array.from(rows, (i) => all[i]!) : Float64Array.from(rows, (i) => all[i]!)) as A;
  const { truth, predicted } = outcome;
  if (outcome.kind === 'regression') return { ...outcome, truth: picked(truth), predicted: picked(predicted) };
  const { scores, classes } = outcome;
  const width = classes.length;
  return {
    ...outcome,
    truth: picked(truth),
    predicted: picked(predicted),
    scores:
      scores &&
      Float64Array.from({ length: rows.length * width }, (_, at) => scores[rows[Math.floor(at / width)]! * width + (at % width)]!),
  };
}
