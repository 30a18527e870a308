import { attrsOf, producers, uses, type Graph, type Node, type Value } from '@vitrine/ir';
import { between, dependents } from '@vitrine/transform';
import { refused, whereOf, type Scorer } from './scorer.js';

/** Reads a node's attributes. */
export type Readers<S extends Scorer> = { readonly [opType: string]: (node: Node) => S };

/** Operators behind a model that only add, scale and move its scores. */
const LINEAR = new Set(
  (
    'Identity Cast Add Sub Sum Mean Mul Div Neg Reshape Squeeze Unsqueeze Flatten Concat Gather Slice Split Transpose MatMul Gemm ' +
    'ReduceSum ReduceMean Expand ai.onnx.ml.ArrayFeatureExtractor ai.onnx.ml.FeatureVectorizer'
  ).split(' '),
);

/** Where a part's scores are, and how they are read there. */
export interface Found<S extends Scorer> {
  readonly node: Node;
  readonly scorer: S;
  readonly output: Value;
  /** Its probabilities are made to add up to 1 behind it. */
  readonly normalized: boolean;
}

const outputOf = ({ outputs }: Node): Value => outputs.at(-1)!;

/** Models between values. @throws ExplainError 'unsupported-trees' where what is behind them does not add their scores up */
export function modelsIn<S extends Scorer>(
  graph: Graph,
  at: readonly Value[],
  ends: readonly Value[],
  readers: Readers<S>,
): readonly Found<S>[] {
  const found = partsIn(graph, at, ends, readers);
  if (found.length > 0) checkBehind(graph, at, ends, found);
  return found;
}

function partsIn<S extends Scorer>(graph: Graph, at: readonly Value[], ends: readonly Value[], readers: Readers<S>): readonly Found<S>[] {
  const path = between(graph, at, ends);
  const readersOf = (node: Node): Value[] =>
    graph.nodes.filter((other) => path.has(other) && other.inputs.includes(outputOf(node))).map(outputOf);
  return graph.nodes.flatMap((node): readonly Found<S>[] => {
    if (!path.has(node) || !Object.hasOwn(readers, node.opType)) return [];
    const scorer = remembered(node, readers[node.opType]!);
    const [next, ...more] = readersOf(node);
    const normalizer = next && more.length === 0 && scorer.link !== 'NONE' ? producers(graph).get(next)! : undefined;
    const normalized = normalizer?.opType === 'ai.onnx.ml.Normalizer' && attrsOf<'ai.onnx.ml.Normalizer'>(normalizer).norm === 'L1';
    return [{ node, scorer, output: normalized ? next! : outputOf(node), normalized }];
  });
}

interface Read {
  readonly node: Node;
  readonly scorer: Scorer;
}
const read = new WeakMap<object, Read>();

/** Attributes of trees are long: they are read once. The same node in graphs of other shapes shares them. */
function remembered<S extends Scorer>(node: Node, reader: (node: Node) => S): S {
  const attrs = Object.entries(node.attrs);
  const key = attrs.find(([, attr]) => Array.isArray(attr))?.[1] as object | undefined;
  if (key === undefined) return reader(node);
  const known = read.get(key);
  const isSame =
    known?.node.opType === node.opType && known.node.name === node.name && attrs.every(([name, attr]) => known.node.attrs[name] === attr);
  if (isSame) return known.scorer as S;
  const scorer = reader(node);
  read.set(key, { node, scorer });
  return scorer;
}

/** All that leads to the target passes the models, and is linear behind them. */
function checkBehind<S extends Scorer>(graph: Graph, at: readonly Value[], ends: readonly Value[], found: readonly Found<S>[]): void {
  const cut = new Set(found.map(({ output }) => output));
  const producer = producers(graph);
  const behind = dependents(graph, [...cut]);
  const active = dependents(graph, at);
  const seen = new Set<Value>();
  const pending = [...ends];
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    if (seen.has(value) || cut.has(value) || !active.has(value)) continue;
    seen.add(value);
    const node = producer.get(value);
    if (node === undefined) return refused(`the target depends on ${value.name} past ${found[0]!.scorer.where} as well: use kernel-shap`);
    const carrying = uses(node).filter((v) => behind.has(v) || cut.has(v));
    if (!behind.has(value))
      return refused(`the target depends on ${whereOf(node)} past ${found[0]!.scorer.where} as well: use kernel-shap`);
    const scales = ['Mul', 'Div', 'MatMul', 'Gemm'].includes(node.opType);
    if (!LINEAR.has(node.opType) || (scales && (carrying.length > 1 || (node.opType === 'Div' && !carrying.includes(node.inputs[0]!)))))
      return refused(
        `${whereOf(node)} stands between ${found[0]!.scorer.where} and the target, and is not linear: explain a score before it, as --target value:${carrying[0]!.name},0, or use kernel-shap`,
      );
    pending.push(...uses(node));
  }
}
