import { growTree, leafOf, type Table, type Tree } from './tree.js';

export interface ForestOptions {
  readonly trees: number;
  /** Least rows of a leaf. */
  readonly leaf: number;
  /** Share of the columns that a node chooses from. */
  readonly share: number;
}

/** A random forest, and where the rows that it was grown on fall. */
export interface Forest {
  readonly trees: readonly Tree[];
  /** The leaf of each row in each tree: [trees][rows] */
  readonly leaves: readonly Int32Array[];
  /** How many of the rows are in each leaf: [trees][nodes] */
  readonly sizes: readonly Int32Array[];
}

/** Trees on rows drawn with replacement. `grown` is called after each. Breiman 2001, Machine Learning 45. */
export async function growForest(
  table: Table,
  y: Float64Array,
  { trees: count, leaf, share }: ForestOptions,
  uniform: () => number,
  grown: (trees: number) => void | Promise<void> = () => undefined,
): Promise<Forest> {
  const choices = Math.max(1, Math.round(share * table.columns));
  const trees: Tree[] = [];
  while (trees.length < count) {
    const drawn = Int32Array.from({ length: y.length }, () => Math.floor(uniform() * y.length));
    trees.push(growTree(table, y, drawn, { leaf, choices, uniform }));
    await grown(trees.length);
  }
  const leaves = leavesOf(trees, table);
  const sizes = trees.map((tree, k) => {
    const found = new Int32Array(tree.column.length);
    for (const node of leaves[k]!) found[node]!++;
    return found;
  });
  return { trees, leaves, sizes };
}

/** The leaf of each row in each tree: [trees][rows] */
export const leavesOf = (trees: readonly Tree[], { values, columns }: Table): readonly Int32Array[] =>
  trees.map((tree) => Int32Array.from({ length: values.length / columns }, (_, row) => leafOf(tree, values, row * columns)));

/**
 * How near rows are to a point: the mean over trees of 1 / rows of its leaf, for those in it. Over the rows that the forest was grown on they
 * add up to 1, where every leaf that the point falls in has a row. `of` are the leaves of other rows. Bloniarz et al. 2016 (SILO), eq. 3.
 */
export function nearness({ trees, leaves, sizes }: Forest, point: Float64Array, start = 0, of = leaves): Float64Array {
  const weights = new Float64Array(of[0]!.length);
  trees.forEach((tree, k) => {
    const leaf = leafOf(tree, point, start);
    const each = 1 / sizes[k]![leaf]! / trees.length;
    of[k]!.forEach((other, row) => {
      if (other === leaf) weights[row]! += each;
    });
  });
  return weights;
}

/** What the root splits of all trees make of it, by column. Kazemitabar et al. 2017 (DStump). */
export function rootGains({ trees }: Forest, columns: number): Float64Array {
  const gains = new Float64Array(columns);
  for (const { column, rootGain } of trees) if (column[0]! >= 0) gains[column[0]!]! += rootGain;
  return gains;
}
