import { blending, choice, gradedScorer, type Partition, type Point, type Presence, type Removal, type Scorer } from '@vitrine/explain';
import { EvaluateError } from '../error.js';
import type { Evidence } from './evidence.js';
import { probabilityOf } from './probability.js';

export const numberOption = (value: 'auto' | 'score' | 'probability') =>
  choice(
    ['auto', 'score', 'probability'],
    value,
    'which number is watched: the explained score, the probability of its class, or the probability where there is one, else the score',
  );
export type NumberWatched = 'auto' | 'score' | 'probability';

/** Watches the number of an option, at points. @throws EvaluateError 'bad-option' where there is no probability */
export async function watched(
  { probe }: Evidence,
  number: NumberWatched,
): Promise<(points: Iterable<Point>, count: number) => Promise<Float64Array>> {
  const probability = number === 'score' ? undefined : await probabilityOf(probe);
  if (probability === undefined) {
    if (number === 'probability')
      throw new EvaluateError(
        'bad-option',
        'what is explained is not the score of one of several classes, and has no probability: use number=score',
      );
    return probe.scores;
  }
  return async (points, count) => {
    const found = new Float64Array(count);
    let i = 0;
    for await (const output of probe.outputs(points, count)) found[i++] = probability(output);
    return found;
  };
}

/** Tells what is left of the number when parts are taken away, averaged over the points that stand in. */
export async function remaining(e: Evidence, partition: Partition, removal: Removal, number: NumberWatched): Promise<Scorer> {
  if (number === 'score') return gradedScorer(e.probe.q, partition, removal);
  const watch = await watched(e, number);
  const blend = blending(e.x, e.probe.q.fixed, partition);
  const standIns = removal.over(partition);
  return async (presences: Iterable<Presence>, count: number) => {
    const points = function* (): Iterable<Point> {
      for (const presence of presences) for (const standIn of standIns(presence)) yield blend(presence, standIn);
    };
    const each = await watch(points(), count * removal.points);
    return Float64Array.from({ length: count }, (_, i) => {
      let sum = 0;
      for (let k = 0; k < removal.points; k++) sum += each[i * removal.points + k]!;
      return sum / removal.points;
    });
  };
}
