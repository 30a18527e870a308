import type { Graph, Node } from '@vitrine/ir';
import { forestOf } from './forest.js';
import type { Ensemble } from './listing.js';
import { ensemble } from './newer.js';
import { classifier, regressor } from './older.js';
import type { Trees } from './values.js';

/** Ensembles of trees, by operator. */
export const treeOperators: { readonly [opType: string]: (node: Node) => Ensemble } = {
  'ai.onnx.ml.TreeEnsembleClassifier': classifier,
  'ai.onnx.ml.TreeEnsembleRegressor': regressor,
  'ai.onnx.ml.TreeEnsemble': ensemble,
};

/** The trees of a graph, by the node that holds them. @throws ExplainError 'unsupported-trees' */
export const treesIn = ({ nodes }: Graph): ReadonlyMap<Node, Ensemble> =>
  new Map(nodes.flatMap((node) => (Object.hasOwn(treeOperators, node.opType) ? [[node, treeOperators[node.opType]!(node)] as const] : [])));

/** The trees behind an element of an ensemble's output, before any link, for rows of so many columns; each column is by itself. */
export function treesOf({ listing, scores }: Ensemble, element: number, columns: number): Trees {
  const { of, offset } = scores[element]!;
  return { forests: [forestOf(listing, of)], base: offset, players: Int32Array.from({ length: columns }, (_, i) => i), count: columns };
}
