import { DataError, type Row, type Sample, type Table } from '@vitrine/data';
import { numbers, type NumberColumn } from '@vitrine/evaluate';
import { limitsFor, probabilities, type Limits } from '@vitrine/explain';
import { builder, isFloat, sizeOf, VitrineError, type Graph, type Tensor } from '@vitrine/ir';
import { checkBudget, price, RuntimeError, type Session } from '@vitrine/runtime';
import type { LoadedModel } from '../model.js';
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

const BATCH = 256;

/** Runs a model on sampled rows, some at a time. Those that cannot be read have no prediction. @throws DataError where none can */
export async function predictedColumns(
  model: LoadedModel,
  reading: Reading,
  table: Table,
  sample: Sample,
  { limits, signal, progress }: PredictedOptions = {},
): Promise<Predicted> {
  const { graph } = model.subject;
  const scoring = builder(graph).build(graph.outputs.slice(0, 1));
  const runtime = await model.runtime();
  const { memoryBytes } = limitsFor(runtime, limits);
  const session = await runtime.open(scoring, { domains: model.subject.model.domains });
  const most = hasFreeRows(scoring) ? (limits?.batch ?? BATCH) : 1;
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
      if (from === 0) checkBudget(price(scoring), memoryBytes);
      const scores = await scoresOf(session, scoring, feeds, signal);
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

/** Whether rows may go in together: the first extent of every input, and of the scores, is open. */
const hasFreeRows = ({ inputs, outputs }: Graph): boolean =>
  [...inputs, ...outputs].every(({ type }) => type.shape === undefined || typeof type.shape[0] === 'string');

/** A row of scores for each of several rows, run together where the model gives a row for each. */
async function scoresOf(
  session: Session,
  { outputs: [output] }: Graph,
  feeds: readonly ReadonlyMap<string, Tensor>[],
  signal: AbortSignal | undefined,
): Promise<readonly ArrayLike<number>[]> {
  const inputs = [...feeds[0]!.keys()];
  const { [output!.name]: y } = Object.fromEntries(
    await session.run(new Map(inputs.map((name) => [name, joined(feeds.map((feed) => feed.get(name)!))])), signal),
  );
  if (y === undefined || !isFloat(y.dtype))
    throw new DataError('bad-input', `output ${output!.name} of the model holds ${y?.dtype ?? 'nothing'}, and scores are numbers`);
  const width = sizeOf(y.dims) / feeds.length;
  if (!Number.isInteger(width))
    throw new DataError(
      'bad-input',
      `output ${output!.name} of the model has shape [${y.dims.join(',')}] for ${feeds.length} rows: it has no number for each row`,
    );
  return feeds.map((_, i) => Float64Array.from({ length: width }, (_, k) => Number(y.data[i * width + k])));
}

/** [1,…] of each as [N,…]. */
function joined(tensors: readonly Tensor[]): Tensor {
  const [first] = tensors as [Tensor];
  if (tensors.length === 1) return first;
  const dims = first.dims.length === 0 ? [tensors.length] : [tensors.length * first.dims[0]!, ...first.dims.slice(1)];
  if (first.dtype === 'string') return { dtype: 'string', dims, data: tensors.flatMap(({ data }) => data as readonly string[]) };
  const data = new (first.data.constructor as new (size: number) => Float32Array)(sizeOf(dims));
  let at = 0;
  for (const one of tensors) {
    data.set(one.data as Float32Array, at);
    at += one.data.length;
  }
  return { dtype: first.dtype, dims, data } as Tensor;
}
