import { bytesOf, type Tensor } from '@vitrine/ir';
import { graphDigest, sha256, type Runtime } from '@vitrine/runtime';
import { fromTensors } from '../baseline.js';
import { collect } from '../explainer.js';
import { ExplainError } from '../error.js';
import { tensor, type Tensors } from '../field.js';
import type { Inquiry, Point, Tally } from '../inquiry.js';
import { scoreOf, scoreProgram } from '../rows.js';
import type { Partition } from '../perturbation/partition.js';

/** Rows that a surrogate learns from. */
export const learnedFrom = tensor(
  'rows or examples to learn from [K,…], as many as there are of the training data: FILE.npy, or FILE.npz with an array for each input',
);

/** The examples to learn from. @throws ExplainError 'bad-option' where there are none, too few, or some are not finite */
export function backgroundOf(q: Inquiry, method: string, given: Tensors | undefined, least: number): readonly Point[] {
  if (given === undefined)
    throw new ExplainError(
      'bad-option',
      `${method} learns from many examples: give rows with --background TABLE, or arrays with --option background=FILE.npy`,
    );
  const points = fromTensors(given, new Map([...q.x].map(([name, { dims }]) => [name, dims])), 'background');
  if (points.length < least)
    throw new ExplainError('bad-option', `${method} learns from at least ${least} examples, and the background holds ${points.length}`);
  const bad = points.findIndex((point) => [...point.values()].some(({ data }) => !(data as Float32Array).every(Number.isFinite)));
  if (bad >= 0) throw new ExplainError('bad-option', `example ${bad} of the background holds what is no finite number: leave it out`);
  return points;
}

/** Of all examples together. */
function digestOf(points: readonly Point[]): Promise<string> {
  const names = [...points[0]!.keys()];
  const size = names.reduce((n, name) => n + points[0]!.get(name)!.data.length, 0);
  const all = new Float32Array(size * points.length);
  let at = 0;
  for (const name of names)
    for (const point of points) {
      const { data } = point.get(name)!;
      all.set(data as Float32Array, at);
      at += data.length;
    }
  return sha256(new Uint8Array(all.buffer));
}

/** The explained number of each. @throws ExplainError 'not-finite' */
export async function scoresOf(q: Inquiry, points: readonly Point[]): Promise<Float64Array> {
  const scores = Float64Array.from((await collect(q.evaluate(scoreProgram, points, points.length))).map(scoreOf));
  const bad = scores.findIndex((score) => !Number.isFinite(score));
  if (bad >= 0)
    throw new ExplainError('not-finite', `of example ${bad} of the background the explained number is ${scores[bad]}: leave it out`);
  return scores;
}

/** What was learned with a runtime, by what it was learned from; the last few are kept. */
const kept = new WeakMap<Runtime, Map<string, Promise<Learned<unknown>>>>();
const KEPT = 4;

interface Learned<T> {
  readonly found: T;
  /** What it took, which every answer that rests on it tells. */
  readonly evaluations: number;
  readonly graph: Tally['graph'];
}

/**
 * Learns once for all questions that differ in the example only. `how` is what else it depends on, `target` what it learns of the model.
 */
export async function learned<T>(
  q: Inquiry,
  points: readonly Point[],
  partition: Partition,
  how: object,
  learn: () => Promise<T>,
  target: object = q.target,
): Promise<T> {
  const known = kept.get(q.runtime) ?? new Map<string, Promise<Learned<unknown>>>();
  kept.set(q.runtime, known);
  const key = await keyOf(q, points, partition, [how, target]);
  const before = q.tally.evaluations;
  const ran = async (): Promise<Learned<T>> => ({ found: await learn(), evaluations: q.tally.evaluations - before, graph: q.tally.graph });
  const had = known.get(key) as Promise<Learned<T>> | undefined;
  const learning = had ?? ran();
  known.delete(key);
  known.set(key, learning);
  for (const old of known.keys()) if (known.size > KEPT) known.delete(old);
  try {
    const { found, evaluations, graph } = await learning;
    if (had !== undefined) {
      q.tally.evaluations += evaluations;
      q.tally.graph = graph;
    }
    return found;
  } catch (cause) {
    if (known.get(key) === learning) known.delete(key);
    throw cause;
  }
}

const encoder = new TextEncoder();

/** Digest of all that decides what is learned: model, what is fed beside the points, points, parts, seed. */
async function keyOf(q: Inquiry, points: readonly Point[], partition: Partition, how: object): Promise<string> {
  const graph = q.graph();
  const beside = graph.inputs.flatMap(({ name }) => (q.x.has(name) || !q.fixed.has(name) ? [] : [[name, q.fixed.get(name)!] as const]));
  const tensorDigest = (tensor: Tensor): Promise<string> =>
    sha256(tensor.dtype === 'string' ? encoder.encode(JSON.stringify(tensor.data)) : bytesOf(tensor));
  const listed = async (list: Iterable<readonly [string, Tensor]>): Promise<unknown> =>
    Promise.all([...list].map(async ([name, one]) => [name, one.dims, await tensorDigest(one)]));
  const parts = partition.parts.map(({ name, runs }) => [name, [...runs]]);
  const said = JSON.stringify(
    [await graphDigest(graph, true), await listed(beside), points.length, await digestOf(points), parts, q.random('learned')(), how],
    (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value),
  );
  return sha256(encoder.encode(said));
}
