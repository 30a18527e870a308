import type { Graph, Tensor } from '@vitrine/ir';
import type { Runtime } from '@vitrine/runtime';
import { ask, checkedAttribution, example, explain, explainerNamed, type Asker, type Example, type Request } from './explain.js';
import type { Attribution, Explanation } from './explanation.js';
import type { Explainer } from './explainer.js';
import { optionsFor, type Fields, type Tensors } from './field.js';
import type { Inquiry, Point } from './inquiry.js';
import { partitionFor } from './perturbation/dividing.js';
import type { Partition } from './perturbation/partition.js';
import { removalFor, type Removal } from './perturbation/removal.js';
import { scoreOf, scoreProgram } from './rows.js';
import { withStandIns } from './standIn.js';
import type { Resolved, Target } from './target.js';

/** What a measure of explanations may ask of a model and a method at other points than the example. */
export interface Probe {
  /** The question without a method: the model's score, batched. */
  readonly q: Inquiry;
  readonly target: Resolved;
  readonly explainer: Explainer;
  /** The method's options, names of stand-ins not filled in. */
  readonly options: { readonly [name: string]: unknown };
  /** The explained number at points, in order. */
  scores(points: Iterable<Point>, count: number): Promise<Float64Array>;
  /** The whole output that the target is an element of, at points, in order. */
  outputs(points: Iterable<Point>, count: number): AsyncIterable<Tensor>;
  /** An inner value at points, in order. @throws ExplainError 'unknown-value' */
  inner(value: string, points: Iterable<Point>, count: number): AsyncIterable<Tensor>;
  /** What the method says at points, in order; as many in one run as the method allows. */
  attributions(points: readonly Point[]): AsyncIterable<readonly Attribution[]>;
  /** How the example is divided. @throws ExplainError 'bad-option' */
  partition(given: string | Tensors): Partition;
  /** What stands in for what is taken away; random stand-ins are of the stream named. @throws ExplainError 'bad-option' */
  removal(given: string | number | Tensors, stream?: string): Removal;
  /** The method's answer in full. */
  explanation(): Promise<Explanation>;
  /** The whole model as it was read. */
  readonly model: Graph;
  /** The same question about another model, or other inputs. */
  changed(model: Graph, inputs?: Point): Promise<Probe>;
  /** Another question about the same example. @throws ExplainError 'bad-target' */
  retargeted(target: Target): Promise<Probe>;
  /** Options with names of stand-ins, as mask, filled in. @throws ExplainError 'bad-option' */
  filled<O extends { readonly [name: string]: unknown }>(fields: Fields, options: O): Promise<O>;
}

const SCORE: Asker = { name: 'score', layer: 'none', forwardOnly: true };
const WHOLE: Asker = { ...SCORE, readsOthers: () => true };
const OUTPUT = 'output';

/** Opens a model and a method to a measure. @throws ExplainError as `explain` */
export async function probe(ex: Example, runtime: Runtime, request: Request): Promise<Probe> {
  const explainer = explainerNamed(request.method);
  const given = optionsFor(explainer.name, explainer.options, request.options ?? {});
  const plain: Request = { ...request, options: {}, layer: undefined };
  const { q, target } = await ask(ex, runtime, SCORE, plain, {});
  const once = lazily(() => ask(ex, runtime, WHOLE, plain, {}));
  const method = lazily(async () => {
    const ready = await ask(ex, runtime, explainer, request, given);
    const { filled } = await withStandIns({ ex, q: ready.q, target }, explainer, given, request.standIns);
    return { ...ready, options: filled };
  });
  const scores = async (points: Iterable<Point>, count: number): Promise<Float64Array> => {
    const found = new Float64Array(count);
    let i = 0;
    for await (const results of q.evaluate(scoreProgram, points, count)) found[i++] = scoreOf(results);
    return found;
  };
  return {
    q,
    target,
    explainer,
    options: given,
    scores,
    async *outputs(points, count) {
      const whole = (await once()).q;
      yield* values(whole, { key: OUTPUT, write: (f) => ({ [OUTPUT]: f.op.Identity(f.ends[0]!) }) }, points, count);
    },
    inner: (value, points, count) =>
      values(q, { key: `inner/${value}`, layers: [value], write: (f) => ({ [OUTPUT]: f.op.Identity(f.value(value)) }) }, points, count),
    async *attributions(points) {
      const { q: own, options, elsewhere } = await method();
      if (explainer.each !== undefined) {
        for await (const found of explainer.each(own, options, points, points.length)) yield found.map(checkedAttribution);
        return;
      }
      const at = await scores(points, points.length);
      for (const [i, point] of points.entries())
        yield (await explainer.explain(elsewhere(point, at[i]!), options)).attributions.map(checkedAttribution);
    },
    partition: (parts) => partitionFor(q, parts),
    removal: (baseline, stream) =>
      removalFor(
        stream === undefined ? q : { ...q, random: (name: string) => q.random(`${stream}/${name}`) },
        baseline,
        given['background'] as Tensors | undefined,
      ),
    explanation: lazily(() => explain(ex, runtime, request)),
    model: ex.subject.graph,
    async changed(graph, inputs = ex.feeds) {
      const other = await example({ ...ex.subject, graph }, inputs, runtime, request.limits);
      // What is resolved stays as it is when it is resolved again.
      return probe(other, runtime, { ...request, target: target as Target });
    },
    retargeted: (other) => probe(ex, runtime, { ...request, target: other }),
    filled: async (fields, options) => (await withStandIns({ ex, q, target }, { options: fields }, options, request.standIns)).filled,
  };
}

async function* values(
  q: Inquiry,
  program: Parameters<Inquiry['evaluate']>[0],
  points: Iterable<Point>,
  count: number,
): AsyncIterable<Tensor> {
  for await (const results of q.evaluate(program, points, count)) yield results.get(OUTPUT)!;
}

/** Made when it is first asked for. */
function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
