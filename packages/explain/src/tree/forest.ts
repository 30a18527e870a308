import { MODES, type Listing } from './listing.js';
import { refused } from './scorer.js';

/**
 * Trees that add up to one number, their nodes in preorder: a node stands before both of its branches, a tree behind the tree before it.
 * A value x goes to `yes` where x ≤ split, or where x is in the node's set, to `missing` where it is NaN, else to `no`.
 */
export interface Forest {
  /** First node of each tree, and behind them the number of nodes. [trees+1] */
  readonly roots: Int32Array;
  /** −1 at a root. */
  readonly parent: Int32Array;
  /** Column that a node looks at; −1 at a leaf. */
  readonly feature: Int32Array;
  readonly split: Float64Array;
  readonly yes: Int32Array;
  readonly no: Int32Array;
  readonly missing: Int32Array;
  readonly sets: ReadonlyMap<number, ReadonlySet<number>>;
  /** Weight of the examples that passed each node. */
  readonly cover: Float64Array | undefined;
  /** What a leaf adds. */
  readonly value: Float64Array;
}

/** Nodes of a listing, in preorder. */
interface Order {
  readonly listed: readonly number[];
  readonly parent: readonly number[];
  readonly roots: readonly number[];
}

/** The trees of a listing that have a part in a weighted sum of its columns; `features` is added to the columns that they look at. @throws ExplainError 'unsupported-trees' where a list is no tree */
export function forestOf(listing: Listing, columns: ReadonlyMap<number, number>, features = 0): Forest {
  const value = new Float64Array(listing.mode.length);
  listing.leaf.forEach((leaf, i) => (value[leaf]! += (columns.get(listing.column[i]!) ?? 0) * listing.weight[i]!));
  const { listed, parent, roots } = inPreorder(listing, (node) => value[node] !== 0);
  const size = listed.length;
  const forest = {
    roots: Int32Array.from([...roots, size]),
    parent: Int32Array.from(parent),
    feature: new Int32Array(size).fill(-1),
    split: new Float64Array(size),
    yes: new Int32Array(size),
    no: new Int32Array(size),
    missing: new Int32Array(size),
    sets: new Map<number, ReadonlySet<number>>(),
    cover: coverOf(listing, listed),
    value: Float64Array.from(listed, (node) => (listing.mode[node] === MODES.LEAF ? value[node]! : 0)),
  };
  const second = new Int32Array(size);
  for (let i = size - 1; i > 0; i--) if (parent[i]! >= 0 && parent[i] !== i - 1) second[parent[i]!] = i;
  for (const [i, node] of listed.entries()) {
    if (listing.mode[node] === MODES.LEAF) continue;
    // A branch that passes the test comes first.
    const test = testOf(listing, node);
    const [pass, fail] = [i + 1, second[i]!];
    forest.feature[i] = features + listing.feature[node]!;
    forest.split[i] = test.split;
    forest.yes[i] = test.turned ? fail : pass;
    forest.no[i] = test.turned ? pass : fail;
    forest.missing[i] = listing.missing[node] === 1 || test.turned === 'also missing' ? pass : fail;
    if (test.set !== undefined) forest.sets.set(i, test.set);
  }
  return forest;
}

interface Test {
  readonly split: number;
  readonly set?: ReadonlySet<number>;
  /** Whether it is the opposite that passes; a missing value is unequal to everything, and passes too where that is asked. */
  readonly turned: boolean | 'also missing';
}

const NEVER: Test = { split: 0, set: new Set(), turned: false };

/** Tests with < and ≥ as tests with ≤, those for equality as sets. */
function testOf({ mode, split: splits, members }: Listing, node: number): Test {
  const split = splits[node]!;
  const unequal = mode[node] === MODES.BRANCH_NEQ;
  if (Number.isNaN(split) && mode[node] !== MODES.BRANCH_MEMBER) return unequal ? { ...NEVER, turned: 'also missing' } : NEVER;
  switch (mode[node]) {
    case MODES.BRANCH_LEQ:
      return { split, turned: false };
    case MODES.BRANCH_LT:
      return { split: below(split), turned: false };
    case MODES.BRANCH_GT:
      return { split, turned: true };
    case MODES.BRANCH_GTE:
      return { split: below(split), turned: true };
    case MODES.BRANCH_EQ:
    case MODES.BRANCH_NEQ:
      return { split, set: new Set([split]), turned: unequal && 'also missing' };
    default:
      return { split, set: members.get(node) ?? new Set(), turned: false };
  }
}

const bits = new BigInt64Array(1);
const double = new Float64Array(bits.buffer);

/** The largest number below. */
export function below(x: number): number {
  if (x === -Infinity) return x;
  if (x === 0) return -Number.MIN_VALUE;
  double[0] = x;
  bits[0]! += x > 0 ? -1n : 1n;
  return double[0];
}

/** Trees without a leaf that counts are left out. */
function inPreorder({ mode, roots, yes, no, where }: Listing, counts: (leaf: number) => boolean): Order {
  const order = { listed: [] as number[], parent: [] as number[], roots: [] as number[] };
  const seen = new Uint8Array(mode.length);
  for (const root of roots) {
    const start = order.listed.length;
    let has = false;
    const waiting: [node: number, parent: number][] = [[root, -1]];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const [node, parent] = next;
      if (!(node >= 0 && node < mode.length)) refused(`${where} has no node ${node}`);
      const place = order.listed.push(node) - 1;
      order.parent.push(parent);
      if (mode[node] === MODES.LEAF) {
        has ||= counts(node);
        continue;
      }
      if (seen[node] === 1) refused(`${where} reaches node ${node} on two ways, and a tree has one to each`);
      seen[node] = 1;
      waiting.push([no[node]!, place], [yes[node]!, place]);
    }
    if (has) order.roots.push(start);
    else order.listed.length = order.parent.length = start;
  }
  return order;
}

/** How far a node's cover may be from that of its branches together. */
const TOLERANCE = 1e-3;

/** Covers, where they are some: exporters that do not know them write ones, and those of branches then do not add up. */
function coverOf({ cover, mode, yes, no, roots }: Listing, listed: readonly number[]): Float64Array | undefined {
  if (cover === undefined || roots.some((root) => !(cover[root]! > 0))) return undefined;
  const adds = listed.every(
    (node) =>
      cover[node]! >= 0 &&
      (mode[node] === MODES.LEAF || Math.abs(cover[node]! - cover[yes[node]!]! - cover[no[node]!]!) <= TOLERANCE * cover[node]!),
  );
  return adds ? Float64Array.from(listed, (node) => cover[node]!) : undefined;
}

/** Where a value goes from a node. */
function next({ split, yes, no, missing, sets }: Forest, node: number, x: number): number {
  // NaN alone is unlike itself.
  if (x !== x) return missing[node]!;
  const passes = sets.size === 0 ? x <= split[node]! : (sets.get(node)?.has(x) ?? x <= split[node]!);
  return passes ? yes[node]! : no[node]!;
}

/** The branch that x takes at each node of a tree, counted from its root; leaves are left as they are. x: [columns], taken: [nodes] */
export function branches(forest: Forest, tree: number, x: Float64Array, taken: Int32Array): void {
  const { roots, feature } = forest;
  const [start, end] = [roots[tree]!, roots[tree + 1]!];
  for (let i = start; i < end; i++) if (feature[i]! >= 0) taken[i - start] = next(forest, i, x[feature[i]!]!) - start;
}

/** The sum over trees at x. x: [columns] */
export function valueOf(forest: Forest, x: Float64Array): number {
  const { roots, feature, value } = forest;
  let sum = 0;
  for (let t = 0; t + 1 < roots.length; t++) {
    let i = roots[t]!;
    while (feature[i]! >= 0) i = next(forest, i, x[feature[i]!]!);
    sum += value[i]!;
  }
  return sum;
}

/** How many of some rows pass each node. rows: [R] of [columns] */
export function passing(forest: Forest, rows: readonly Float64Array[]): Float64Array {
  const { roots, feature, parent } = forest;
  const count = new Float64Array(parent.length);
  for (const x of rows)
    for (let t = 0; t + 1 < roots.length; t++) {
      let i = roots[t]!;
      for (; feature[i]! >= 0; i = next(forest, i, x[feature[i]!]!)) count[i]!++;
      count[i]!++;
    }
  return count;
}
