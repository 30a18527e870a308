import { ExplainError, parseTarget, type Target } from '@vitrine/explain';
import type { Scores } from './judging.js';

/** The explained number of each row. Unless a target names it, the score of the class that is said of the row as it is. */
export function targeted(given: string | undefined, base: Scores, labels: readonly string[] | undefined): (scores: Scores) => Float64Array {
  const { width } = base;
  const target: Target = given === undefined ? { kind: 'top' } : parseTarget(given, { labels });
  if (target.kind === 'top') {
    const best = Int32Array.from({ length: base.values.length / width }, (_, row) =>
      highest(base.values.subarray(row * width, (row + 1) * width)),
    );
    return ({ values }) => Float64Array.from(best, (c, row) => values[row * width + c]!);
  }
  const weights = weightsOf(target, width);
  return ({ values }) =>
    Float64Array.from({ length: values.length / width }, (_, row) =>
      weights.reduce((sum, [c, weight]) => sum + weight * values[row * width + c]!, 0),
    );
}

function highest(scores: Float64Array): number {
  let best = 0;
  for (let c = 1; c < scores.length; c++) if (scores[c]! > scores[best]!) best = c;
  return best;
}

function weightsOf(target: Target, width: number): readonly (readonly [c: number, weight: number])[] {
  if (target.kind === 'difference')
    return [...weightsOf(target.of, width), ...weightsOf(target.minus, width).map(([c, weight]) => [c, -weight] as const)];
  const c = target.kind === 'index' && target.output === undefined ? (target.index.at(-1) ?? 0) : -1;
  if (c < 0 || c >= width)
    throw new ExplainError(
      'bad-target',
      `permutation-importance takes an element of the first output as its target, from 0 to ${width - 1}, or a difference of two`,
    );
  return [[c, 1]];
}
