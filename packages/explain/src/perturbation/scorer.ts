import { ExplainError } from '../error.js';
import type { Inquiry } from '../inquiry.js';
import { scoreOf, scoreProgram } from '../rows.js';
import { keyOf, type Coalition } from './coalition.js';
import type { Partition } from './partition.js';
import { pointOf, type Removal } from './removal.js';

/** Scores coalitions, each that is the same as one before for nothing. */
export function scorer(
  q: Inquiry,
  partition: Partition,
  removal: Removal,
): (coalitions: Iterable<Coalition>) => Promise<readonly number[]> {
  const known = new Map<string, number>();
  return async (coalitions) => {
    const keys: string[] = [];
    const fresh = new Map<string, Coalition>();
    for (const coalition of coalitions) {
      const key = keyOf(coalition);
      keys.push(key);
      if (!known.has(key) && !fresh.has(key)) fresh.set(key, coalition);
    }
    const points = function* () {
      for (const coalition of fresh.values()) for (const standIn of removal) yield pointOf(q.x, q.fixed, partition, coalition, standIn);
    };
    const found: number[] = [];
    for await (const results of q.evaluate(scoreProgram, points(), fresh.size * removal.length)) found.push(finite(scoreOf(results)));
    [...fresh.keys()].forEach((key, i) => {
      const own = found.slice(i * removal.length, (i + 1) * removal.length);
      known.set(key, own.reduce((a, b) => a + b, 0) / removal.length);
    });
    return keys.map((key) => known.get(key)!);
  };
}

function finite(score: number): number {
  if (Number.isFinite(score)) return score;
  throw new ExplainError(
    'not-finite',
    `with parts taken away the explained number is ${score}: let something else stand in for them with baseline=`,
  );
}
