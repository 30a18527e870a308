import { attrsOf, numbers, type Attrs, type Node, type Tensor } from '@vitrine/ir';
import { MODES, shareOf, sumsAt, type Ensemble, type Listing } from './listing.js';
import { linkNamed, whereOf } from './scorer.js';

type Newer = Attrs<'ai.onnx.ml.TreeEnsemble'>;

const AGGREGATES = ['AVERAGE', 'SUM', 'MIN', 'MAX'];
const TRANSFORMS = ['NONE', 'SOFTMAX', 'LOGISTIC', 'SOFTMAX_ZERO', 'PROBIT'];

const listed = (tensor: Tensor): readonly number[] => Array.from(numbers(tensor), Number);

/** TreeEnsemble of ai.onnx.ml 5. */
export function ensemble(node: Node): Ensemble {
  const attrs = attrsOf<'ai.onnx.ml.TreeEnsemble'>(node);
  const where = whereOf(node);
  const targets = attrs.n_targets ?? 1;
  const share = shareOf(AGGREGATES[attrs.aggregate_function] ?? String(attrs.aggregate_function), attrs.tree_roots.length, where);
  const listing = listingOf(attrs, targets, where);
  return {
    where,
    listing,
    sumsAt: (x) => sumsAt(listing, x),
    scores: Array.from({ length: targets }, (_, k) => ({ of: new Map([[k, share]]), offset: 0 })),
    link: linkNamed(TRANSFORMS[attrs.post_transform] ?? String(attrs.post_transform), where),
  };
}

/** Leaves stand behind the nodes. */
function listingOf(attrs: Newer, columns: number, where: string): Listing {
  const inner = attrs.nodes_featureids.length;
  const leaves = attrs.leaf_targetids.length;
  const mode = new Uint8Array(inner + leaves).fill(MODES.LEAF);
  mode.set(listed(attrs.nodes_modes));
  const child = (ids: readonly number[], isLeaf: readonly number[]): Int32Array =>
    Int32Array.from(mode, (_, i) => (i < inner ? ids[i]! + (isLeaf[i] === 0 ? 0 : inner) : -1));
  const split = new Float64Array(inner + leaves);
  split.set(listed(attrs.nodes_splits));
  return {
    where,
    roots: attrs.tree_roots,
    mode,
    feature: Int32Array.from(mode, (_, i) => attrs.nodes_featureids[i] ?? -1),
    split,
    yes: child(attrs.nodes_truenodeids, attrs.nodes_trueleafs),
    no: child(attrs.nodes_falsenodeids, attrs.nodes_falseleafs),
    missing: Uint8Array.from(mode, (_, i) => attrs.nodes_missing_value_tracks_true?.[i] ?? 0),
    members: membersOf(mode, attrs.membership_values),
    // Leaves have none of their own; that of a node tells what its other branch leaves to it only where both are told.
    cover: undefined,
    leaf: Int32Array.from({ length: leaves }, (_, i) => inner + i),
    column: Int32Array.from(attrs.leaf_targetids),
    weight: Float64Array.from(listed(attrs.leaf_weights)),
    columns,
  };
}

/** Sets stand one after the other in the order of their nodes, with NaN between them. */
function membersOf(mode: Uint8Array, values: Tensor | undefined): ReadonlyMap<number, ReadonlySet<number>> {
  const sets: Set<number>[] = [new Set()];
  for (const value of values === undefined ? [] : listed(values)) {
    if (Number.isNaN(value)) sets.push(new Set());
    else sets.at(-1)!.add(value);
  }
  const nodes = [...mode.keys()].filter((i) => mode[i] === MODES.BRANCH_MEMBER);
  return new Map(nodes.map((node, k) => [node, sets[k] ?? new Set<number>()]));
}
