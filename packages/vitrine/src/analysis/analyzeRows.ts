import { DataError, guessSchema, numberIn, sampleOf, type Cell, type Format, type Sample, type Schema, type Table } from '@vitrine/data';
import { analyze, readColumns, type Analysis, type AnalyzeOptions, type Column, type Unread } from '@vitrine/evaluate';
import type { Limits } from '@vitrine/explain';
import { RuntimeError } from '@vitrine/runtime';
import type { LoadedModel } from '../model.js';
import type { TableGiven } from '../table/given.js';
import { knownSchema, openedTable, withReading } from '../table/rows.js';
import { sampleOfQueries } from './sampleOfQueries.js';
import { predictedColumns, type Predicted } from './predicted.js';

/** A table to analyze, and what was predicted of its rows: by a model, or in its columns. */
export interface AnalyzeRowsOptions
  extends
    Omit<AnalyzeOptions, 'label' | 'prediction' | 'probabilities' | 'classes' | 'query'>,
    Pick<TableGiven, 'schema' | 'labelColumn' | 'queryColumn'> {
  /** How the file is laid out, where that is not found by itself. */
  readonly format?: Format | undefined;
  /** Says something of each row. */
  readonly model?: LoadedModel | undefined;
  readonly predictionColumn?: string | undefined;
  /** Columns with a score for each class, or for the positive one. */
  readonly scoreColumns?: readonly string[] | undefined;
  /** Most rows that are looked at: of a larger table so many are drawn, by seed. 100,000 unless given. */
  readonly rows?: number | undefined;
  readonly limits?: Partial<Limits> | undefined;
  readonly signal?: AbortSignal | undefined;
  /** `of` is unknown while a file is read whose rows are not counted. */
  readonly progress?: ((stage: 'read' | 'predict' | 'count', done: number, of: number | undefined) => void) | undefined;
}

export interface AnalyzedRows {
  readonly analysis: Analysis;
  /** Of the table, and of the model. */
  readonly name: string;
  readonly model: string | undefined;
  readonly label: string | undefined;
  /** What was not looked at, and what could not be read. */
  readonly notes: readonly string[];
}

export const MOST_ROWS = 100_000;

/** Analyzes a table, which may be larger than memory, and what was predicted of its rows. @throws DataError, EvaluateError, RuntimeError */
export async function analyzeRows(given: TableGiven['table'], options: AnalyzeRowsOptions = {}): Promise<AnalyzedRows> {
  const { model, seed = 0, rows: most = MOST_ROWS, signal, progress } = options;
  if (model !== undefined && (options.predictionColumn !== undefined || options.scoreColumns !== undefined))
    throw new DataError('bad-option', 'predictions come from a model or from columns: give one of them');
  const known = knownSchema(model, { table: given, schema: options.schema });
  const table = await openedTable({ table: given }, known ?? { features: [], ...(options.format && { format: options.format }) });
  try {
    checkColumns(table, [options.queryColumn, options.labelColumn, options.predictionColumn, ...(options.scoreColumns ?? [])]);
    const update = (seen: number): void => {
      if (signal?.aborted) throw new RuntimeError('cancelled', 'cancelled');
      progress?.('read', seen, table.rowCount);
    };
    const { queryColumn } = options;
    const sample = await (queryColumn === undefined
      ? sampleOf(table, most, seed, {}, update)
      : sampleOfQueries(table, queryColumn, most, seed, update));
    if (sample.rows.length === 0)
      throw new DataError('malformed', `${table.name} holds no row${sample.faults.count > 0 ? ' that can be read' : ''}`);
    const schema = known ?? guessedFor(table, sample, options);
    const label = options.labelColumn ?? schema.labelColumn;
    const { columns, unread } = readColumns(table.columns, sample, schema);
    checkColumns(table, [label]);
    const said =
      model &&
      asShares(
        await predictions(model, table, sample, label, options),
        columns.find(({ name }) => name === label)!,
        model.subject.name,
      );
    progress?.('count', sample.rows.length, undefined);
    const analysis = analyze([...columns, ...(said?.columns ?? [])], {
      ...options,
      seed,
      label,
      query: queryColumn,
      ...columnsSaid(options, said),
    });
    return {
      analysis,
      name: table.name,
      model: model?.subject.name,
      label,
      notes: [...notesOn(sample, seed, queryColumn), ...unreadNotes(unread), ...(said?.notes ?? []), ...oneClass(analysis, label)],
    };
  } finally {
    // One that was given open stays so.
    if (table !== given) await table.close();
  }
}

/** What columns seem to be. One that differs in every row is no name of rows where it is what is true or was predicted. */
function guessedFor(
  table: Table,
  sample: Sample,
  { format, labelColumn, predictionColumn, scoreColumns = [] }: AnalyzeRowsOptions,
): Schema {
  const { schema } = guessSchema(table, sample, format && { format });
  const asked = new Set([labelColumn, predictionColumn, ...scoreColumns]);
  return {
    ...schema,
    features: schema.features.map((feature, at) => {
      const isNumeric = (cell: Cell): boolean =>
        cell === null || cell === '' || numberIn(String(cell).trim(), schema.format?.decimal) !== undefined;
      return feature.kind === 'id' && asked.has(feature.name) && sample.columns[at]!.every(isNumeric)
        ? { name: feature.name, kind: 'number' }
        : feature;
    }),
  };
}

/** @throws DataError naming a column that the table lacks */
function checkColumns({ name, columns }: Table, asked: readonly (string | undefined)[]): void {
  const missing = asked.find((column) => column !== undefined && !columns.includes(column));
  if (missing !== undefined)
    throw new DataError(
      'bad-option',
      `${name} has no column ${missing}: it has ${columns.slice(0, 12).join(', ')}${columns.length > 12 ? ` and ${columns.length - 12} more` : ''}`,
    );
}

async function predictions(
  model: LoadedModel,
  table: Table,
  sample: Sample,
  label: string | undefined,
  { schema, queryColumn, limits, signal, progress }: AnalyzeRowsOptions,
): Promise<Predicted> {
  if (label === undefined)
    throw new DataError(
      'bad-option',
      `what ${model.subject.name} says is held against what is true: say which column tells that with --label-column`,
    );
  return withReading(model, { table, schema, labelColumn: label, queryColumn }, (reading) =>
    predictedColumns(model, reading, table, sample, { limits, signal, progress: (done, of) => progress?.('predict', done, of) }),
  );
}

/** @throws DataError where a model calls no class as the label column does */
function checkNames({ classes }: Predicted, label: Column, model: string): void {
  if (classes.length === 0 || label.kind !== 'category' || classes.some((name) => label.categories.includes(name))) return;
  const few = (names: readonly string[]): string => `${names.slice(0, 6).join(', ')}${names.length > 6 ? ', …' : ''}`;
  throw new DataError(
    'bad-option',
    `${model} calls its classes ${few(classes)}, and ${label.name} is ${few(label.categories)}: say with --labels FILE what they are called, in the model's order`,
  );
}

/** One number that a model says of two classes: the logistic function makes a probability of it where it is none. */
function asShares(said: Predicted, label: Column, model: string): Predicted {
  checkNames(said, label, model);
  const [only] = said.columns;
  const isOfTwo = said.classes.length === 0 && label.kind === 'category' && label.categories.length <= 2;
  if (!isOfTwo || only!.values.every((value) => !(value < 0 || value > 1))) return said;
  return {
    ...said,
    columns: [{ ...only!, values: only!.values.map((value) => 1 / (1 + Math.exp(-value))) }],
    notes: [...said.notes, `the scores of ${only!.name} are no probabilities: the logistic function makes them some`],
  };
}

/** Which columns of an analysis tell what was predicted. */
function columnsSaid(
  { predictionColumn, scoreColumns }: AnalyzeRowsOptions,
  said: Predicted | undefined,
): Pick<AnalyzeOptions, 'prediction' | 'probabilities' | 'classes'> {
  if (said === undefined) return { prediction: predictionColumn, probabilities: scoreColumns };
  const names = said.columns.map(({ name }) => name);
  return said.classes.length === 0 ? { prediction: names[0] } : { probabilities: names, classes: said.classes };
}

/** What tells classes apart cannot be measured of one. */
function oneClass({ predictions }: Analysis, label: string | undefined): readonly string[] {
  if (predictions?.outcome.kind !== 'classification') return [];
  const { truth, classes } = predictions.outcome;
  return truth.every((code) => code === truth[0])
    ? [`${label} is ${classes[truth[0]!]} in every row: how well classes are told apart cannot be measured`]
    : [];
}

/** What was looked at, where that is not all. */
function notesOn({ rows, seen, faults }: Sample, seed: number, queryColumn: string | undefined): readonly string[] {
  const sound = seen - faults.count;
  const [first] = faults.first;
  return [
    ...(rows.length < sound
      ? [
          `${rows.length.toLocaleString('en')} of ${sound.toLocaleString('en')} rows are drawn${queryColumn === undefined ? '' : ', those of whole queries'}, with seed ${seed}: all numbers are of these, and equal rows are looked for among them only`,
        ]
      : []),
    ...(first === undefined
      ? []
      : [
          `${faults.count === 1 ? 'one row is' : `${faults.count} rows are`} damaged and left out, the first: row ${first.row} ${first.fault}`,
        ]),
  ];
}

const unreadNotes = (unread: readonly Unread[]): readonly string[] =>
  unread.map(
    ({ column, count, first, row }) =>
      `${column}: ${count === 1 ? 'one cell counts' : `${count} cells count`} as missing, the first in row ${row}: it ${first}`,
  );
