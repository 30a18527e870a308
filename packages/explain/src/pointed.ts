import { builder, tensorOf, valuesByName, type Graph, type Tensor, type Value } from '@vitrine/ir';
import { narrowed } from '@vitrine/transform';
import type { Resolved } from './target.js';

/** What a question is asked of: graphs, the number explained, and all that is fed. */
export interface Asked {
  readonly graphAt: (batch: number) => Graph;
  readonly target: Resolved;
  readonly feeds: ReadonlyMap<string, Tensor>;
}

const PLACE = 'target/place';
const TOKEN = 'target/token';

type Index = Extract<Resolved, { readonly kind: 'index' }>;

/**
 * The same question with the target's place in a sequence as an input of the graph: one graph serves all tokens of a text, and scores of
 * the vocabulary are computed at the one place that is explained. For elements of outputs [1,T,V], and differences of two at one place;
 * any other question as it is. Values to `keep` stay on the way to the target.
 */
export function pointed(asked: Asked, keep: readonly string[]): Asked {
  const { graphAt, target, feeds } = asked;
  const places = placesOf(target);
  const [first] = places ?? [];
  if (places === undefined || first === undefined) return asked;
  const one = placed(graphAt(1), first, keep);
  if (one === undefined) return asked;
  const graphs = new Map([[1, one.graph]]);
  return {
    graphAt(batch) {
      let graph = graphs.get(batch);
      if (graph === undefined) graphs.set(batch, (graph = placed(graphAt(batch), first, keep)!.graph));
      return graph;
    },
    target: redirected(target, one.output),
    feeds: new Map([
      ...feeds,
      [PLACE, tensorOf('int64', [1], [place(first)])],
      ...places.map(({ index }, i): [string, Tensor] => [tokenOf(i), tensorOf('int64', [1], [index.at(-1)!])]),
    ]),
  };
}

const tokenOf = (i: number): string => `${TOKEN}/${i}`;
const place = ({ index }: Index): number => index.at(-2)!;

/** The elements that a target names, where all lie at one place of one output. */
function placesOf(target: Resolved): readonly Index[] | undefined {
  const found = target.kind === 'difference' ? [target.of, target.minus] : [target];
  const all = found.flatMap((part) =>
    part.kind === 'index' && part.index.length >= 2 && part.index.slice(0, -2).every((i) => i === 0) ? [part] : [],
  );
  const [first] = all;
  const isOne = all.length === found.length && all.every((part) => part.output === first!.output && place(part) === place(first!));
  return isOne ? all : undefined;
}

function placed(
  graph: Graph,
  { output, index }: Index,
  keep: readonly string[],
): { readonly graph: Graph; readonly output: string } | undefined {
  const values = valuesByName(graph);
  const y = output === undefined ? graph.outputs[0] : values.get(output);
  const [places, width] = y?.type.shape?.slice(-2) ?? [];
  // What lies outside is refused where targets are read.
  if (y === undefined || !(index.at(-2)! < Number(places)) || !(index.at(-1)! < Number(width))) return undefined;
  const b = builder(graph);
  const at = b.input(PLACE, { dtype: 'int64', shape: [1] });
  const narrow = narrowed(b, graph, y, at, new Set(keep.flatMap((name) => values.get(name) ?? [])));
  if (narrow === undefined) return undefined;
  const tokens = [0, 1].map((i) => b.input(tokenOf(i), { dtype: 'int64', shape: [1] }));
  const inputs: readonly Value[] = [...graph.inputs, at, ...tokens];
  return { graph: b.build([...graph.outputs, narrow], inputs), output: narrow.name };
}

function redirected(target: Resolved, output: string): Resolved {
  const one = (part: Resolved, i: number): Resolved => ({ ...(part as Index), output, fed: tokenOf(i) });
  return target.kind === 'difference' ? { ...target, of: one(target.of, 0), minus: one(target.minus, 1) } : one(target, 0);
}
