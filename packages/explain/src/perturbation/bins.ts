import type { Point } from '../inquiry.js';
import type { Part } from './partition.js';

/** A stretch of numbers between quantiles of a background: above one of them, up to another. Open where it is the first or the last. */
export interface Bin {
  readonly at: string;
  readonly element: number;
  readonly above?: number;
  readonly upTo?: number;
}

/** The bin that a part's number lies in; undefined where the part is no single number, or has no more values than there are bins. */
export function binsOf(part: Part, x: Point, rows: readonly Point[], count: number): Bin | undefined {
  const [only, ...more] = [...part.runs].flatMap(([at, list]) => list.map(([start, end]) => ({ at, start, end })));
  if (part.isCategory || only === undefined || more.length > 0 || only.end - only.start > 1) return undefined;
  const { at, start: element } = only;
  const own = Number(x.get(at)!.data[element]);
  const sorted = rows.map((row) => Number(row.get(at)!.data[element])).toSorted((a, b) => a - b);
  if (Number.isNaN(own) || sorted.some(Number.isNaN) || new Set(sorted).size <= count) return undefined;
  const cuts = quantiles(sorted, count);
  const upTo = cuts.find((cut) => own <= cut);
  const above = cuts.findLast((cut) => own > cut);
  return { at, element, ...(above !== undefined && { above }), ...(upTo !== undefined && { upTo }) };
}

/** Numbers that cut a sorted list into so many parts of nearly equal length, each of them an element of the list. The greatest cuts nothing off. */
function quantiles(sorted: readonly number[], count: number): readonly number[] {
  const cuts = Array.from({ length: count - 1 }, (_, k) => sorted[Math.ceil(((k + 1) * sorted.length) / count) - 1]!);
  return [...new Set(cuts)].filter((cut) => cut < sorted.at(-1)!);
}

/** Whether a row has a part as the example has it: a number in the same bin, or the same values. */
export const isAlike = (part: Part, bin: Bin | undefined, x: Point, row: Point): boolean =>
  bin === undefined ? isSame(part, x, row) : isWithin(bin, row);

/** Whether all elements of a part are what the example has. */
const isSame = ({ runs }: Part, x: Point, row: Point): boolean =>
  [...runs].every(([at, list]) => {
    const [own, other] = [x.get(at)!.data, row.get(at)!.data];
    return list.every(([start, end]) => {
      for (let e = start; e < end; e++) if (own[e] !== other[e] && !(Number.isNaN(own[e]) && Number.isNaN(other[e]))) return false;
      return true;
    });
  });

const isWithin = ({ at, element, above = -Infinity, upTo = Infinity }: Bin, row: Point): boolean => {
  const value = Number(row.get(at)!.data[element]);
  return value > above && value <= upTo;
};
