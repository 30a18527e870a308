import { attrsOf, builder, numbers, producers, uses, valuesByName, type Graph, type Node, type Tensor, type Value } from '@vitrine/ir';
import { between, dependents } from '@vitrine/transform';
import { collect } from '../explainer.js';
import type { Inquiry, Point } from '../inquiry.js';
import { gradientOf, gradientProgram } from '../rows.js';
import { reads } from '../score.js';
import { given, refused, scoreOf, whereOf, type Scorer } from './scorer.js';

/** Reads a node's attributes. */
export type Readers<S extends Scorer> = { readonly [opType: string]: (node: Node) => S };

/** A model of ai.onnx.ml on the way to the target. */
export interface Part<S extends Scorer> {
  readonly scorer: S;
  readonly input: Value;
  /** Where the columns of its input begin among those of all parts. */
  readonly start: number;
  /** What each of its sums counts in the explained number. */
  readonly weights: ReadonlyMap<number, number>;
}

/** The explained number as weighted sums, before any link. */
export interface Asked<S extends Scorer> {
  readonly graph: Graph;
  readonly parts: readonly Part<S>[];
  /** Added to the weighted sums. */
  readonly base: number;
  /** The explained number at x. */
  readonly score: number;
  /** Columns of the parts' inputs, one behind the other, for the example and for other points. */
  readonly x: Float64Array;
  rowsOf(points: readonly Point[]): Promise<readonly Float64Array[]>;
  readonly warnings: readonly string[];
}

/** Operators behind a model that only add, scale and move its scores. */
const LINEAR = new Set(
  (
    'Identity Cast Add Sub Sum Mean Mul Div Neg Reshape Squeeze Unsqueeze Flatten Concat Gather Slice Split Transpose MatMul Gemm ' +
    'ReduceSum ReduceMean Expand ai.onnx.ml.ArrayFeatureExtractor ai.onnx.ml.FeatureVectorizer'
  ).split(' '),
);

/** Where a part's scores are, and how they are read there. */
interface Found<S extends Scorer> {
  readonly node: Node;
  readonly scorer: S;
  readonly output: Value;
  /** Its probabilities are made to add up to 1 behind it. */
  readonly normalized: boolean;
}

const outputOf = ({ outputs }: Node): Value => outputs.at(-1)!;

/** Takes a question apart into models whose sums add up to it. `what` they are, for messages. @throws ExplainError 'unsupported-trees' */
export async function asked<S extends Scorer>(q: Inquiry, readers: Readers<S>, what: string): Promise<Asked<S>> {
  const graph = q.graph();
  const names = valuesByName(graph);
  const at = [...q.x.keys()].map((name) => names.get(name)!);
  const ends = reads(q.target).map((name) => (name === undefined ? graph.outputs[0]! : names.get(name)!));
  const found = partsIn(graph, at, ends, readers);
  if (found.length === 0) refused(`no ${what} stands between ${[...q.x.keys()].join(', ')} and the target`);
  checkBehind(graph, at, ends, found);
  const inputs = [...new Set(found.map(({ node }) => node.inputs[0]!))];
  const outputs = found.map(({ output }) => output);
  const [values] = await valuesOf(q, [...new Set([...inputs, ...outputs])], [q.x]);
  const starts = new Map<Value, number>();
  let width = 0;
  for (const input of inputs) {
    starts.set(input, width);
    width += Number(input.type.shape!.at(-1));
  }
  const rowOf = (at_: ReadonlyMap<string, Tensor>): Float64Array => {
    const row = new Float64Array(width);
    for (const input of inputs) row.set(columnsOf(at_.get(input.name)!), starts.get(input));
    return row;
  };
  const x = rowOf(values!);
  const inner = new Map(outputs.map(({ name }) => [name, values!.get(name)!]));
  // Other outputs would keep the models in the graph.
  const only = (whole: Graph): Graph => builder(whole).build(ends.map(({ name }) => valuesByName(whole).get(name)!));
  const moved = q.moved([...inner.keys()], inner, only);
  const [slopes] = await collect(moved.evaluate(gradientProgram([...inner.keys()]), [inner], 1));
  let [base, score, ours] = [0, 0, 0];
  const parts = found.map(({ node, scorer, output, normalized }): Part<S> => {
    const input = node.inputs[0]!;
    const start = starts.get(input)!;
    const sums = scorer.sumsAt(x.subarray(start, start + Number(input.type.shape!.at(-1))));
    checkRead(scorer, sums, numbers(values!.get(output.name)!), normalized);
    const weights = new Map<number, number>();
    numbers(gradientOf(slopes!, output.name)).forEach((slope: number | bigint, k: number) => {
      const factor = Number(slope);
      if (factor === 0) return;
      if (scorer.link !== 'NONE' && Math.abs(factor) !== 1)
        refused(
          `the target counts a score of ${scorer.where} ${factor} times behind ${scorer.link}, and only scores as they are can be explained before it: name one with --target`,
        );
      for (const [column, weight] of scorer.scores[k]!.of) weights.set(column, (weights.get(column) ?? 0) + factor * weight);
      base += factor * scorer.scores[k]!.offset;
      score += factor * scoreOf(scorer.scores[k]!, sums);
      ours += factor * Number(numbers(values!.get(output.name)!)[k]);
    });
    return { scorer, input, start, weights };
  });
  const linked = found.some(({ scorer }) => scorer.link !== 'NONE');
  // What is added behind the models.
  const added = linked ? 0 : q.score - ours;
  return {
    graph,
    parts,
    base: base + added,
    score: linked ? score : q.score,
    x,
    async rowsOf(points) {
      return (await valuesOf(q, inputs, points)).map(rowOf);
    },
    warnings: linked
      ? [
          `values are of the score before ${found[0]!.scorer.link}, where they add up: ${score.toPrecision(5)}; what the model gives behind it is ${q.score.toPrecision(5)}`,
        ]
      : [],
  };
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
        `${whereOf(node)} stands between ${found[0]!.scorer.where} and the target, and is not linear: explain a score before it, as --target value:${carrying[0]!.name},0`,
      );
    pending.push(...uses(node));
  }
}

/** Single precision, many trees, and a runtime's own logistic function. */
const TOLERANCE = 1e-3;

/** What a model gives follows from its sums, as its attributes are read here: where standard and runtimes disagree, that is found out. */
function checkRead(scorer: Scorer, sums: Float64Array, outputs: ArrayLike<number | bigint>, normalized: boolean): void {
  const scores = given(scorer, sums);
  const total = normalized ? scores.reduce((sum, s) => sum + Math.abs(s), 0) : 1;
  const off = scores.findIndex((s, k) => !(Math.abs(s / total - Number(outputs[k])) <= TOLERANCE * Math.max(1, Math.abs(s / total))));
  if (off >= 0)
    refused(
      `${scorer.where} gives ${Number(outputs[off])} for score ${off}, and its attributes say ${scores[off]! / total}: it is not read as ONNX Runtime reads it; use kernel-shap`,
    );
}

/** Values of the graph at points; those that are given are not computed. */
async function valuesOf(q: Inquiry, values: readonly Value[], points: readonly Point[]): Promise<readonly Point[]> {
  const inner = values.filter(({ name }) => !q.x.has(name));
  if (inner.length === 0) return points;
  const names = inner.map(({ name }) => name);
  const found: Point[] = [];
  const program = {
    key: `values:${names.join('\0')}`,
    layers: names,
    // As it is: a number next to a split must fall on the side where the model has it.
    ready: (graph: Graph) => graph,
    write: (f: { value(name: string): Value; op: { Identity(v: Value): Value } }) =>
      Object.fromEntries(names.map((name) => [`value/${name}`, f.op.Identity(f.value(name))])),
  };
  let i = 0;
  for await (const results of q.evaluate(program, points, points.length))
    found.push(new Map([...points[i++]!, ...names.map((name) => [name, results.get(`value/${name}`)!] as const)]));
  return found;
}

/** Elements of one example as ONNX Runtime compares them: whole numbers in single precision. */
const columnsOf = (tensor: Tensor): Float64Array =>
  tensor.dtype === 'float32' || tensor.dtype === 'float64'
    ? Float64Array.from(tensor.data as Float32Array)
    : Float64Array.from(numbers(tensor) as ArrayLike<number | bigint>, (v) => Math.fround(Number(v)));
