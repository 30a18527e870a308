import { MODES, type Listing } from '../listing.js';

/** A tree to write by hand: a leaf's value, or a test and its branches. */
export type Written =
  | number
  | {
      readonly f: number;
      readonly split: number;
      readonly yes: Written;
      readonly no: Written;
      readonly mode?: keyof typeof MODES;
      readonly missing?: boolean;
      readonly members?: readonly number[];
    };

/** Trees as a file would list them; covers are those of the leaves, given in the order of the leaves, added up. */
export function listingOf(trees: readonly Written[], covers: () => number): Listing {
  const nodes: { written: Written; yes: number; no: number; cover: number }[] = [];
  const list = (written: Written): number => {
    const node = { written, yes: -1, no: -1, cover: 0 };
    const place = nodes.push(node) - 1;
    if (typeof written === 'number') node.cover = covers();
    else {
      node.yes = list(written.yes);
      node.no = list(written.no);
      node.cover = nodes[node.yes]!.cover + nodes[node.no]!.cover;
    }
    return place;
  };
  const roots = trees.map(list);
  const inner = <T>(of: (written: Exclude<Written, number>) => T, leaf: T): readonly T[] =>
    nodes.map(({ written }) => (typeof written === 'number' ? leaf : of(written)));
  const leaves = [...nodes.keys()].filter((i) => typeof nodes[i]!.written === 'number');
  return {
    where: 'trees of a test',
    roots,
    mode: Uint8Array.from(inner(({ mode = 'BRANCH_LEQ' }) => MODES[mode], MODES.LEAF)),
    feature: Int32Array.from(inner(({ f }) => f, -1)),
    split: Float64Array.from(inner(({ split }) => split, 0)),
    yes: Int32Array.from(nodes, ({ yes }) => yes),
    no: Int32Array.from(nodes, ({ no }) => no),
    missing: Uint8Array.from(inner(({ missing }) => (missing ? 1 : 0), 0)),
    members: new Map(
      [...nodes.entries()].flatMap(([i, { written }]) =>
        typeof written === 'object' && written.members ? [[i, new Set(written.members)]] : [],
      ),
    ),
    cover: Float64Array.from(nodes, ({ cover }) => cover),
    leaf: Int32Array.from(leaves),
    column: new Int32Array(leaves.length),
    weight: Float64Array.from(leaves, (i) => nodes[i]!.written as number),
    columns: 1,
  };
}
