import { DataError } from '@vitrine/data';
import type { Tensor } from '@vitrine/ir';
import type { LoadedModel } from '../model.js';
import type { ReadRow } from '../table/row.js';
import { rowScorer, type Scoring } from '../table/rowScorer.js';

export interface MixedScores {
  readonly score: (points: readonly Int32Array[]) => Promise<Float64Array>;
}

/** Scores of documents that are put together: of each point the row of a pool that each feature's value is taken from. */
export async function mixedScores(
  model: LoadedModel,
  pool: readonly ReadRow[],
  output: number | undefined,
  scoring: Scoring,
): Promise<MixedScores> {
  const { encoder, features } = pool[0]!;
  const places = new Map(features.map(({ name }, at) => [name, at]));
  /** The feature that each element of an input stands for. */
  const featureOf = new Map([...encoder.origins].map(([input, origins]) => [input, origins.map(({ column }) => places.get(column)!)]));
  const scorer = await rowScorer(model, scoring);
  return {
    async score(points) {
      const rows = points.map((point) => new Map([...featureOf].map(([input, own]) => [input, mixture(pool, input, own, point)])));
      const scores = await scorer.score(rows);
      return Float64Array.from(scores, (one) => scoreIn(one, output, model.subject.name));
    },
  };
}

function mixture(pool: readonly ReadRow[], input: string, featureOf: readonly number[], point: Int32Array): Tensor {
  const { dtype, dims, data } = pool[point[0]!]!.feeds.get(input)!;
  const mixed = data.slice() as unknown[];
  for (const [element, feature] of featureOf.entries()) mixed[element] = pool[point[feature]!]!.feeds.get(input)!.data[element];
  return { dtype, dims, data: mixed } as unknown as Tensor;
}

function scoreIn(scores: ArrayLike<number>, output: number | undefined, model: string): number {
  if (output === undefined && scores.length > 1)
    throw new DataError(
      'bad-option',
      `${model} says ${scores.length} numbers of each row, and an order needs one: choose it with --target, as 0`,
    );
  const score = scores[output ?? 0];
  if (score !== undefined) return score;
  throw new DataError(
    'bad-option',
    `${model} says ${scores.length} ${scores.length === 1 ? 'number' : 'numbers'} of each row: there is no ${output}`,
  );
}
