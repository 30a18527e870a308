import type { Point } from '../../inquiry.js';
import type { Part } from '../partition.js';
import { byCorrelation } from './correlation.js';
import { byPlace } from './places.js';
import { balanced, grouped, leaf, type Tree } from './tree.js';

interface Divided {
  readonly x: Point;
  readonly parts: readonly Part[];
  /** Points that stand in: rows of the background. */
  readonly background: readonly Point[];
}

type Building = (divided: Divided, members: readonly number[]) => Tree;

/** How parts are put together, from the largest groups to the parts themselves. */
export const hierarchies = {
  groups: (divided, members) => nested(divided, members, 0),
  correlation: ({ parts, background }, members) => byCorrelation(background, parts, members),
  places: ({ x, parts }, members) => byPlace(x, parts, members),
  order: (_, members) => balanced(members.map(leaf)),
} as const satisfies { readonly [name: string]: Building };

/** From fewer rows a correlation says little. */
const FEWEST_ROWS = 10;

/** The hierarchy that suits an example: groups that its parts tell, else correlation of columns, else how parts lie. */
export function suited({ x, parts, background }: Divided): keyof typeof hierarchies {
  if (parts.some(({ within = [] }) => within.length > 0)) return 'groups';
  const isRow = [...x.values()].every(({ dims }) => dims.length === 2);
  return isRow && background.length >= FEWEST_ROWS ? 'correlation' : 'places';
}

/** Groups in their order, each divided by the groups within it; a part without a group is one by itself. */
function nested(divided: Divided, members: readonly number[], level: number): Tree {
  const keyOf = (i: number): string | undefined => divided.parts[i]!.within?.[level];
  if (members.length === 1) return leaf(members[0]!);
  if (members.every((i) => keyOf(i) === undefined)) {
    const { x, background } = divided;
    return hierarchies[suited({ x, parts: [], background })](divided, members);
  }
  return balanced(grouped(members, (i) => keyOf(i) ?? i).map((own) => nested(divided, own, level + 1)));
}
