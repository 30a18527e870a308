import { sizeOf } from '@vitrine/ir';
import { floats } from '../arithmetic.js';
import { ExplainError } from '../error.js';
import { int, type Fields, type OptionsOf } from '../field.js';
import type { Inquiry, Point } from '../inquiry.js';
import { permutation, type Presence } from './coalition.js';
import type { Partition } from './partition.js';
import type { Removal } from './removal.js';

/** What stands in comes from rows of a background. */
export interface Comparing<F extends Fields = Fields> {
  readonly doc: string;
  readonly paper?: string;
  readonly options: F;
  compare(q: Pick<Inquiry, 'x' | 'random'>, options: OptionsOf<F>, rows: readonly Point[]): Removal;
}

const comparing = <F extends Fields>(row: Comparing<F>): Comparing<F> => row;

/** All rows, whatever is there: absent features are drawn as though they did not depend on those that are there. */
export const background = comparing({
  doc: 'all rows of the background, over which scores are averaged',
  options: {},
  compare: ({ x }, _, rows) => ({
    names: new Set(x.keys()),
    points: rows.length,
    background: rows,
    over: () => () => rows,
    always: () => rows,
  }),
});

/** Rows like the example in what is there: absent features are drawn as they are where the others are so. Aas, Jullum and Løland 2021, section 3.3, nearest rows weighing alike. */
export const knn = comparing({
  doc: 'the rows of the background that are most like the example in what is there',
  paper: 'Aas, Jullum and Løland 2021, Artificial Intelligence 298, arXiv:1903.10464',
  options: { neighbours: int(20, 'how many rows', { min: 1, max: 10_000 }) },
  compare({ x, random }, { neighbours }, rows) {
    const count = Math.min(neighbours, rows.length);
    // Rows that are as near as each other are taken as they come: in no order of theirs.
    const order = Array.from(permutation(rows.length, random('knn')), (i) => rows[i]!);
    return {
      names: new Set(x.keys()),
      points: count,
      over(partition) {
        const distances = distancesTo(x, order, partition);
        return (presence) => {
          if (presence.every((there) => there === 0)) return order;
          const far = distances(presence);
          const near = [...order.keys()].toSorted((a, b) => far[a]! - far[b]! || a - b);
          return near.slice(0, count).map((k) => order[k]!);
        };
      },
    };
  },
});

/** How far each row is from the example, over the parts that are there: in standard deviations, squared; another category is as far as one. */
function distancesTo(x: Point, rows: readonly Point[], { parts, summands }: Partition): (presence: Presence) => Float64Array {
  if (summands !== undefined)
    throw new ExplainError(
      'bad-option',
      'baseline=knn compares parts that are elements, and bands of frequencies are none: use other parts',
    );
  const scales = new Map([...x.keys()].map((at) => [at, deviationsOf(at, rows)]));
  const each = parts.map(({ runs, isCategory }) =>
    Float64Array.from(rows, (row) => {
      let sum = 0;
      for (const [at, list] of runs) {
        const [own, other, scale] = [x.get(at), row.get(at), scales.get(at)];
        if (own === undefined || other === undefined) continue;
        for (const [start, end] of list) for (let e = start; e < end; e++) sum += ((floats(own)[e]! - floats(other)[e]!) / scale![e]!) ** 2;
      }
      return isCategory ? Number(sum > 0) : sum;
    }),
  );
  return (presence) => {
    const sums = new Float64Array(rows.length);
    each.forEach((far, i) => presence[i]! > 0 && far.forEach((d, k) => (sums[k]! += presence[i]! * d)));
    return sums;
  };
}

/** Standard deviation of each element over rows, 1 where it never changes. */
function deviationsOf(at: string, rows: readonly Point[]): Float64Array {
  const size = sizeOf(rows[0]!.get(at)!.dims);
  return Float64Array.from({ length: size }, (_, e) => {
    const mean = rows.reduce((sum, row) => sum + floats(row.get(at)!)[e]!, 0) / rows.length;
    return Math.sqrt(rows.reduce((sum, row) => sum + (floats(row.get(at)!)[e]! - mean) ** 2, 0) / rows.length) || 1;
  });
}
