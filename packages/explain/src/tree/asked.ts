import { builder, numbers, tensorOf, valuesByName, type Graph, type Tensor, type Value } from '@vitrine/ir';
import { collect } from '../explainer.js';
import type { Inquiry, Point } from '../inquiry.js';
import { gradientOf, gradientProgram } from '../rows.js';
import { reads } from '../score.js';
import { modelsIn, type Found, type Readers } from './found.js';
import { given, refused, scoreOf, type Scorer } from './scorer.js';

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

/** Takes a question apart into models whose sums add up to it. `what` they are, for messages. @throws ExplainError 'unsupported-trees' */
export async function asked<S extends Scorer>(q: Inquiry, readers: Readers<S>, what: string): Promise<Asked<S>> {
  const graph = q.graph();
  const names = valuesByName(graph);
  const at = [...q.x.keys()].map((name) => names.get(name)!);
  const ends = reads(q.target).map((name) => (name === undefined ? graph.outputs[0]! : names.get(name)!));
  const found = modelsIn(graph, at, ends, readers);
  if (found.length === 0) refused(`no ${what} stands between ${[...q.x.keys()].join(', ')} and the target`);
  const inputs = [...new Set(found.map(({ node }) => node.inputs[0]!))];
  const starts = new Map<Value, number>();
  let width = 0;
  for (const input of inputs) {
    starts.set(input, width);
    width += widthOf(input);
  }
  const rowsOf = async (points: readonly Point[]): Promise<readonly Float64Array[]> =>
    (await valuesOf(q, inputs, points)).map((point) => {
      const row = new Float64Array(width);
      for (const input of inputs) row.set(columnsOf(point.get(input.name)!), starts.get(input));
      return row;
    });
  const [x] = (await rowsOf([q.x])) as readonly [Float64Array];
  const summed = found.map((part): Summed<S> => {
    const start = starts.get(part.node.inputs[0]!)!;
    return { ...part, start, sums: part.scorer.sumsAt(x.subarray(start, start + widthOf(part.node.inputs[0]!))) };
  });
  const behind = await slopesOf(q, ends, summed);
  const parts = summed.map((part) => partOf(part, behind.slopes.get(part.output)!));
  const total = (of: (part: (typeof parts)[number]) => number): number => parts.reduce((sum, part) => sum + of(part), 0);
  const linked = found.some(({ scorer }) => scorer.link !== 'NONE');
  // What is added behind the models.
  const added = linked ? 0 : behind.score - total(({ score }) => score);
  const score = linked ? total((part) => part.score) : q.score;
  return {
    graph,
    parts,
    base: added + total(({ offset }) => offset),
    score,
    x,
    rowsOf,
    warnings: linked
      ? [
          `values are of the score before ${found[0]!.scorer.link}, where they add up: ${score.toPrecision(5)}; what the model gives behind it is ${q.score.toPrecision(5)}`,
        ]
      : [],
  };
}

/** A part at the example: its sums there, and what they become. */
interface Summed<S extends Scorer> extends Found<S> {
  readonly start: number;
  readonly sums: Float64Array;
}

const widthOf = ({ type }: Value): number => Number(type.shape!.at(-1));

/** What the models give, by our reading of them. */
function outputsOf<S extends Scorer>({ scorer, sums, normalized }: Summed<S>): readonly number[] {
  const scores = given(scorer, sums);
  const total = normalized ? scores.reduce((sum, s) => sum + Math.abs(s), 0) : 1;
  return scores.map((s) => s / total);
}

/** Single precision, many trees, and a runtime's own logistic function. */
const TOLERANCE = 1e-3;

/**
 * How the explained number depends on what the models give. What it is, given what they should give as they are read here, must be what it is: where
 * the standard and runtimes disagree, that is found out.
 */
async function slopesOf<S extends Scorer>(
  q: Inquiry,
  ends: readonly Value[],
  parts: readonly Summed<S>[],
): Promise<{ readonly slopes: ReadonlyMap<Value, Tensor>; readonly score: number }> {
  const outputs = new Map(
    parts.map((part) => [part.output.name, tensorOf(part.output.type.dtype as 'float32', [1, part.scorer.scores.length], outputsOf(part))]),
  );
  // Other outputs would keep the models in the graph.
  const only = (whole: Graph): Graph => builder(whole).build(ends.map(({ name }) => valuesByName(whole).get(name)!));
  const moved = q.moved([...outputs.keys()], outputs, only);
  const [results] = await collect(moved.evaluate(gradientProgram([...outputs.keys()]), [outputs], 1));
  const score = Number(results!.get('score')!.data[0]);
  if (!(Math.abs(score - q.score) <= TOLERANCE * Math.max(1, Math.abs(q.score))))
    refused(
      `the explained number is ${q.score}, and by what ${parts[0]!.scorer.where} says of itself it is ${score}: it is not read as ONNX Runtime reads it; use kernel-shap`,
    );
  return { slopes: new Map(parts.map(({ output }) => [output, gradientOf(results!, output.name)])), score };
}

/** What the sums of a part count, and its score and offset in the explained number. */
function partOf<S extends Scorer>(
  { node, scorer, start, sums }: Summed<S>,
  slopes: Tensor,
): Part<S> & { readonly score: number; readonly offset: number } {
  const weights = new Map<number, number>();
  let [score, offset] = [0, 0];
  for (const [k, slope] of Array.from(numbers(slopes), Number).entries()) {
    if (slope === 0) continue;
    if (scorer.link !== 'NONE' && Math.abs(slope) !== 1)
      refused(
        `the target counts a score of ${scorer.where} ${slope} times behind ${scorer.link}, and only scores as they are can be explained before it: name one with --target`,
      );
    for (const [column, weight] of scorer.scores[k]!.of) weights.set(column, (weights.get(column) ?? 0) + slope * weight);
    offset += slope * scorer.scores[k]!.offset;
    score += slope * scoreOf(scorer.scores[k]!, sums);
  }
  return { scorer, input: node.inputs[0]!, start, weights, score, offset };
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
