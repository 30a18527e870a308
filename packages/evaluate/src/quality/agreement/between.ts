import { EvaluateError } from '../../error.js';
import type { Evidence } from '../evidence.js';
import { agreements, type AgreementName } from './agree.js';

/** How far two methods agree about one example. */
export interface Between {
  readonly first: string;
  readonly second: string;
  readonly values: { readonly [name in AgreementName]: number };
}

/**
 * Each pair of explanations of one example compared, of its first k parts by size where that matters. `share` is the share of all parts that k is.
 * @throws EvaluateError where they are of different examples
 */
export function between(
  explanations: ReadonlyMap<string, Evidence>,
  { parts = 'auto', share = 0.25 }: { readonly parts?: Parameters<Evidence['partition']>[0]; readonly share?: number } = {},
): readonly Between[] {
  const all = [...explanations];
  const [first] = all;
  if (first === undefined) return [];
  const partition = first[1].partition(parts);
  const k = Math.max(1, Math.round(share * partition.parts.length));
  const names = [...first[1].x.keys()].join();
  return all.flatMap(([a, one], i) =>
    all.slice(i + 1).map(([b, other]) => {
      if ([one, other].some(({ x }) => [...x.keys()].join() !== names))
        throw new EvaluateError(
          'bad-input',
          `${a} and ${b} explain different values, and only explanations of the same can agree: name them with at`,
        );
      const [u, v] = [one.values(partition), other.values(partition)];
      return {
        first: a,
        second: b,
        values: Object.fromEntries(Object.entries(agreements).map(([name, agree]) => [name, agree(u, v, k)])) as Between['values'],
      };
    }),
  );
}
