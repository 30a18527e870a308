/** Numbers of examples, row by row. */
export interface Table {
  /** [rows, columns] */
  readonly values: Float64Array;
  readonly columns: number;
}

/** A regression tree: nodes in the order in which they were made, the root first. */
export interface Tree {
  /** The column that a node asks for, −1 at a leaf. */
  readonly column: Int32Array;
  /** Rows with less than or as much as this go left. */
  readonly threshold: Float64Array;
  readonly left: Int32Array;
  readonly right: Int32Array;
  /** By how much the root's split makes the squared deviations of its rows less. */
  readonly rootGain: number;
}

export interface Growing {
  /** Least rows of a leaf. */
  readonly leaf: number;
  /** How many columns a node chooses from. */
  readonly choices: number;
  readonly uniform: () => number;
}

interface Split {
  readonly column: number;
  readonly threshold: number;
  readonly gain: number;
}

/** Deviations below this share of the root's are rounding. */
const ROUNDING = 1e-12;

/** Grows a tree on rows by their numbers, as Breiman et al. 1984 (CART): each split is the one that leaves the least squared deviations. */
export function growTree(table: Table, y: Float64Array, rows: Int32Array, growing: Growing): Tree {
  const nodes: { column: number; threshold: number; left: number; right: number }[] = [];
  const least = ROUNDING * deviations(y, rows);
  let rootGain = 0;
  const grow = (members: Int32Array): number => {
    const node = { column: -1, threshold: 0, left: -1, right: -1 };
    const number = nodes.push(node) - 1;
    const split = members.length < 2 * growing.leaf ? undefined : bestSplit(table, y, members, growing, least);
    if (split === undefined) return number;
    if (number === 0) rootGain = split.gain;
    const goesLeft = (row: number): boolean => table.values[row * table.columns + split.column]! <= split.threshold;
    [node.column, node.threshold] = [split.column, split.threshold];
    node.left = grow(members.filter(goesLeft));
    node.right = grow(members.filter((row) => !goesLeft(row)));
    return number;
  };
  grow(rows);
  return {
    column: Int32Array.from(nodes, (node) => node.column),
    threshold: Float64Array.from(nodes, (node) => node.threshold),
    left: Int32Array.from(nodes, (node) => node.left),
    right: Int32Array.from(nodes, (node) => node.right),
    rootGain,
  };
}

/** The number of the leaf that a row falls in, its numbers beginning at `start`. */
export function leafOf({ column, threshold, left, right }: Tree, values: Float64Array, start = 0): number {
  let node = 0;
  while (column[node]! >= 0) node = values[start + column[node]!]! <= threshold[node]! ? left[node]! : right[node]!;
  return node;
}

function deviations(y: Float64Array, rows: Int32Array): number {
  const mean = rows.reduce((sum, row) => sum + y[row]!, 0) / rows.length;
  return rows.reduce((sum, row) => sum + (y[row]! - mean) ** 2, 0);
}

function bestSplit(table: Table, y: Float64Array, rows: Int32Array, growing: Growing, least: number): Split | undefined {
  const mean = rows.reduce((sum, row) => sum + y[row]!, 0) / rows.length;
  let best: Split | undefined;
  for (const column of chosen(table.columns, growing)) {
    const found = splitAt(table, y, rows, column, mean, growing.leaf);
    if (found !== undefined && found.gain > Math.max(least, best?.gain ?? 0)) best = found;
  }
  return best;
}

/** Columns drawn without replacement, in their order. */
function chosen(columns: number, { choices, uniform }: Growing): readonly number[] {
  const all = Array.from({ length: columns }, (_, i) => i);
  if (choices >= columns) return all;
  for (let i = 0; i < choices; i++) {
    const j = i + Math.floor(uniform() * (columns - i));
    [all[i], all[j]] = [all[j]!, all[i]!];
  }
  return all.slice(0, choices).toSorted((a, b) => a - b);
}

/** The best threshold of a column: between two values that differ, so many rows on either side. */
function splitAt(
  { values, columns }: Table,
  y: Float64Array,
  rows: Int32Array,
  column: number,
  mean: number,
  leaf: number,
): Split | undefined {
  const at = (row: number): number => values[row * columns + column]!;
  const order = rows.toSorted((a, b) => at(a) - at(b) || a - b);
  const count = order.length;
  let [sum, best, gain] = [0, -1, 0];
  for (let i = 0; i < count - leaf; i++) {
    sum += y[order[i]!]! - mean;
    if (i + 1 < leaf || at(order[i]!) === at(order[i + 1]!)) continue;
    // Around the mean both sides' sums are opposite.
    const found = sum ** 2 / (i + 1) + sum ** 2 / (count - i - 1);
    if (found > gain) [best, gain] = [i, found];
  }
  if (best < 0) return undefined;
  const [low, high] = [at(order[best]!), at(order[best + 1]!)];
  // Half-way may be rounded to the upper one.
  const middle = low + (high - low) / 2;
  return { column, threshold: middle < high ? middle : low, gain };
}
