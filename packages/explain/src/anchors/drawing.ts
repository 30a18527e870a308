import { sizeOf } from '@vitrine/ir';
import type { Point } from '../inquiry.js';
import { blending } from '../perturbation/blending.js';
import { keyOf, nobody, type Coalition } from '../perturbation/coalition.js';
import { binsOf, isAlike, type Bin } from '../perturbation/bins.js';
import { EXAMPLE, mixed } from '../perturbation/mixed.js';
import type { Partition } from '../perturbation/partition.js';
import type { Removal } from '../perturbation/removal.js';

/** What the example might be as well. */
export interface Sample {
  /** The same for the same point. */
  readonly key: string;
  readonly point: () => Point;
  /** Which parts are as a rule would have them. */
  readonly holds: Coalition;
}

/** Where samples come from that a rule is tried on. */
export interface Drawing {
  /** A sample to which a rule applies: what else is there is left to chance. */
  draw(rule: Coalition, uniform: () => number): Sample;
  /** Share of all samples to which a rule applies; of how many it was counted, where it is not exact. */
  coverage(rule: Coalition): { readonly share: number; readonly of?: number };
  /** A sample of a rule in which one more part holds is a sample of the longer rule. */
  readonly nested: boolean;
  /** Between which numbers an element stays, where a part asks for that only. */
  readonly bins: readonly (Bin | undefined)[];
}

/** Parts are there by the toss of a coin; a stand-in is drawn where there are several. */
export function coins(x: Point, fixed: Point, partition: Partition, removal: Removal, present: number): Drawing {
  const blend = blending(x, fixed, partition);
  const standIns = removal.over(partition);
  return {
    nested: true,
    bins: partition.parts.map(() => undefined),
    coverage: (rule) => ({ share: present ** rule.reduce((n, there) => n + there, 0) }),
    draw(rule, uniform) {
      const holds = rule.map((there) => (there === 1 || uniform() < present ? 1 : 0));
      const instead = removal.points === 1 ? 0 : Math.floor(uniform() * removal.points);
      return { key: `${instead}/${keyOf(holds)}`, holds, point: () => blend(holds, standIns(holds)[instead]!) };
    },
  };
}

/**
 * Rows of a background with what the rule asks for put in: the example's category, and a number of its bin from a row that has one. Ribeiro et al. 2018, section 3,
 * tabular data.
 */
export function rowsOf(x: Point, partition: Partition, rows: readonly Point[], count: number): Drawing {
  const { parts } = partition;
  const bins = parts.map((part) => binsOf(part, x, rows, count));
  const alike = parts.map((part, i) => rows.map((row) => isAlike(part, bins[i], x, row)));
  /** Rows that a part's number can be taken from; the example itself where there is none. */
  const sources = alike.map((list) => [...list.keys()].filter((k) => list[k]));
  return {
    nested: false,
    bins,
    coverage(rule) {
      const asked = [...rule.keys()].filter((i) => rule[i] === 1);
      return { share: rows.filter((_, k) => asked.every((i) => alike[i]![k])).length / rows.length, of: rows.length };
    },
    draw(rule, uniform) {
      const k = Math.floor(uniform() * rows.length);
      const taken = parts.map((_, i): number => {
        if (rule[i] !== 1) return k;
        const list = sources[i]!;
        return bins[i] === undefined || list.length === 0 ? EXAMPLE : list[Math.floor(uniform() * list.length)]!;
      });
      const holds = nobody(parts.length).map((_, i) => (rule[i] === 1 || alike[i]![k] ? 1 : 0));
      return { key: taken.join(), holds, point: () => mixed(x, parts, rows, taken) };
    },
  };
}

/** Whether an example is a row of a table: then rows of a background are what it might be as well. */
export const isTable = (x: Point, series: ReadonlyMap<string, unknown>): boolean =>
  [...x].every(([at, { dims }]) => !series.has(at) && dims.length <= 2 && sizeOf(dims) <= LONGEST_ROW);

/** What is longer is a series. */
const LONGEST_ROW = 512;
