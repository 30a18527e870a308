import { ExplainError } from '../error.js';
import type { Inquiry, Point } from '../inquiry.js';
import { scoreOf, scoreProgram } from '../rows.js';
import { blending } from './blending.js';
import { keyOf, type Coalition, type Presence } from './coalition.js';
import type { Partition } from './partition.js';
import { placing } from './placing.js';
import type { Removal } from './removal.js';

/** Scores what is left when parts are taken away, in order. */
export type Scorer = (presences: Iterable<Presence>, count: number) => Promise<Float64Array>;

/** Scores coalitions, each that is the same as one before for nothing. */
export function scorer(q: Inquiry, partition: Partition, removal: Removal): Scorer {
  const known = new Map<string, number>();
  const score = placedScorer(q, partition, removal) ?? gradedScorer(q, partition, removal);
  return async (coalitions) => {
    const keys: string[] = [];
    const fresh = new Map<string, Coalition>();
    for (const coalition of coalitions as Iterable<Coalition>) {
      const key = keyOf(coalition);
      keys.push(key);
      if (!known.has(key) && !fresh.has(key)) fresh.set(key, coalition);
    }
    const found = await score(fresh.values(), fresh.size);
    [...fresh.keys()].forEach((key, i) => known.set(key, found[i]!));
    return Float64Array.from(keys, (key) => known.get(key)!);
  };
}

/** Scores coalitions where the graph can make the points: those that come, in order. */
function placedScorer(q: Inquiry, partition: Partition, removal: Removal): Scorer | undefined {
  const score = removal.shares === undefined && removal.always && placing(q, partition, removal.always(partition));
  if (!score) return undefined;
  return async (coalitions, count) => {
    const scores = new Float64Array(count);
    let at = 0;
    for await (const found of score(coalitions as Iterable<Coalition>, count))
      for (let i = 0; i < found.length; i++) scores[at++] = finite(found[i]!);
    return scores;
  };
}

/** Scores parts that are there in part, as they come: they are too large to be kept, and none comes twice. */
export function gradedScorer(q: Inquiry, partition: Partition, removal: Removal): Scorer {
  const run = runner(q, partition, removal);
  return async (presences, count) => {
    const scores = new Float64Array(count);
    await run(presences, count, (score, i, points) => (scores[i]! += score / points));
    return scores;
  };
}

/** Scores with each point that stands in by itself: all of one coalition, then all of the next. */
export function apartScorer(q: Inquiry, partition: Partition, removal: Removal): Scorer {
  const run = runner(q, partition, removal);
  return async (presences, count) => {
    const scores: number[] = [];
    await run(presences, count, (score) => scores.push(score));
    return Float64Array.from(scores);
  };
}

/** Runs each coalition with each point that stands in, in order; `take` is told which coalition it was, and how many points stand in. */
function runner(q: Inquiry, partition: Partition, removal: Removal) {
  const blend = blending(q.x, q.fixed, partition);
  const standIns = removal.over(partition);
  return async (presences: Iterable<Presence>, count: number, take: (score: number, i: number, points: number) => void): Promise<void> => {
    const sizes: number[] = [];
    const points = function* (): Iterable<Point> {
      for (const presence of presences) {
        const own = standIns(presence);
        sizes.push(own.length);
        for (const standIn of own) yield removal.shares === undefined ? blend(presence, standIn) : standIn;
      }
    };
    let [i, taken] = [0, 0];
    for await (const results of q.evaluate(scoreProgram, points(), count * removal.points)) {
      take(finite(scoreOf(results)), i, sizes[i]!);
      if (++taken === sizes[i]) [i, taken] = [i + 1, 0];
    }
  };
}

function finite(score: number): number {
  if (Number.isFinite(score)) return score;
  throw new ExplainError(
    'not-finite',
    `with parts taken away the explained number is ${score}: let something else stand in for them with baseline=`,
  );
}
