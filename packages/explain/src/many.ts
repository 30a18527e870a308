import { builder, isFloat, sizeOf, valuesByName, type Graph, type Tensor, type Value } from '@vitrine/ir';
import { batchFor, checkBudget, price, type Fetches, type Runtime } from '@vitrine/runtime';
import { ask, explainerNamed, labelOf, limitsFor, type Example, type Request } from './explain.js';
import type { Explainer } from './explainer.js';
import type { Explanation } from './explanation.js';
import { optionsFor } from './field.js';
import type { Limits, Point } from './inquiry.js';
import type { Resolved, Target } from './target.js';

/** Most examples in one run, where each is as small as the row of a table. */
const MOST = 512;

/** A model that runs on blocks of examples. */
export interface BlockRunner {
  /** Examples of a block: always the same number, so that what an example gives does not depend on how many come. 1 where a model takes no more. */
  readonly size: number;
  readonly inputs: readonly Value[];
  /** Tensors with the examples along axis 0, where an input has such an axis. @throws RuntimeError */
  run(feeds: ReadonlyMap<string, Tensor>, signal?: AbortSignal): Promise<Fetches>;
}

/** Runs a model on blocks of examples that are shaped as one is: `names` of its values, or its outputs of numbers. @throws RuntimeError */
export function blockRunner(
  { subject, shaped }: Example,
  runtime: Runtime,
  given: Partial<Limits> = {},
  most = MOST,
  names?: readonly string[],
): BlockRunner {
  const { memoryBytes } = limitsFor(runtime, given);
  const at = (batch: number): Graph => {
    const all = shaped.graphAt(batch);
    const known = valuesByName(all);
    return builder(all).build(
      names === undefined ? all.outputs.filter(({ type }) => isFloat(type.dtype)) : names.map((name) => known.get(name)!),
    );
  };
  const one = at(1);
  checkBudget(price(one), memoryBytes);
  const follows = ({ outputs }: Graph, batch: number): boolean => outputs.every(({ type }) => type.shape?.[0] === batch);
  const two = shaped.batchable && follows(one, 1) ? at(2) : undefined;
  const size = two !== undefined && follows(two, 2) ? batchFor(most, price(one), price(two), memoryBytes, given.batch ?? most) : 1;
  const graph = size === 1 ? one : at(size);
  return {
    size,
    inputs: graph.inputs,
    async run(feeds, signal) {
      const session = await runtime.open(graph, { domains: subject.model.domains });
      return session.run(feeds, signal);
    },
  };
}

/** The same for examples one by one: what each gives, in order. @throws RuntimeError */
export function manyRunner(
  example: Example,
  runtime: Runtime,
  given: Partial<Limits> = {},
  names?: readonly string[],
): (points: readonly Point[], signal?: AbortSignal) => Promise<readonly Fetches[]> {
  const { size, inputs, run } = blockRunner(example, runtime, given, MOST, names);
  return async (points, signal) => {
    const all: Fetches[] = [];
    for (let from = 0; from < points.length; from += size) {
      const own = points.slice(from, from + size);
      const results = await run(new Map(inputs.map((input) => [input.name, stacked(own, input, size)])), signal);
      own.forEach((_, i) =>
        all.push(new Map([...results].map(([name, tensor]) => [name, size === 1 ? tensor : exampleOf(tensor, i, size)]))),
      );
    }
    return all;
  };
}

/** Examples one after the other along axis 0; the last fills what is left. */
function stacked(points: readonly Point[], { name, type: { shape } }: Value, batch: number): Tensor {
  const first = points[0]!.get(name)!;
  if (batch === 1 || shape?.[0] !== batch) return first;
  const all = Array.from({ length: batch }, (_, i) => points[Math.min(i, points.length - 1)]!.get(name)!);
  const dims = [batch, ...first.dims.slice(1)];
  if (first.dtype === 'string') return { dtype: 'string', dims, data: all.flatMap(({ data }) => data as readonly string[]) };
  const size = sizeOf(first.dims);
  const data = new (first.data.constructor as Float32ArrayConstructor)(size * batch);
  all.forEach((tensor, i) => data.set(tensor.data as Float32Array, i * size));
  return { dtype: first.dtype, dims, data } as Tensor;
}

function exampleOf({ dtype, dims, data }: Tensor, i: number, batch: number): Tensor {
  const size = sizeOf(dims) / batch;
  return { dtype, dims: [1, ...dims.slice(1)], data: (data as Float32Array).slice(i * size, (i + 1) * size) } as Tensor;
}

/** What is found of one example of many. */
export type FoundOfMany = Pick<Explanation, 'method' | 'attributions' | 'parts' | 'target' | 'completeness'>;

/** Answers for points of the attributed values and of all inputs; `scores` are the explained numbers there. */
export type ManyAsked = (points: readonly Point[], scores: readonly number[]) => Promise<readonly FoundOfMany[]>;

/**
 * A question about an example, asked once for all that have the same shapes, attributed values and target; undefined where its method has no faster
 * way than to be asked for each.
 */
export async function askMany(
  ex: Example,
  runtime: Runtime,
  request: Omit<Request, 'target'> & { readonly target: Resolved },
): Promise<ManyAsked | undefined> {
  const row: Explainer = explainerNamed(request.method);
  if (row.atPoints === undefined) return undefined;
  const options = optionsFor(row.name, row.options, request.options ?? {});
  // What is resolved already stays as it is.
  const { q } = await ask(ex, runtime, row, { ...request, target: request.target as Target }, options);
  const answered = await row.atPoints(q, options);
  const label = labelOf(request.target, request.labels);
  return async (points, scores) =>
    (await answered(points, scores)).map(({ attributions, parts, expected, score = q.score }) => ({
      method: row.name,
      attributions,
      ...(parts && { parts }),
      target: { resolved: request.target, score, ...(label !== undefined && { label }) },
      ...(expected !== undefined && { completeness: { expected, gap: 0 } }),
    }));
}
