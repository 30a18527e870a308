import { attrsOf, numbers, type Attrs, type Node, type Tensor } from '@vitrine/ir';
import { MODES, shareOf, sumsAt, type Ensemble, type Listing } from './listing.js';
import { withSets } from './sets.js';
import { linkNamed, refused, whereOf, type Link, type Score } from './scorer.js';

type Classifier = Attrs<'ai.onnx.ml.TreeEnsembleClassifier'>;
type Regressor = Attrs<'ai.onnx.ml.TreeEnsembleRegressor'>;

/** A list of a file: of float32, or as a tensor where it is more precise. */
const listed = (list: readonly number[] | undefined, tensor: Tensor | undefined): ArrayLike<number> =>
  tensor === undefined ? (list ?? []) : Array.from(numbers(tensor), Number);

interface Leaves {
  readonly trees: readonly number[] | undefined;
  readonly nodes: readonly number[] | undefined;
  readonly columns: readonly number[] | undefined;
  readonly weights: ArrayLike<number>;
}

/** TreeEnsembleRegressor of ai.onnx.ml 1 to 4. */
export function regressor(node: Node): Ensemble {
  const attrs = attrsOf<'ai.onnx.ml.TreeEnsembleRegressor'>(node);
  const where = whereOf(node);
  const targets = attrs.n_targets ?? 1;
  const weights = listed(attrs.target_weights, attrs.target_weights_as_tensor);
  const leaves = { trees: attrs.target_treeids, nodes: attrs.target_nodeids, columns: attrs.target_ids, weights };
  const listing = listingOf(attrs, leaves, targets, where);
  const share = shareOf(attrs.aggregate_function, listing.roots.length, where);
  const base = listed(attrs.base_values, attrs.base_values_as_tensor);
  const link = linkNamed(attrs.post_transform, where);
  return {
    where,
    listing,
    sumsAt: (x) => sumsAt(listing, x),
    scores: Array.from({ length: targets }, (_, k) => ({ of: new Map([[k, share]]), offset: base[k] ?? 0 })),
    // ONNX Runtime leaves a single target as it is.
    link: targets === 1 ? 'NONE' : link,
  };
}

/** TreeEnsembleClassifier of ai.onnx.ml 1 to 4. */
export function classifier(node: Node): Ensemble {
  const attrs = attrsOf<'ai.onnx.ml.TreeEnsembleClassifier'>(node);
  const where = whereOf(node);
  const classes = attrs.classlabels_strings?.length || attrs.classlabels_int64s?.length || refused(`${where} has no class labels`);
  const weights = listed(attrs.class_weights, attrs.class_weights_as_tensor);
  const leaves = { trees: attrs.class_treeids, nodes: attrs.class_nodeids, columns: attrs.class_ids, weights };
  const base = listed(attrs.base_values, attrs.base_values_as_tensor);
  const link = linkNamed(attrs.post_transform, where);
  const told = new Set(attrs.class_ids);
  const direct = Array.from({ length: classes }, (_, k): Score => ({ of: new Map([[k, 1]]), offset: base[k] ?? 0 }));
  const listing = listingOf(attrs, leaves, classes, where);
  return {
    where,
    listing,
    sumsAt: (x) => sumsAt(listing, x),
    ...(classes === 1
      ? { scores: direct, link: 'NONE' }
      : classes === 2
        ? ofTwo(direct, told, base, weights, link)
        : { scores: direct, link }),
  };
}

/** Two classes may share one sum. The standard leaves open what the scores then are; these are ONNX Runtime's. */
function ofTwo(
  direct: readonly Score[],
  told: ReadonlySet<number>,
  base: ArrayLike<number>,
  weights: ArrayLike<number>,
  link: Link,
): Pick<Ensemble, 'scores' | 'link'> {
  if (told.has(1)) {
    if (base.length < 2) return { scores: [told.has(0) ? direct[0]! : NOTHING, direct[1]!], link };
    const second = { of: told.has(0) ? direct[0]!.of : NOTHING.of, offset: base[1]! };
    return { scores: [told.has(0) ? minus(second, 0) : NOTHING, second], link };
  }
  if (base.length === 2) return { scores: [direct[0]!, NOTHING], link };
  const [sum] = direct as readonly [Score];
  if (link === 'LOGISTIC') return { scores: [minus(sum, 0), sum], link };
  const positive = Array.from(weights).every((weight) => weight >= 0);
  return { scores: [minus(sum, positive ? 1 : 0), sum], link: 'NONE' };
}

const NOTHING: Score = { of: new Map(), offset: 0 };
/** `from` minus a score. */
const minus = ({ of, offset }: Score, from: number): Score => ({
  of: new Map([...of].map(([column, weight]) => [column, -weight])),
  offset: from - offset,
});

function listingOf(attrs: Classifier | Regressor, leaves: Leaves, columns: number, where: string): Listing {
  const { nodes_treeids: trees = [], nodes_nodeids: ids = [], nodes_modes: modes = [] } = attrs;
  const count = trees.length;
  const lists = { ids, modes, yes: attrs.nodes_truenodeids, no: attrs.nodes_falsenodeids, features: attrs.nodes_featureids };
  for (const [name, list] of Object.entries(lists))
    if (list?.length !== count) refused(`${where} lists ${count} nodes and ${list?.length ?? 0} ${name}`);
  const places = new Map<number, Map<number, number>>();
  const roots: number[] = [];
  trees.forEach((tree, i) => {
    let own = places.get(tree);
    if (own === undefined) {
      places.set(tree, (own = new Map()));
      roots.push(i);
    }
    own.set(ids[i]!, i);
  });
  const placeOf = (tree: number, id: number): number => places.get(tree)?.get(id) ?? refused(`${where} has no node ${id} in tree ${tree}`);
  const mode = Uint8Array.from(modes, (name) => MODES[name as keyof typeof MODES] ?? refused(`${where} branches by ${name}`));
  const child = (list: readonly number[] = []): Int32Array =>
    Int32Array.from(list, (id, i) => (mode[i] === MODES.LEAF ? -1 : placeOf(trees[i]!, id)));
  const cover = listed(attrs.nodes_hitrates, attrs.nodes_hitrates_as_tensor);
  return withSets({
    where,
    roots,
    mode,
    feature: Int32Array.from(attrs.nodes_featureids ?? []),
    split: Float64Array.from(listed(attrs.nodes_values, attrs.nodes_values_as_tensor)),
    yes: child(attrs.nodes_truenodeids),
    no: child(attrs.nodes_falsenodeids),
    missing: Uint8Array.from({ length: count }, (_, i) => attrs.nodes_missing_value_tracks_true?.[i] ?? 0),
    members: new Map(),
    cover: cover.length === count ? Float64Array.from(cover) : undefined,
    leaf: Int32Array.from(leaves.nodes ?? [], (id, i) => placeOf(leaves.trees![i]!, id)),
    column: Int32Array.from(leaves.columns ?? []),
    weight: Float64Array.from(leaves.weights),
    columns,
  });
}
