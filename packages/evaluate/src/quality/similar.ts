import { EvaluateError } from '../error.js';
import { first, type Evidence } from './evidence.js';
import { decisionOf } from './probability.js';

/** The class that the model says first. @throws EvaluateError where there are no classes */
export async function predicted({ probe }: Evidence): Promise<number> {
  const decide = await decisionOf(probe);
  if (decide === undefined)
    throw new EvaluateError('bad-input', 'this metric compares classes, and what is explained is not one of several');
  return decide(await first(probe.outputs([probe.q.x], 1)));
}

/** Others within a share of the largest distance between two vectors. @throws EvaluateError where they differ in length */
export function similar(vectors: readonly Float64Array[], threshold: number): (i: number) => readonly number[] {
  if (new Set(vectors.map(({ length }) => length)).size > 1)
    throw new EvaluateError(
      'bad-input',
      'explanations of several examples are compared, and these differ in their number of parts: use parts=grid=RxC or pad texts to one length',
    );
  const distances = vectors.map((a) => vectors.map((b) => Math.hypot(...a.map((v, k) => v - b[k]!))));
  const most = Math.max(...distances.flat());
  return (i) => vectors.flatMap((_, j) => (j !== i && distances[i]![j]! <= threshold * most ? [j] : []));
}
