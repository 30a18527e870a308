import { DataError } from '@vitrine/data';
import { limitsFor, type Limits } from '@vitrine/explain';
import { builder, isFloat, sizeOf, type Graph, type Tensor } from '@vitrine/ir';
import { checkBudget, price, RuntimeError, type Session } from '@vitrine/runtime';
import type { LoadedModel } from '../model.js';

type Feeds = ReadonlyMap<string, Tensor>;

/** What a model says of rows, several in one run where it takes several. */
export interface RowScorer {
  /** Rows in one run. */
  readonly batch: number;
  /** The first output, row by row. @throws DataError where it has no numbers for each row; RuntimeError */
  readonly score: (rows: readonly Feeds[]) => Promise<readonly ArrayLike<number>[]>;
}

export interface Scoring {
  readonly limits?: Partial<Limits> | undefined;
  readonly signal?: AbortSignal | undefined;
}

const BATCH = 256;

/** A model ready to score rows. @throws RuntimeError 'over-budget' */
export async function rowScorer(model: LoadedModel, { limits, signal }: Scoring): Promise<RowScorer> {
  const { graph } = model.subject;
  const scoring = builder(graph).build(graph.outputs.slice(0, 1));
  const runtime = await model.runtime();
  checkBudget(price(scoring), limitsFor(runtime, limits).memoryBytes);
  const session = await runtime.open(scoring, { domains: model.subject.model.domains });
  const batch = hasFreeRows(scoring) ? (limits?.batch ?? BATCH) : 1;
  return {
    batch,
    async score(rows) {
      const all: ArrayLike<number>[] = [];
      for (let from = 0; from < rows.length; from += batch) {
        if (signal?.aborted) throw new RuntimeError('cancelled', 'cancelled');
        for (const scores of await scoresOf(session, scoring, rows.slice(from, from + batch), signal)) all.push(scores);
      }
      return all;
    },
  };
}

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
