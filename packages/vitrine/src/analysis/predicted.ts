import { type Row, type Sample, type Table } from '@vitrine/data';
import { numbers, type NumberColumn } from '@vitrine/evaluate';
import { probabilities, type Limits } from '@vitrine/explain';
import { VitrineError, type Tensor } from '@vitrine/ir';
import { RuntimeError } from '@vitrine/runtime';
import type { LoadedModel } from '../model.js';
import { rowScorer } from '../table/rowScorer.js';
import { readTableRow, type Reading } from '../table/row.js';

/** What a model says of rows, as columns: NaN where it says nothing. */
export interface Predicted {
  /** A score for each class; or the only number that it says. */
  readonly columns: readonly NumberColumn[];
  /** What the classes are called; nothing where the model says one number. */
  readonly classes: readonly string[];
  readonly notes: readonly string[];
}

export interface PredictedOptions {
  readonly limits?: Partial<Limits> | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ((done: number, of: number) => void) | undefined;
}

/** Runs a model on sampled rows, some at a time. Those that cannot be read have no prediction. @throws DataError where none can */
export async function predictedColumns(
  model: LoadedModel,
  reading: Reading,
  table: Table,
  sample: Sample,
  { limits, signal, progress }: PredictedOptions = {},
): Promise<Predicted> {
  const scorer = await rowScorer(model, { limits, signal });
  const most = scorer.batch;
  const count = sample.rows.length;
  const found = Array.from<ArrayLike<number> | undefined>({ length: count });
  let failure: VitrineError | undefined;
  let failed = 0;
  for (let from = 0; from < count; from += most) {
    if (signal?.aborted) throw new RuntimeError('cancelled', 'cancelled');
    const places: number[] = [];
    const feeds: ReadonlyMap<string, Tensor>[] = [];
    for (let i = from; i < Math.min(count, from + most); i++) {
      try {
        const row: Row = new Map(table.columns.map((name, column) => [name, sample.columns[column]![i]!]));
        feeds.push(readTableRow(reading, row, sample.rows[i]).feeds);
        places.push(i);
      } catch (cause) {
        if (!(cause instanceof VitrineError)) throw cause;
        failure ??= cause;
        failed++;
      }
    }
    if (places.length > 0) {
      const scores = await scorer.score(feeds);
      for (const [i, place] of places.entries()) found[place] = scores[i]!;
    }
    progress?.(Math.min(count, from + most), count);
  }
  if (failed === count && failure !== undefined) throw failure;
  const notes = failure === undefined ? [] : [`${failed} of ${count} rows have no prediction; the first: ${failure.message}`];
  const said = columnsOf(model, table.columns, found);
  return { ...said, notes: [...notes, ...said.notes] };
}

function columnsOf(model: LoadedModel, taken: readonly string[], found: readonly (ArrayLike<number> | undefined)[]): Predicted {
  const { name } = model.subject;
  const width = found.find((scores) => scores !== undefined)!.length;
  if (width === 1)
    return {
      columns: [
        numbers(
          free(name, taken),
          found.map((scores) => scores?.[0] ?? NaN),
        ),
      ],
      classes: [],
      notes: [],
    };
  const classes = model.labels?.length === width ? model.labels : Array.from({ length: width }, (_, k) => String(k));
  const beyond = found.some((scores) => scores !== undefined && Array.from(scores).some((score) => score < 0 || score > 1));
  const shares = beyond ? found.map((scores) => scores && probabilities(scores)) : found;
  return {
    columns: classes.map((of, k) =>
      numbers(
        free(`${name}: ${of}`, taken),
        shares.map((scores) => scores?.[k] ?? NaN),
      ),
    ),
    classes,
    notes: beyond ? [`the scores of ${name} are no probabilities: softmax makes them some`] : [],
  };
}

/** A name that no column of the table has. */
const free = (name: string, taken: readonly string[]): string => (taken.includes(name) ? free(`${name}'`, taken) : name);
