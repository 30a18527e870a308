import type { Node } from '@vitrine/ir';
import { ExplainError } from '../error.js';

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

/** What becomes of the sums behind the trees, by ONNX's name. */
export type Link = 'NONE' | 'LOGISTIC' | 'SOFTMAX' | 'SOFTMAX_ZERO' | 'PROBIT';

/** A score before the link: what each sum counts in it, and what is added. */
export interface Score {
  readonly of: ReadonlyMap<number, number>;
  readonly offset: number;
}

/** Trees whose leaves add up. */
export interface Ensemble {
  readonly listing: Listing;
  /** For each element of its output. */
  readonly scores: readonly Score[];
  readonly link: Link;
}

export const refused = (message: string): never => {
  throw new ExplainError('unsupported-trees', message);
};

export const whereOf = ({ opType, name }: Node): string => `${opType} (at ${name})`;

/** What leaves of one target become: 1 for a sum, 1/trees for a mean. @throws ExplainError 'unsupported-trees' */
export function shareOf(aggregate: string, trees: number, where: string): number {
  if (aggregate === 'SUM') return 1;
  if (aggregate === 'AVERAGE') return 1 / trees;
  return refused(
    `${where} takes the ${aggregate} over its trees, which does not split into values of single trees: use kernel-shap or shapley-values`,
  );
}

const LINKS: ReadonlySet<string> = new Set<Link>(['NONE', 'LOGISTIC', 'SOFTMAX', 'SOFTMAX_ZERO', 'PROBIT']);

export const linkOf = (name: string, where: string): Link =>
  LINKS.has(name) ? (name as Link) : refused(`${where} transforms its scores by ${name}, which ONNX does not define`);
