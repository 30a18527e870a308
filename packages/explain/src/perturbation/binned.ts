import { ExplainError } from '../error.js';
import type { Inquiry } from '../inquiry.js';
import { binsOf, isAlike } from './bins.js';
import { EXAMPLE, mixed } from './mixed.js';
import type { Partition } from './partition.js';
import type { Removal } from './removal.js';

/** Into how many bins of equal share a background's numbers are cut, by name. */
export const discretizers = { quartile: 4, decile: 10 } as const;

/**
 * A part is there when it is like the example's: the same category, or a number of the same bin. Its values come from a row of the background that is
 * like it, or from one that is not, each part by itself. Ribeiro, Singh and Guestrin 2016, section 3.3, tabular data.
 * @throws ExplainError 'bad-option' where there are no rows
 */
export function binned(
  q: Pick<Inquiry, 'x' | 'random'>,
  { background: rows = [], ...removal }: Removal,
  { parts, summands }: Partition,
  discretize: keyof typeof discretizers,
): Removal {
  if (rows.length < 2 || summands !== undefined)
    throw new ExplainError(
      'bad-option',
      `discretize=${discretize} takes values from rows of a table: give them with --background FILE, or as baseline=ROWS.npy`,
    );
  const alike = parts.map((part) => {
    const bin = binsOf(part, q.x, rows, discretizers[discretize]);
    return rows.map((row) => isAlike(part, bin, q.x, row));
  });
  const sources = [false, true].map((isThere) => alike.map((list) => [...list.keys()].filter((k) => list[k] === isThere)));
  return {
    ...removal,
    points: 1,
    shares: alike.map((list) => list.filter(Boolean).length / rows.length),
    over() {
      const uniform = q.random('bins');
      return (presence) => {
        const taken = parts.map((_, i) => {
          const list = sources[presence[i]!]![i]!;
          return list.length === 0 ? EXAMPLE : list[Math.floor(uniform() * list.length)]!;
        });
        return [mixed(q.x, parts, rows, taken)];
      };
    },
  };
}
