import { isFloat, tensorOf, type Graph, type Tensor, type Value } from '@vitrine/ir';
import type { Runtime, Session } from '@vitrine/runtime';
import { ExplainError } from '../error.js';

/** Reads tokens, and tells what may come next. */
export interface Reader {
  /** Scores [V] of the vocabulary behind all that was read so far and these tokens. @throws RuntimeError */
  read(ids: readonly number[], signal?: AbortSignal): Promise<Float32Array>;
}

const PAST = /^past_key_values\./;
/** A past goes in under one name, and comes out under another. */
const presentOf = (past: string): string => past.replace(PAST, 'present.');

/** Whether a graph reads on from where it stopped: keys and values go in as past_key_values.… and come out as present.…. */
export const readsOn = ({ inputs }: Graph): boolean => inputs.some(({ name }) => PAST.test(name));

/** The past before anything was read: tensors without elements. */
export const nothingRead = ({ inputs }: Graph): ReadonlyMap<string, Tensor> =>
  new Map(inputs.filter(({ name }) => PAST.test(name)).map((input) => [input.name, emptyOf(input)]));

function emptyOf({ name, type: { dtype, shape } }: Value): Tensor {
  const [, heads, , width] = shape ?? [];
  if (!isFloat(dtype) || typeof heads !== 'number' || typeof width !== 'number')
    throw new ExplainError(
      'bad-input',
      `the model's input ${name} is ${dtype}[${shape?.join(',') ?? '?'}], and a past is [batch,heads,past,width] with known heads and width`,
    );
  return tensorOf(dtype as 'float32', [1, heads, 0, width], []);
}

/** What such a graph may take beside the past, for S tokens behind P. */
const feeds: { readonly [input: string]: (ids: readonly number[], past: number) => Tensor } = {
  input_ids: (ids) => tensorOf('int64', [1, ids.length], ids),
  attention_mask: (ids, past) =>
    tensorOf(
      'int64',
      [1, past + ids.length],
      Array.from({ length: past + ids.length }, () => 1),
    ),
  position_ids: (ids, past) =>
    tensorOf(
      'int64',
      [1, ids.length],
      ids.map((_, i) => past + i),
    ),
  /** Merged graphs have a branch for each case. */
  use_cache_branch: (_, past) => tensorOf('bool', [1], [past > 0 ? 1 : 0]),
};

/** Reads with a graph that takes a past: what was read is not computed again. @throws ExplainError where it takes what is not known */
export async function cachedReader(graph: Graph, runtime: Runtime, domains: ReadonlyMap<string, number> = new Map()): Promise<Reader> {
  const plain = graph.inputs.filter(({ name }) => !PAST.test(name));
  const stranger = plain.find(({ name }) => !Object.hasOwn(feeds, name));
  if (stranger !== undefined)
    throw new ExplainError(
      'bad-input',
      `the model takes ${stranger.name}, which text that goes on does not give: it gives ${Object.keys(feeds).join(', ')}`,
    );
  const session = await runtime.open(graph, { domains });
  const [scores] = graph.outputs;
  let past = nothingRead(graph);
  let count = 0;
  return {
    async read(ids, signal) {
      const results = await session.run(new Map([...past, ...plain.map(({ name }) => [name, feeds[name]!(ids, count)] as const)]), signal);
      past = new Map([...past.keys()].map((name) => [name, results.get(presentOf(name)) ?? lost(name)]));
      count += ids.length;
      return lastScores(results.get(scores!.name)!);
    },
  };
}

const lost = (name: string): never => {
  throw new ExplainError('bad-input', `the model takes ${name}, and gives no ${presentOf(name)} to go on with`);
};

/**
 * Reads everything again for each token, with whatever a model takes for a sequence: for models without a past.
 * @throws ExplainError 'bad-input' where what stands behind a place changes its scores
 */
export async function wholeReader(
  graph: Graph,
  runtime: Runtime,
  feedsFor: (ids: readonly number[]) => ReadonlyMap<string, Tensor>,
  domains: ReadonlyMap<string, number> = new Map(),
): Promise<Reader> {
  const session: Session = await runtime.open(graph, { domains });
  const [scores] = graph.outputs;
  const run = async (ids: readonly number[], signal?: AbortSignal): Promise<Tensor> =>
    (await session.run(feedsFor(ids), signal)).get(scores!.name)!;
  let all: readonly number[] = [];
  return {
    async read(ids, signal) {
      if (all.length === 0) checkCausal(await run([...ids, ids.at(-1)!], signal), await run(ids, signal));
      all = [...all, ...ids];
      return lastScores(await run(all, signal));
    },
  };
}

/** Rounding differs a little with the number of tokens. */
const SAME = 1e-3;

/** One more token must not change the scores before it. */
function checkCausal(longer: Tensor, shorter: Tensor): void {
  const [more, less] = [longer.data as Float32Array, shorter.data as Float32Array];
  const most = less.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
  if (less.some((v, i) => Math.abs(v - more[i]!) > SAME * most))
    throw new ExplainError(
      'bad-input',
      'the model reads in both directions: its scores at a place change with what stands behind it, so it tells no next token',
    );
}

/** The last row of [1,S,V] or [S,V]. */
function lastScores({ dims, data }: Tensor): Float32Array {
  const width = dims.at(-1)!;
  return Float32Array.from((data as Float32Array).subarray(data.length - width));
}
