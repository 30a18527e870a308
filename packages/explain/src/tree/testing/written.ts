import { tensorOf, type AttrValue } from '@vitrine/ir';
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

type Lists = { readonly [name: string]: AttrValue };

/** The same trees as attributes of the operators of ai.onnx.ml 1 to 4, but for what their leaves add. Covers as they are listed. */
export function olderNodes({ roots, mode, feature, split, yes, no, missing, cover }: Listing): Lists {
  const names = Object.keys(MODES);
  const tree = Array.from(mode, (_, i) => roots.findLastIndex((root) => root <= i));
  const local = (list: Int32Array): readonly number[] => Array.from(list, (node, i) => Math.max(0, node - roots[tree[i]!]!));
  return {
    nodes_treeids: tree,
    nodes_nodeids: Array.from(mode, (_, i) => i - roots[tree[i]!]!),
    nodes_modes: Array.from(mode, (code) => names[code]!),
    nodes_featureids: Array.from(feature, (f) => Math.max(0, f)),
    nodes_values: Array.from(split),
    nodes_truenodeids: local(yes),
    nodes_falsenodeids: local(no),
    nodes_missing_value_tracks_true: Array.from(missing),
    nodes_hitrates: Array.from(cover!),
  };
}

/** What leaves add, for `class` or `target`: each leaf to the columns that `columnsOf` its tree are, times a number that differs from column to column. */
export function olderLeaves(
  kind: 'class' | 'target',
  { roots, leaf, weight }: Listing,
  columnsOf: (tree: number) => readonly number[],
): Lists {
  const rows = Array.from(leaf, (node, i) => ({ node, tree: roots.findLastIndex((root) => root <= node), weight: weight[i]! })).flatMap(
    (row) => columnsOf(row.tree).map((column) => ({ ...row, column })),
  );
  return {
    [`${kind}_treeids`]: rows.map(({ tree }) => tree),
    [`${kind}_nodeids`]: rows.map(({ node, tree }) => node - roots[tree]!),
    [`${kind}_ids`]: rows.map(({ column }) => column),
    [`${kind}_weights`]: rows.map((row) => row.weight * (1 + row.column)),
  };
}

/** The same trees as attributes of TreeEnsemble, for one target. */
export function newerTrees({ roots, mode, feature, split, yes, no, missing, members, leaf, weight }: Listing): Lists {
  const inner = [...mode.keys()].filter((i) => mode[i] !== MODES.LEAF);
  const nodeAt = new Map(inner.map((node, i) => [node, i]));
  const leafAt = new Map(Array.from(leaf, (node, i) => [node, i]));
  const placeOf = (node: number): number => nodeAt.get(node) ?? leafAt.get(node)!;
  const isLeaf = (node: number): number => (leafAt.has(node) ? 1 : 0);
  return {
    n_targets: 1,
    tree_roots: roots.map(placeOf),
    nodes_featureids: inner.map((node) => feature[node]!),
    nodes_splits: tensorOf(
      'float32',
      [inner.length],
      inner.map((node) => split[node]!),
    ),
    nodes_modes: tensorOf(
      'uint8',
      [inner.length],
      inner.map((node) => mode[node]!),
    ),
    nodes_truenodeids: inner.map((node) => placeOf(yes[node]!)),
    nodes_trueleafs: inner.map((node) => isLeaf(yes[node]!)),
    nodes_falsenodeids: inner.map((node) => placeOf(no[node]!)),
    nodes_falseleafs: inner.map((node) => isLeaf(no[node]!)),
    nodes_missing_value_tracks_true: inner.map((node) => missing[node]!),
    ...(members.size > 0 && { membership_values: tensorOf('float32', [setsOf(members).length], setsOf(members)) }),
    leaf_targetids: Array.from(leaf, () => 0),
    leaf_weights: tensorOf('float32', [weight.length], Array.from(weight)),
  };
}

const setsOf = (members: Listing['members']): readonly number[] => [...members.values()].flatMap((set) => [...set, NaN]).slice(0, -1);

/** A random tree over so many columns, whose first node is a leaf as often as `ends`: tests of these kinds, features that come again on a path, ties, missing values both ways. */
export function grown(next: () => number, columns: number, depth: number, modes: readonly (keyof typeof MODES)[], ends = 0.15): Written {
  if (depth === 0 || next() < ends) return Math.round(20 * next() - 10) / 4;
  const mode = modes[Math.floor(next() * modes.length)]!;
  return {
    f: Math.floor(next() * columns),
    split: Math.floor(next() * 5) - 2,
    mode,
    missing: next() < 0.5,
    ...(mode === 'BRANCH_MEMBER' && { members: [-1, 1] }),
    yes: grown(next, columns, depth - 1, modes),
    no: grown(next, columns, depth - 1, modes),
  };
}

export const ORDERED = ['BRANCH_LEQ', 'BRANCH_LT', 'BRANCH_GTE', 'BRANCH_GT'] as const;
export const OLDER = [...ORDERED, 'BRANCH_EQ', 'BRANCH_NEQ'] as const;
export const NEWER = [...OLDER, 'BRANCH_MEMBER'] as const;
