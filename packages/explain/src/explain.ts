import type { Image } from '@vitrine/data';
import { valuesByName, type Graph, type Tensor } from '@vitrine/ir';
import { checkBudget, price, type Runtime } from '@vitrine/runtime';
import { sum } from './arithmetic.js';
import { byConvention, farFromZero, saturated, silent } from './caution.js';
import { ExplainError } from './error.js';
import type { Attribution, Contrast, Explanation } from './explanation.js';
import type { Explainer } from './explainer.js';
import { explainers } from './explainers.js';
import { optionsFor, type Fields, type OptionsOf } from './field.js';
import { inquiry, type Inquiry, type Limits, type Point, type Progress } from './inquiry.js';
import { chosenLayer, isChannelLast } from './layout.js';
import type { Division } from './perturbation/dividing.js';
import type { SeriesLayout } from './perturbation/series/timeline.js';
import { places } from './places.js';
import { pointed } from './pointed.js';
import { graphsFor, streamsOf } from './remembered.js';
import { resolve } from './resolve.js';
import { checkTables } from './reach.js';
import { reads } from './score.js';
import { valuesAt } from './valuesAt.js';
import { withStandIns, type StandIn } from './standIn.js';
import { checkedFeeds, checkedNames, defaultAt, shaped, type Shaped, type Subject } from './subject.js';
import type { Resolved, Target } from './target.js';

export interface Request {
  readonly method: string;
  readonly inputs: ReadonlyMap<string, Tensor>;
  /** The top class, or the only output of a regression, unless said otherwise. */
  readonly target?: Target | undefined;
  /** Values to attribute to: the float inputs, or a text model's embeddings, unless said otherwise. */
  readonly at?: readonly string[] | undefined;
  readonly layer?: string | undefined;
  /** Ways to divide an example of this kind, by name, the usual one first: a text into words or tokens. */
  readonly divisions?: ReadonlyMap<string, Division>;
  /** Pictures among the inputs as the model sees them, by name: [H,W,C] from 0 to 1. Without them an array is taken for one. */
  readonly pictures?: ReadonlyMap<string, Image>;
  /** Inputs that are series, and how they lie. */
  readonly series?: ReadonlyMap<string, SeriesLayout>;
  /** What may stand in for its absent parts, by name: a mask token. */
  readonly standIns?: ReadonlyMap<string, StandIn>;
  readonly options?: { readonly [name: string]: unknown };
  readonly seed?: number;
  readonly labels?: readonly string[] | undefined;
  readonly limits?: Partial<Limits>;
  /** Other places of the same text will be asked about: what the answers share is computed once, and kept with the example. */
  readonly several?: boolean;
  readonly signal?: AbortSignal;
  readonly progress?: Progress;
}

/** Limits with what is not said filled in: what the runtime has for one run. */
export const limitsFor = ({ memoryBytes = 4 * 2 ** 30 }: Runtime, limits: Partial<Limits> = {}): Limits => ({ memoryBytes, ...limits });

/** What one forward run tells, shared by all methods that ask about the same example. */
export interface Example {
  readonly subject: Subject;
  readonly feeds: ReadonlyMap<string, Tensor>;
  readonly shaped: Shaped;
  readonly outputs: ReadonlyMap<string, Tensor>;
}

/** Runs the model once on an example. @throws ExplainError 'bad-input', RuntimeError */
export async function example(
  subject: Subject,
  inputs: ReadonlyMap<string, Tensor>,
  runtime: Runtime,
  limits: Partial<Limits> = {},
): Promise<Example> {
  const { memoryBytes } = limitsFor(runtime, limits);
  const feeds = checkedFeeds(subject, inputs);
  await checkTables(subject, feeds, runtime);
  const shapes = await shaped(subject, feeds, runtime, memoryBytes);
  const graph = shapes.graphAt(1);
  checkBudget(price(graph), memoryBytes);
  const session = await runtime.open(graph, { domains: subject.model.domains });
  const results = await session.run(new Map(graph.inputs.map(({ name }) => [name, feeds.get(name)!])));
  const outputs = new Map(graph.outputs.map(({ name }) => [name, results.get(name)!]));
  checkOutputs(outputs);
  return { subject, feeds, shaped: shapes, outputs };
}

/** @throws ExplainError 'not-finite' where a model says nothing that could be explained */
export function checkOutputs(outputs: ReadonlyMap<string, Tensor>): void {
  for (const [name, { data }] of outputs)
    if ((data instanceof Float32Array || data instanceof Float64Array) && data.some(Number.isNaN))
      throw new ExplainError('not-finite', `the model's output ${name} holds NaN for this input, so there is nothing to explain`);
}

/** The row of a method. @throws ExplainError 'unknown-method' */
export function explainerNamed(method: string): Explainer {
  if (!Object.hasOwn(explainers, method)) {
    const close = Object.keys(explainers).filter((name) => name.includes(method) || method.includes(name));
    throw new ExplainError(
      'unknown-method',
      `there is no method called ${method}: ${close.length > 0 ? `did you mean ${close.join(' or ')}?` : 'vitrine methods lists them'}`,
    );
  }
  return explainers[method as keyof typeof explainers];
}

/** Answers one question about one example. */
export async function explain(ex: Example, runtime: Runtime, request: Request): Promise<Explanation> {
  const row = explainerNamed(request.method);
  const given = optionsFor(row.name, row.options, request.options ?? {});
  const { q, target, layer, warnings } = await ask(ex, runtime, row, request, given);
  const { options, filled } = await withStandIns({ ex, q, target }, row, given, request.standIns);
  const found = await row.explain(q, filled);
  const attributions = found.attributions.map(checkedAttribution);
  const total = attributions.reduce((s, { tensor, part }) => (part === undefined ? s + sum(tensor) : s), 0);
  const label = labelOf(target, request.labels);
  const dims = attributions[0]!.tensor.dims;
  const base = {
    method: row.name,
    options: { ...options, ...(layer !== undefined && { layer }) },
    attributions,
    target: { resolved: target, score: found.score ?? q.score, ...(label !== undefined && { label }) },
    ...(found.expected !== undefined && { completeness: { expected: found.expected, gap: total - found.expected } }),
    ...(found.conservation && { conservation: found.conservation }),
    ...(found.channels && { channels: found.channels }),
    ...(found.layers && { layers: found.layers }),
    ...(found.parts && { parts: found.parts }),
    ...(found.fidelity && { fidelity: found.fidelity }),
    ...(found.rule && { rule: found.rule }),
    ...(found.contrast && { contrast: named(found.contrast, request.labels) }),
    evaluations: q.tally.evaluations,
    seed: request.seed ?? 0,
    graph: q.tally.graph,
    warnings: [
      ...warnings,
      ...ex.shaped.warnings,
      ...(found.warnings ?? []),
      // Where nothing need be there, or left, zeros are an answer.
      ...(found.rule || found.contrast?.reached ? [] : silent(attributions)),
      ...farFromZero(row, options, request.standIns, found.expected, total),
    ],
  };
  return dims.length === 4 ? { kind: 'image', layout: isChannelLast(dims) ? 'NHWC' : 'NCHW', ...base } : { kind: 'tensor', ...base };
}

/** A question, ready to be answered. */
interface Ready {
  readonly q: Inquiry;
  readonly target: Resolved;
  readonly layer: string | undefined;
  readonly warnings: readonly string[];
  /** The same question at another point, where the explained number is another. */
  readonly elsewhere: (x: Point, score: number) => Inquiry;
}

/** What of a method decides how its question is put. */
export type Asker = Pick<Explainer, 'name' | 'layer' | 'forwardOnly' | 'readsOthers'>;

/** Puts a question: what it asks about is looked up, and the explained number computed. */
export /** With the names of classes. */
function named({ before, after, ...rest }: Contrast, labels: readonly string[] | undefined): Contrast {
  const spelled = (one: Contrast['before']): Contrast['before'] => {
    const label = one.class === undefined ? undefined : labels?.[one.class];
    return { ...one, ...(label !== undefined && { label }) };
  };
  return { ...rest, before: spelled(before), after: spelled(after) };
}

export async function ask(ex: Example, runtime: Runtime, row: Asker, request: Request, options: OptionsOf<Fields>): Promise<Ready> {
  const { subject, feeds, shaped: shapes, outputs } = ex;
  const graph = shapes.graphAt(1);
  const at = checkedNames(graph, request.at ?? defaultAt(graph));
  const target = resolve(request.target ?? { kind: 'top' }, outputs);
  const layer = layerFor(graph, at, target, row, request.layer);
  const limits = limitsFor(runtime, request.limits);
  const keep = [...at, ...(layer === undefined ? [] : [layer])];
  const asked = pointed(shapes, target, feeds, { keep, whole: row.readsOthers?.(options) ?? false });
  const x = await valuesAt(ex, target, asked, at, runtime, limits);
  const parts = {
    graphAt: asked.graphAt,
    batchable: shapes.batchable && followsBatch(shapes, at),
    follows: (names: readonly string[]) => followsBatch(shapes, names),
    fixed: asked.feeds,
    divisions: request.divisions ?? new Map<string, Division>(),
    pictures: request.pictures ?? new Map<string, Image>(),
    series: request.series ?? new Map<string, SeriesLayout>(),
    at,
    x: x.values,
    target: asked.target,
    score: x.score,
    layer,
    runtime,
    domains: subject.model.domains,
    limits,
    random: streamsOf(request.seed ?? 0),
    signal: request.signal,
    progress: request.progress,
    places: request.several
      ? asked.placesOf([row.name, options, at, layer], (isPlace) => places(runtime, subject.model.domains, isPlace))
      : undefined,
  };
  const ends = reads(target).map((name) => name ?? graph.outputs[0]!.name);
  const conventions = row.forwardOnly ? [] : byConvention(graph, at, ends);
  const graphs = graphsFor(asked.graphAt, { target: asked.target, at, layer });
  return {
    q: inquiry({ ...parts, graphs }),
    target,
    layer,
    warnings: [...saturated(ex, target), ...conventions],
    elsewhere: (point, score) => inquiry({ ...parts, graphs, x: point, score, places: undefined }),
  };
}

/** Inner values have their examples along axis 0 too, or only one is run at a time. */
function followsBatch({ graphAt }: Shaped, at: readonly string[]): boolean {
  const [one, two] = [valuesByName(graphAt(1)), valuesByName(graphAt(2))];
  return at.every((name) => one.get(name)?.type.shape?.[0] === 1 && two.get(name)?.type.shape?.[0] === 2);
}

function layerFor(graph: Graph, at: readonly string[], target: Resolved, row: Asker, given: string | undefined): string | undefined {
  if (row.layer === 'none') {
    if (given !== undefined)
      throw new ExplainError('bad-option', `${row.name} takes no layer: leave --layer out, or use --at to explain an inner value`);
    return undefined;
  }
  if (given !== undefined) return checkedNames(graph, [given])[0];
  if (row.layer === 'named')
    throw new ExplainError('no-layer', `${row.name} needs a layer: name one with --layer (vitrine inspect lists them)`);
  const values = valuesByName(graph);
  const ends = reads(target).map((name) => (name === undefined ? graph.outputs[0]! : values.get(name)!));
  return chosenLayer[row.layer](
    graph,
    at.map((name) => values.get(name)!),
    ends,
  )?.value.name;
}

export function checkedAttribution(attribution: Attribution): Attribution {
  const { at, tensor } = attribution;
  const bad = (tensor.data as Float32Array).findIndex((v) => !Number.isFinite(v));
  if (bad >= 0)
    throw new ExplainError(
      'not-finite',
      `the attribution of ${at} is ${(tensor.data as Float32Array)[bad]} at element ${bad}: the model's gradient is not finite there (a pole or an overflow), so the method has no answer for this input`,
    );
  return attribution;
}

export function labelOf(target: Resolved, labels: readonly string[] | undefined): string | undefined {
  if ((target.kind === 'index' || target.kind === 'sum') && target.name !== undefined) return target.name;
  if (target.kind === 'difference') {
    const [a, b] = [labelOf(target.of, labels), labelOf(target.minus, labels)];
    return a && b && `${a} rather than ${b}`;
  }
  if (labels === undefined) return undefined;
  if (target.kind === 'index') return labels[target.index.at(-1) ?? -1];
  if (target.kind === 'class') return labels[target.class];
  return undefined;
}
