import { refused, type Scorer } from './scorer.js';

/** How a node tests its feature. Codes are those of TreeEnsemble in ai.onnx.ml 5. */
export const MODES = {
  BRANCH_LEQ: 0,
  BRANCH_LT: 1,
  BRANCH_GTE: 2,
  BRANCH_GT: 3,
  BRANCH_EQ: 4,
  BRANCH_NEQ: 5,
  BRANCH_MEMBER: 6,
  LEAF: 7,
} as const;

/** Nodes of all trees as a file lists them. A node is known by its place in the lists; `yes` and `no` are such places. */
export interface Listing {
  /** Operator and node, for messages. */
  readonly where: string;
  readonly roots: readonly number[];
  readonly mode: Uint8Array;
  readonly feature: Int32Array;
  readonly split: Float64Array;
  readonly yes: Int32Array;
  readonly no: Int32Array;
  /** 1 where a missing value passes the test. */
  readonly missing: Uint8Array;
  /** Values that pass the test of a BRANCH_MEMBER. */
  readonly members: ReadonlyMap<number, ReadonlySet<number>>;
  /** Weight of the training examples that passed each node; undefined where the file does not tell. */
  readonly cover: Float64Array | undefined;
  /** What leaves add: `weight[i]` to column `column[i]` at leaf `leaf[i]`. */
  readonly leaf: Int32Array;
  readonly column: Int32Array;
  readonly weight: Float64Array;
  /** How many sums the leaves add up to. */
  readonly columns: number;
}

/** Trees whose leaves add up. */
export interface Ensemble extends Scorer {
  readonly listing: Listing;
}

/** What leaves of one target become: 1 for a sum, 1/trees for a mean. @throws ExplainError 'unsupported-trees' */
export function shareOf(aggregate: string, trees: number, where: string): number {
  if (aggregate === 'SUM') return 1;
  if (aggregate === 'AVERAGE') return 1 / trees;
  return refused(
    `${where} takes the ${aggregate} over its trees, which does not split into values of single trees: use kernel-shap or shapley-values`,
  );
}

/** Sums of the leaves that x reaches, for each column. Tests are made as ONNX words them. x: [features] */
export function sumsAt(listing: Listing, x: Float64Array): Float64Array {
  const { roots, mode, feature, split, yes, no, missing, members } = listing;
  const tests: { readonly [mode: number]: (v: number, node: number) => boolean } = {
    [MODES.BRANCH_LEQ]: (v, node) => v <= split[node]!,
    [MODES.BRANCH_LT]: (v, node) => v < split[node]!,
    [MODES.BRANCH_GTE]: (v, node) => v >= split[node]!,
    [MODES.BRANCH_GT]: (v, node) => v > split[node]!,
    [MODES.BRANCH_EQ]: (v, node) => v === split[node]!,
    [MODES.BRANCH_NEQ]: (v, node) => v !== split[node]!,
    [MODES.BRANCH_MEMBER]: (v, node) => members.get(node)!.has(v),
  };
  const times = new Int32Array(mode.length);
  for (const root of roots) {
    let node = root;
    while (mode[node] !== MODES.LEAF) {
      const v = x[feature[node]!]!;
      const passes = tests[mode[node]!]!(v, node) || (missing[node] === 1 && Number.isNaN(v));
      node = passes ? yes[node]! : no[node]!;
    }
    times[node]!++;
  }
  const sums = new Float64Array(listing.columns);
  listing.leaf.forEach((leaf, i) => (sums[listing.column[i]!]! += times[leaf]! * listing.weight[i]!));
  return sums;
}
