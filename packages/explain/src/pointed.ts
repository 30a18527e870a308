import { builder, tensorOf, valuesByName, type Graph, type Tensor, type Value } from '@vitrine/ir';
import { columnsOf, narrowed } from '@vitrine/transform';
import type { Places } from './places.js';
import type { Shaped } from './subject.js';
import type { Resolved } from './target.js';

/** What a question is asked of: graphs, the number explained, and all that is fed. */
export interface Asked {
  readonly graphAt: (batch: number) => Graph;
  readonly target: Resolved;
  readonly feeds: ReadonlyMap<string, Tensor>;
  /** What is shared with questions that differ in the place only; undefined where the place is no input. */
  placesOf(question: readonly unknown[], make: (isPlace: (input: string) => boolean) => Places): Places | undefined;
}

/** How much of the graph is to stay. */
export interface Extent {
  /** Values that stay on the way to the target. */
  readonly keep: readonly string[];
  /** Whether all scores at the place are computed. */
  readonly whole: boolean;
}

const TARGET = 'target/';
const PLACE = `${TARGET}place`;
const TOKENS = `${TARGET}tokens`;

type Index = Extract<Resolved, { readonly kind: 'index' }>;

/** What questions about one example share. */
interface Shared {
  /** The example's graphs with an input for the place. */
  readonly placed: Map<string, Placed | undefined>;
  /** What programs made of them. */
  readonly places: Map<string, Places>;
}
const shared = new WeakMap<Shaped, Shared>();

function sharedBy(shapes: Shaped): Shared {
  const found = shared.get(shapes) ?? { placed: new Map(), places: new Map() };
  shared.set(shapes, found);
  return found;
}

/**
 * A question whose target's place in a sequence and token are inputs of the graph: one graph serves all tokens of a text, and of the
 * vocabulary only the explained scores are computed, at the one place that is explained. For elements of outputs [1,T,V], and differences of two at one place;
 * any other question as it is.
 */
export function pointed(shapes: Shaped, target: Resolved, feeds: ReadonlyMap<string, Tensor>, extent: Extent): Asked {
  const plain: Asked = { graphAt: shapes.graphAt, target, feeds, placesOf: () => undefined };
  const indices = indicesIn(target);
  const [first] = indices ?? [];
  if (indices === undefined || first === undefined || !isInside(shapes.graphAt(1), indices)) return plain;
  const { placed, places } = sharedBy(shapes);
  const at = (batch: number): Placed | undefined => {
    const key = JSON.stringify([first.output, batch, indices.length, extent]);
    if (!placed.has(key)) placed.set(key, placedIn(shapes.graphAt(batch), first, indices.length, extent));
    return placed.get(key);
  };
  const one = at(1);
  if (one === undefined) return plain;
  return {
    graphAt: (batch) => at(batch)!.graph,
    target: redirected(target, one.output, extent.whole ? TOKENS : undefined),
    feeds: new Map([
      ...feeds,
      [PLACE, tensorOf('int64', [1], [placeOf(first)])],
      [
        TOKENS,
        tensorOf(
          'int64',
          [indices.length],
          indices.map(({ index }) => index.at(-1)!),
        ),
      ],
    ]),
    placesOf(question, make) {
      const key = JSON.stringify([one.output, target.kind, question], (_, value: unknown) => (value instanceof Map ? [...value] : value));
      if (key.length > LONGEST_KEY) return undefined;
      const found = places.get(key) ?? make((input) => input.startsWith(TARGET));
      places.set(key, found);
      return found;
    },
  };
}

/** Options that hold tensors are not compared. */
const LONGEST_KEY = 10_000;

const placeOf = ({ index }: Index): number => index.at(-2)!;

/** The elements that a target names, where all lie at one place of one output. */
function indicesIn(target: Resolved): readonly Index[] | undefined {
  const found = target.kind === 'difference' ? [target.of, target.minus] : [target];
  const all = found.flatMap((part) =>
    part.kind === 'index' && part.index.length >= 2 && part.index.slice(0, -2).every((i) => i === 0) ? [part] : [],
  );
  const [first] = all;
  const isOne = all.length === found.length && all.every((part) => part.output === first!.output && placeOf(part) === placeOf(first!));
  return isOne ? all : undefined;
}

const outputNamed = (graph: Graph, name: string | undefined): Value | undefined =>
  name === undefined ? graph.outputs[0] : valuesByName(graph).get(name);

/** What lies outside is refused where targets are read. */
function isInside(graph: Graph, indices: readonly Index[]): boolean {
  const [places, width] = outputNamed(graph, indices[0]!.output)?.type.shape?.slice(-2) ?? [];
  return indices.every((index) => placeOf(index) < Number(places) && index.index.at(-1)! < Number(width));
}

interface Placed {
  readonly graph: Graph;
  /** The output at the place, of the tokens in question. */
  readonly output: string;
}

function placedIn(graph: Graph, { output }: Index, count: number, { keep, whole }: Extent): Placed | undefined {
  const values = valuesByName(graph);
  const y = outputNamed(graph, output)!;
  const b = builder(graph);
  const at = b.input(PLACE, { dtype: 'int64', shape: [1] });
  const narrow = narrowed(b, graph, y, at, new Set(keep.flatMap((name) => values.get(name) ?? [])));
  if (narrow === undefined) return undefined;
  const tokens = b.input(TOKENS, { dtype: 'int64', shape: [count] });
  const scores = whole ? narrow : columnsOf(b, narrow, tokens);
  return { graph: b.build([...graph.outputs, scores], [...graph.inputs, at, tokens]), output: scores.name };
}

function redirected(target: Resolved, output: string, among: string | undefined): Resolved {
  const one = (part: Resolved, at: number): Resolved => ({ ...(part as Index), output, fed: { at, among } });
  return target.kind === 'difference' ? { ...target, of: one(target.of, 0), minus: one(target.minus, 1) } : one(target, 0);
}
