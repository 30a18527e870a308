import { bias, judged, type Bias, type BiasOptions } from './bias/bias.js';
import { categories, isMissing, namesOf, pickRows, rowCount, type Column } from './column/column.js';
import { EvaluateError } from './error.js';
import { MINIMUM, type Minimum } from './estimate.js';
import { evaluateSlices, type SliceMeasured } from './prediction/bySlice.js';
import { confusions, reliability, type Confused, type ReliabilityBin } from './prediction/confusion.js';
import { drawCurves, type Curve } from './prediction/curves/draw.js';
import { evaluate, RESAMPLES, type EvaluateOptions, type Measured } from './prediction/evaluate.js';
import { marginsOf } from './prediction/margins.js';
import { whole, type Classified, type Outcome } from './prediction/outcome.js';
import { predictionsOf, type Predictions } from './prediction/predictionsOf.js';
import { residuals, type Residuals } from './prediction/residuals.js';
import { slicesBy } from './prediction/slices.js';
import { placesOf } from './statistics/order.js';
import { evaluateRanking, queriesIn, type RankingAnalysis } from './ranking/evaluateRanking.js';
import { normalQuantile } from './statistics/distributions.js';
import { analyzeTable, type TableAnalysis } from './table/analyzeTable.js';
import type { LeakageOptions } from './table/leakage.js';

export interface AnalyzeOptions {
  /** The column that tells what is true. */
  readonly label?: string | undefined;
  /** The column that tells what was predicted. */
  readonly prediction?: string | undefined;
  /** Columns of probabilities: one for each class, or that of the positive one. */
  readonly probabilities?: readonly string[] | undefined;
  /** What each of these is a score of, where their names do not tell. */
  readonly classes?: readonly string[] | undefined;
  readonly positive?: string | undefined;
  /** The column that tells queries apart: predictions are scores that put the rows of each in order, and labels are grades. */
  readonly query?: string | undefined;
  readonly task?: Outcome['kind'] | undefined;
  /** Columns to slice by: each list is crossed. */
  readonly by?: readonly (readonly string[])[];
  /** Columns whose groups should be treated alike. */
  readonly groups?: readonly string[];
  /** A column that may explain a difference between groups. */
  readonly condition?: string | undefined;
  /** Of numbers: those above are positive, where groups are compared. */
  readonly threshold?: number | undefined;
  readonly bounds?: BiasOptions['bounds'];
  /** Confidence of intervals: 0.95 unless given. */
  readonly level?: number;
  readonly resamples?: number;
  readonly seed?: number;
  readonly minimum?: Partial<Minimum>;
  /** Groups of a column of numbers. */
  readonly bins?: number;
  readonly permutations?: number;
  readonly leakage?: LeakageOptions;
}

/** Bins of one class, or of the class predicted. */
export interface Reliability {
  readonly of: string;
  readonly bins: readonly ReliabilityBin[];
}

export interface PredictionAnalysis {
  readonly task: Outcome['kind'];
  /** As numbers in `metrics` count them. */
  readonly classes: readonly string[];
  readonly positive: string | undefined;
  readonly rows: number;
  /** Rows without a label or a prediction. */
  readonly left: number;
  readonly outcome: Outcome;
  readonly metrics: readonly Measured[];
  readonly confusions: readonly Confused[];
  readonly curves: readonly Curve[];
  readonly reliability: readonly Reliability[];
  readonly residuals: readonly Residuals[];
  readonly slices: readonly SliceMeasured[];
}

export interface BiasAnalysis {
  /** What is taken for a good outcome. */
  readonly positive: string;
  readonly condition: string | undefined;
  readonly found: readonly Bias[];
}

/** Everything that is told of a table and of what was predicted of its rows. */
export interface Analysis {
  readonly table: TableAnalysis;
  readonly predictions?: PredictionAnalysis;
  readonly bias?: BiasAnalysis;
  /** Where rows are documents of queries, in place of predictions. */
  readonly ranking?: RankingAnalysis;
  readonly settings: { readonly level: number; readonly resamples: number; readonly seed: number; readonly minimum: Minimum };
}

/** Curves of more classes are no reading: those of the most frequent. */
const MOST_DRAWN = 12;

/** @throws EvaluateError naming a column that is not there, or what is wrong with it */
export function analyze(columns: readonly Column[], options: AnalyzeOptions = {}): Analysis {
  const { label, prediction, probabilities = [], by = [], level = 0.95, resamples = RESAMPLES, seed = 0 } = options;
  if (!(level > 0 && level < 1))
    throw new EvaluateError('bad-option', `a level of ${level} is no confidence: it lies between 0 and 1, as 0.95`);
  const column = (name: string): Column => columnNamed(columns, name);
  const minimum = { ...MINIMUM, ...options.minimum };
  const shared = { z: normalQuantile((1 + level) / 2), seed, minimum, ...(options.bins !== undefined && { bins: options.bins }) };
  if (label !== undefined && isEmpty(column(label)))
    throw new EvaluateError('bad-input', `the label column ${label} is empty in every row`);
  if (label !== undefined) checkClasses(column(label));
  const said = new Set([...(prediction === undefined ? [] : [prediction]), ...probabilities]);
  const table = analyzeTable(
    columns.filter(({ name }) => !said.has(name)).map((one) => (one.name === options.query ? asNames(one) : one)),
    {
      ...shared,
      by,
      label: label === undefined ? undefined : column(label),
      ...(options.permutations !== undefined && { permutations: options.permutations }),
      ...(options.leakage && { leakage: options.leakage }),
    },
  );
  const settings = { level, resamples, seed, minimum };
  if (said.size === 0) return { table, settings };
  if (label === undefined)
    throw new EvaluateError('bad-option', 'predictions are held against a label: name the column that tells what is true');
  if (options.query !== undefined) {
    const [score, ...others] = [...said].map(column);
    if (others.length > 0)
      throw new EvaluateError('bad-option', 'rows are put in order by one score: name one column, or a model that says one number');
    const rows = queriesIn(column(options.query), column(label), score!);
    return { table, ranking: evaluateRanking(options.query, rows, { ...shared, resamples }), settings };
  }
  const predictions = predictionsOf({
    label: column(label),
    prediction: prediction === undefined ? undefined : column(prediction),
    probabilities: probabilities.map(column),
    classes: options.classes,
    positive: options.positive,
    task: options.task,
  });
  const own = columns.map((each) => pickRows(each, predictions.rows));
  return {
    table,
    predictions: ofPredictions(predictions, own, by, { ...shared, resamples }),
    ...biasOf(predictions.outcome, own, predictions.positive, options, shared),
    settings,
  };
}

/** What tells queries apart makes no groups. */
const asNames = (column: Column): Column =>
  column.kind === 'category'
    ? { ...column, opaque: true }
    : {
        ...categories(
          column.name,
          Array.from(column.values, (value) => (Number.isNaN(value) ? null : String(value))),
        ),
        opaque: true,
      };

/** More different values are names of rows, no classes. */
const MOST_CLASSES = 1000;
function checkClasses(label: Column): void {
  if (label.kind === 'category' && label.categories.length > MOST_CLASSES)
    throw new EvaluateError(
      'bad-input',
      `the label column ${label.name} has ${label.categories.length.toLocaleString('en')} different values, and more than ${MOST_CLASSES.toLocaleString('en')} are no classes: name another column`,
    );
}

const isEmpty = (column: Column): boolean => !placesOf(rowCount(column)).some((row) => !isMissing(column, row));

function columnNamed(columns: readonly Column[], name: string): Column {
  const found = columns.find((each) => each.name === name);
  if (found !== undefined) return found;
  throw new EvaluateError('unknown-column', `there is no column ${name}: there are ${namesOf(columns)}`);
}

function ofPredictions(
  { outcome, left, positive }: Predictions,
  columns: readonly Column[],
  by: readonly (readonly string[])[],
  options: EvaluateOptions & { readonly bins?: number },
): PredictionAnalysis {
  const { z } = options;
  const slices = slicesBy(columns, by, options);
  const common = { task: outcome.kind, positive, rows: outcome.truth.length, left, outcome, metrics: evaluate(outcome, options) };
  if (outcome.kind === 'regression')
    return {
      ...common,
      classes: [],
      confusions: [],
      curves: [],
      reliability: [],
      residuals: residuals(outcome, z),
      slices: evaluateSlices(outcome, slices, options, common.metrics),
    };
  const { classes } = outcome;
  const looked = positive === undefined ? mostFrequent(outcome) : [classes.indexOf(positive)];
  // Of three classes and more, slices are told by the averages over them.
  const ofSlices = positive === undefined ? [] : looked;
  return {
    ...common,
    classes,
    confusions: confusions(outcome, z),
    curves: drawCurves(outcome, { ...options, classes: looked }),
    reliability: outcome.probable
      ? [
          ...looked.map((k) => ({ of: classes[k]!, bins: reliability(outcome, k, z) })),
          ...(classes.length > 2 ? [{ of: 'the class predicted', bins: reliability(outcome, undefined, z) }] : []),
        ]
      : [],
    residuals: [],
    slices: evaluateSlices(outcome, slices, { ...options, classes: ofSlices }, common.metrics),
  };
}

function mostFrequent(outcome: Classified): readonly number[] {
  const { actual } = marginsOf(whole(outcome));
  return [...outcome.classes.keys()]
    .toSorted((a, b) => actual[b]! - actual[a]! || a - b)
    .slice(0, MOST_DRAWN)
    .toSorted((a, b) => a - b);
}

function biasOf(
  outcome: Outcome,
  columns: readonly Column[],
  positive: string | undefined,
  { groups = [], condition, threshold, bounds }: AnalyzeOptions,
  shared: BiasOptions,
): { readonly bias?: BiasAnalysis } {
  if (groups.length === 0) return {};
  const good = outcome.kind === 'regression' ? threshold : positive;
  if (good === undefined)
    throw new EvaluateError(
      'bad-option',
      outcome.kind === 'regression'
        ? 'groups are compared by a good outcome, and the predictions are numbers: give a threshold above which they are good'
        : 'groups are compared by a good outcome: say which class is the positive one',
    );
  const rows = judged(outcome, good);
  const within = condition === undefined ? undefined : columnNamed(columns, condition);
  return {
    bias: {
      positive: rows.of,
      condition,
      found: groups.flatMap((name) => bias(rows, columnNamed(columns, name), { ...shared, bounds, condition: within })),
    },
  };
}
