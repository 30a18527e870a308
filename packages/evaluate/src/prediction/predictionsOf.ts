import { isMissing, rowCount, type CategoryColumn, type Column, type NumberColumn } from '../column/column.js';
import { EvaluateError } from '../error.js';
import { classified, naturally, type Outcome } from './outcome.js';
import { placesOf } from '../statistics/order.js';

/** Columns that tell what was true and what was predicted. */
export interface PredictionColumns {
  readonly label: Column;
  /** Classes, numbers, or of two classes the probability of the positive one. */
  readonly prediction?: Column | undefined;
  /** A score of each class, or of the positive one of two: columns named as the class, or ending in its name. */
  readonly probabilities?: readonly Column[] | undefined;
  /** What each of these is a score of, where their names do not tell. */
  readonly classes?: readonly string[] | undefined;
  readonly positive?: string | undefined;
  readonly task?: Outcome['kind'] | undefined;
}

/** Predictions of those rows that have both label and prediction. */
export interface Predictions {
  readonly outcome: Outcome;
  readonly rows: Int32Array;
  /** Rows without a label or a prediction. */
  readonly left: number;
  /** Of two classes, the one that is looked for; of more, only where it is given. */
  readonly positive: string | undefined;
}

/** More values than these are no classes. */
const MOST_CLASSES = 10;

/** @throws EvaluateError naming the column at fault */
export function predictionsOf({
  label,
  prediction,
  probabilities = [],
  classes: named = [],
  positive,
  task,
}: PredictionColumns): Predictions {
  const scoredBy = probabilities.map((column, i): Scored => ({ column, of: named[i] }));
  const told = [label, ...(prediction ? [prediction] : []), ...probabilities];
  if (told.length === 1) throw new EvaluateError('bad-input', 'there are no predictions: name the column that holds them, or give a model');
  const rows = placesOf(rowCount(label)).filter((i) => told.every((column) => !isMissing(column, i)));
  const left = rowCount(label) - rows.length;
  if (rows.length === 0) throw new EvaluateError('bad-input', `no row has both ${told.map(({ name }) => name).join(' and ')}`);
  if ((task ?? taskOf(label, prediction, probabilities)) === 'regression') {
    const outcome = { kind: 'regression', truth: numbersIn(label, rows), predicted: numbersIn(predictionOf(prediction), rows) } as const;
    return { outcome, rows, left, positive: undefined };
  }
  const truth = namesIn(label, rows);
  const classes = [...new Set(truth)].toSorted(naturally);
  const wanted = positiveOf(positive, classes, label.name, prediction, scoredBy);
  const scored =
    probabilities.length > 0
      ? scoresOf(scoredBy, rows, classes, wanted)
      : isProbability(prediction, classes)
        ? ofTwo(numbersIn(prediction!, rows), classes, wanted)
        : undefined;
  const said = prediction === undefined || isProbability(prediction, classes) ? undefined : namesIn(prediction, rows);
  const saidOf = said === undefined ? [...(scored?.keys() ?? [])] : [...new Set(said)].toSorted(naturally);
  if (!saidOf.some((name) => classes.includes(name)) && said !== undefined && prediction!.kind === 'number')
    throw new EvaluateError(
      'bad-input',
      `${prediction!.name} holds numbers, and ${label.name} is one of ${few(classes)}: give classes, a score for each class, or of two classes a probability`,
    );
  if (!saidOf.some((name) => classes.includes(name)))
    throw new EvaluateError('bad-input', `predictions are of ${few(saidOf)}, and ${label.name} is none of these: it is ${few(classes)}`);
  return { outcome: classified({ truth, predicted: said, scores: scored }), rows, left, positive: wanted };
}

/** A column of scores, and of what, where that is known. */
interface Scored {
  readonly column: Column;
  readonly of: string | undefined;
}

const FEW = 6;
const few = (names: readonly string[]): string =>
  names.length > FEW ? `${names.slice(0, FEW).join(', ')} and ${names.length - FEW} more` : names.join(', ');

/** Names are classes; numbers are where they are few whole ones and so are the predictions, or those are probabilities. */
function taskOf(label: Column, prediction: Column | undefined, probabilities: readonly Column[]): Outcome['kind'] {
  if (label.kind === 'category') return 'classification';
  const values = distinct(label);
  if (values === undefined || ![...values].every(Number.isInteger)) return 'regression';
  if (probabilities.length > 0 || prediction?.kind === 'category') return 'classification';
  const said = prediction && distinct(prediction as NumberColumn);
  const isSame = said !== undefined && [...said].every((value) => values.has(value));
  return isSame || isProbability(prediction, [...values].map(String)) ? 'classification' : 'regression';
}

/** A few different numbers, or undefined. */
function distinct({ values }: NumberColumn): ReadonlySet<number> | undefined {
  const found = new Set<number>();
  for (const value of values) {
    if (!Number.isNaN(value)) found.add(value);
    if (found.size > MOST_CLASSES) return undefined;
  }
  return found;
}

/** Numbers from 0 to 1 for two classes, which are not those numbers themselves. */
function isProbability(prediction: Column | undefined, classes: readonly string[]): boolean {
  if (prediction?.kind !== 'number' || classes.length > 2) return false;
  const own = prediction.values.filter((value) => !Number.isNaN(value));
  return own.every((value) => value >= 0 && value <= 1) && own.some((value) => !classes.includes(String(value)));
}

function predictionOf(prediction: Column | undefined): Column {
  if (prediction !== undefined) return prediction;
  throw new EvaluateError('bad-input', 'the label is a number, and so must be what was predicted: name its column as the prediction');
}

function numbersIn(column: Column, rows: Int32Array): Float64Array {
  if (column.kind === 'number') return Float64Array.from(rows, (row) => column.values[row]!);
  throw new EvaluateError('bad-input', `column ${column.name} holds names, and numbers are needed here`);
}

const namesIn = (column: Column, rows: Int32Array): readonly string[] =>
  Array.from(rows, (row) => (column.kind === 'number' ? String(column.values[row]) : column.categories[column.codes[row]!]!));

/** Of two classes the last, as people sort them, unless one is named: 1 of 0 and 1, yes of no and yes. */
function positiveOf(
  given: string | undefined,
  classes: readonly string[],
  label: string,
  prediction: Column | undefined,
  probabilities: readonly Scored[],
): string | undefined {
  const said = prediction?.kind === 'category' ? usedIn(prediction) : probabilities.flatMap(({ of }) => of ?? []);
  const all = [...new Set([...classes, ...said])].toSorted(naturally);
  if (given === undefined) return all.length === 2 || (all.length < 2 && probabilities.length < 2) ? all.at(-1) : undefined;
  if (all.includes(given) || probabilities.some(({ column, of }) => of === given || (of === undefined && isOf(column.name, given))))
    return given;
  throw new EvaluateError('unknown-label', `${label} is never ${given}: it is ${few(all)}`);
}

const usedIn = ({ categories, codes }: CategoryColumn): readonly string[] => [...new Set(codes)].flatMap((code) => categories[code] ?? []);

/** Whether a column is named as a class: `yes`, `p_yes`, `probability(yes)`, `proba yes`. */
const isOf = (column: string, name: string): boolean => {
  const wanted = name.toLowerCase();
  return [column.toLowerCase(), column.toLowerCase().replace(/[)\]]+$/, '')].some(
    (own) => own === wanted || (own.endsWith(wanted) && /[^\p{L}\p{N}]/u.test(own.at(-wanted.length - 1)!)),
  );
};

function scoresOf(
  columns: readonly Scored[],
  rows: Int32Array,
  classes: readonly string[],
  positive: string | undefined,
): ReadonlyMap<string, Float64Array> {
  const [only] = columns;
  if (columns.length === 1) {
    if (classes.length > 2)
      throw new EvaluateError(
        'bad-input',
        `${only!.column.name} is one column of probabilities, and there are ${classes.length} classes: give one for each`,
      );
    return ofTwo(numbersIn(only!.column, rows), classes, positive);
  }
  const found = new Map<string, Float64Array>();
  for (const { column, of: known } of columns) {
    // The longest name: "p_not_yes" is of not_yes, not of yes.
    const [name] = classes.filter((each) => isOf(column.name, each)).toSorted((a, b) => b.length - a.length);
    const of = known ?? name ?? column.name.replace(/^.*?[_ (]/, '').replace(/[)\]]+$/, '');
    if (found.has(of)) throw new EvaluateError('bad-input', `two columns hold probabilities of ${of}: name them as the classes are named`);
    found.set(of, numbersIn(column, rows));
  }
  return found;
}

function ofTwo(of: Float64Array, classes: readonly string[], positive: string | undefined): ReadonlyMap<string, Float64Array> {
  const name = positive ?? classes.at(-1)!;
  const other = classes.find((each) => each !== name) ?? `not ${name}`;
  return new Map([
    [name, of],
    // A score that is no probability speaks for the class above 0.
    [other, of.every((p) => p >= 0 && p <= 1) ? of.map((p) => 1 - p) : of.map((score) => -score)],
  ]);
}
