import { DataError } from '@vitrine/data';
import { classified, predictionMetrics, withScores, type Metric, type Outcome } from '@vitrine/evaluate';
import { ExplainError, probabilities } from '@vitrine/explain';

/** Scores of all rows, [N,C]. */
export interface Scores {
  readonly values: Float64Array;
  readonly width: number;
}

/** How predictions are judged: a metric, and what becomes of scores for it. */
export interface Judging {
  readonly metric: Metric;
  /** The class that it is of; −1 where it is of all. */
  readonly k: number;
  readonly outcome: (scores: Scores) => Outcome;
  /** What is to be said about it, in sentences. */
  readonly notes: readonly string[];
}

/** What is true of each row. */
export interface Truths {
  readonly column: string;
  readonly values: readonly string[];
}

interface Asked {
  /** The default for the task, unless named. */
  readonly metric: string | undefined;
  /** Of two classes, the one whose score a model gives. */
  readonly positive: string | undefined;
  /** Names of the model's classes. */
  readonly labels: readonly string[] | undefined;
}

/** More different whole numbers than these are no classes. */
const MOST_CLASSES = 10;

/** How predictions are held against what is true. @throws DataError, ExplainError */
export function judgingOf(truths: Truths, base: Scores, asked: Asked): Judging {
  const distinct = [...new Set(truths.values)];
  const numeric = distinct.every((value) => value.trim() !== '' && Number.isFinite(Number(value)));
  const inRange = base.values.every((score) => score >= 0 && score <= 1);
  const isNumber =
    base.width === 1 &&
    numeric &&
    !(distinct.length <= 2 && inRange && distinct.every((value) => Number(value) === 0 || Number(value) === 1));
  return isNumber ? ofNumbers(truths, asked) : ofClasses(truths, base, distinct, asked);
}

/** Where nothing is known of what is true: how far one number of the predictions moves. */
export function movingOf(base: Scores, one: (scores: Scores) => Float64Array): Judging {
  const truth = one(base);
  return {
    metric: predictionMetrics.regression.find(({ name }) => name === 'mae')! as Metric,
    k: -1,
    outcome: (scores) => ({ kind: 'regression', truth, predicted: one(scores) }),
    notes: ['nothing tells what is true: importance is how far the explained number moves on average'],
  };
}

function ofNumbers({ values }: Truths, { metric = 'mse' }: Asked): Judging {
  const truth = Float64Array.from(values, Number);
  return {
    metric: metricOf('regression', metric),
    k: -1,
    outcome: (scores) => ({ kind: 'regression', truth, predicted: scores.values }),
    notes: [],
  };
}

function ofClasses(
  { column, values }: Truths,
  base: Scores,
  distinct: readonly string[],
  { metric = 'log-loss', positive, labels }: Asked,
): Judging {
  const [names, note] = base.width === 1 ? ofTwo(column, distinct, positive) : ofSeveral(column, distinct, base.width, labels, positive);
  const chosen = metricOf('classification', metric);
  const shared = sharesOf(base);
  const zero = new Float64Array(values.length);
  // Of this only the classes are kept.
  const template = {
    ...classified({ truth: values, predicted: values, scores: new Map(names.map((name) => [name, zero])) }),
    scores: undefined,
  };
  const places = template.classes.map((name) => names.indexOf(name));
  const k = chosen.per === 'class' ? template.classes.indexOf(positive ?? names.at(-1)!) : -1;
  if (chosen.per === 'class' && names.length > 2 && positive === undefined)
    throw new ExplainError(
      'bad-option',
      `${chosen.name} is of one class against the others: say which with positive=NAME, or take ${chosen.name}-macro`,
    );
  return {
    metric: chosen,
    k,
    outcome(scores) {
      const all = shared(scores);
      const width = names.length;
      const own = new Float64Array(all.length);
      for (let row = 0; row < values.length; row++) for (let c = 0; c < width; c++) own[row * width + c] = all[row * width + places[c]!]!;
      return withScores(template, own);
    },
    notes: note === undefined ? [] : [note],
  };
}

/** The classes of one score: not positive, positive. */
function ofTwo(column: string, distinct: readonly string[], given: string | undefined): readonly [readonly string[], string | undefined] {
  if (distinct.length > 2)
    throw new DataError(
      'bad-input',
      `${column} has ${distinct.length} different values, and the model has one score, which tells two classes apart: name another label column`,
    );
  const sorted = distinct.toSorted((a, b) => new Intl.Collator('en', { numeric: true }).compare(a, b));
  if (given !== undefined && !distinct.includes(given))
    throw new DataError('bad-input', `${column} is never ${given}: it is ${sorted.join(' or ')}`);
  const positive = given ?? sorted.at(-1)!;
  const other = sorted.find((value) => value !== positive) ?? `not ${positive}`;
  return [
    [other, positive],
    given === undefined ? `the model's score is taken for that of ${column} ${positive}; another is named with positive=` : undefined,
  ];
}

/** The classes of several scores, in the model's order. */
function ofSeveral(
  column: string,
  distinct: readonly string[],
  width: number,
  labels: readonly string[] | undefined,
  positive: string | undefined,
): readonly [readonly string[], string | undefined] {
  const named = labels?.length === width ? labels : undefined;
  const indices = Array.from({ length: width }, (_, i) => String(i));
  const found = [named, indices].find((names) => names !== undefined && distinct.every((value) => names.includes(value)));
  if (found !== undefined) return [found, undefined];
  if (width === 2 && named === undefined && distinct.length === 2) {
    const [names] = ofTwo(column, distinct, positive);
    return [
      names,
      positive === undefined ? `the model's second class is taken for ${column} ${names[1]}; another is named with positive=` : undefined,
    ];
  }
  const stranger = distinct.find((value) => !(named ?? indices).includes(value))!;
  const said = distinct.length > MOST_CLASSES ? `has ${distinct.length} different values` : `is ${stranger} in some rows`;
  throw new DataError(
    'bad-input',
    `${column} ${said}, and the model has ${width} classes: ${(named ?? indices).slice(0, MOST_CLASSES).join(', ')}; name its classes as the table does with --labels FILE`,
  );
}

/** Scores as probabilities: as they are where they are some, else by softmax, or of one by the logistic function. */
function sharesOf({ values, width }: Scores): (scores: Scores) => Float64Array {
  if (width === 1) {
    const given = values.every((score) => score >= 0 && score <= 1);
    return (scores) => {
      const both = new Float64Array(2 * scores.values.length);
      scores.values.forEach((score, row) => {
        const p = given ? score : 1 / (1 + Math.exp(-score));
        both[2 * row] = 1 - p;
        both[2 * row + 1] = p;
      });
      return both;
    };
  }
  let given = true;
  for (let row = 0; given && row < values.length / width; row++) {
    const own = values.subarray(row * width, (row + 1) * width);
    given = own.every((score) => score >= 0) && Math.abs(own.reduce((a, b) => a + b, 0) - 1) < 1e-3;
  }
  if (given) return (scores) => scores.values;
  return (scores) => {
    const all = new Float64Array(scores.values.length);
    for (let at = 0; at < all.length; at += width) all.set(probabilities(Array.from(scores.values.subarray(at, at + width))), at);
    return all;
  };
}

function metricOf(task: Outcome['kind'], name: string): Metric {
  const all = predictionMetrics[task] as readonly unknown[] as readonly Metric[];
  return (
    all.find((metric) => metric.name === name) ??
    refused(
      `metric must be one of ${all.map((metric) => metric.name).join(', ')} where ${task === 'regression' ? 'numbers are' : 'classes are'} predicted, not ${name}`,
    )
  );
}

function refused(message: string): never {
  throw new ExplainError('bad-option', message);
}
