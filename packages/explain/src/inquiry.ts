import type { Image } from '@vitrine/data';
import { rewrite, valuesByName, type Graph, type Tensor, type Value } from '@vitrine/ir';
import { graphDigest, price, type Fetches, type Runtime } from '@vitrine/runtime';
import { between } from '@vitrine/transform';
import { mostFor, row, stacked, staysNear, typed } from './batches.js';
import { ExplainError } from './error.js';
import type { Places } from './places.js';
import type { Division } from './perturbation/dividing.js';
import type { SeriesLayout } from './perturbation/series/timeline.js';
import { build, type Program } from './program.js';
import { reads } from './score.js';
import type { Resolved } from './target.js';

export type Point = ReadonlyMap<string, Tensor>;

export interface Limits {
  /** Memory that one run may take, in bytes. */
  readonly memoryBytes: number;
  /** Most examples in one run; as many as stay near the processor, ten at least, unless it is said. */
  readonly batch?: number;
}

/** Called as work proceeds: runs done, of all that are planned. */
export type Progress = (done: number, of: number) => void;

/** One question about one example: everything an explainer needs to answer it. */
export interface Inquiry {
  /** The attributed values at the example, by name. */
  readonly x: Point;
  readonly target: Resolved;
  /** The explained number at x. */
  readonly score: number;
  readonly layer: string | undefined;
  readonly runtime: Runtime;
  readonly limits: Limits;
  /** Versions of the operators' domains. */
  readonly domains: ReadonlyMap<string, number>;
  readonly signal: AbortSignal | undefined;
  readonly progress: Progress | undefined;
  /** What is fed beside the attributed values. A point may hold another value of it. */
  readonly fixed: Point;
  /** Ways to divide the attributed values that examples of this kind have, the usual one first. */
  readonly divisions: ReadonlyMap<string, Division>;
  /** Pictures among the attributed values as the model sees them, by name, where they are known. */
  readonly pictures: ReadonlyMap<string, Image>;
  /** Values that are series, and how they lie. */
  readonly series: ReadonlyMap<string, SeriesLayout>;
  /** Independent streams of random numbers in [0,1), the same for the same seed and label. */
  random(label: string): () => number;
  /** Runs a program on points, as many in one run as pay; results in order, one example each. */
  evaluate(program: Program, points: Iterable<Point>, count: number): AsyncIterable<Fetches>;
  /** A program ready to be run for so many examples; of programs with nodes ahead, so many of what they are fed. */
  open(program: Program, total: number): Promise<Opened>;
  /** Whether a program with nodes ahead may be run: its examples at one time, in the memory there is. */
  fits(program: Program): boolean;
  /** The same question about inner values in place of the attributed ones; values that only a rewritten graph has are named in it. */
  moved(at: readonly string[], x: Point, rewritten?: (graph: Graph) => Graph): Inquiry;
  /** The model's graph for one example, nothing cut off. */
  model(): Graph;
  /** The model's graph for one example, with the attributed values as inputs. */
  graph(): Graph;
  /** Whether everything between the attributed values and the target flows through one inner value. */
  carriesAll(value: string): boolean;
  /** What was run so far, also by questions that moved from this one. */
  readonly tally: Tally;
}

/** A program, and how many examples go into a run of it. */
export interface Opened {
  readonly batch: number;
  readonly graph: Graph;
  /** A run, of whose examples the first `used` count. */
  run(feeds: Fetches, used: number): Promise<Fetches>;
}

/** Counts runs, and keeps the graph that most of them used. */
export interface Tally {
  evaluations: number;
  graph: { readonly digest: string; readonly batch: number };
  readonly perGraph: Map<string, number>;
}

export interface InquiryParts {
  /** The model's graph, for `batch` examples. */
  readonly graphAt: (batch: number) => Graph;
  /** Whether more than one example can be run at a time. */
  readonly batchable: boolean;
  /** Whether inner values have their examples along axis 0 as well. */
  readonly follows: (names: readonly string[]) => boolean;
  /** Everything that is fed beside the attributed values, one example each. */
  readonly fixed: ReadonlyMap<string, Tensor>;
  readonly divisions: ReadonlyMap<string, Division>;
  readonly pictures: ReadonlyMap<string, Image>;
  readonly series: ReadonlyMap<string, SeriesLayout>;
  readonly at: readonly string[];
  readonly x: Point;
  readonly target: Resolved;
  readonly score: number;
  readonly layer: string | undefined;
  readonly runtime: Runtime;
  readonly domains: ReadonlyMap<string, number>;
  readonly limits: Limits;
  readonly random: (label: string) => () => number;
  readonly signal: AbortSignal | undefined;
  readonly progress: Progress | undefined;
  readonly tally?: Tally;
  /** What other questions share that differ only in the target's place; undefined where they do not. */
  readonly places?: Places | undefined;
  /** Graphs that were built for the same question at other points, by program and batch. */
  readonly graphs?: Map<string, Graph>;
}

/** Makes values inputs: what computed them is left behind. */
export function cutAt(graph: Graph, names: readonly string[]): Graph {
  const values = valuesByName(graph);
  const inner = names.map((name) => values.get(name)).filter((v): v is Value => v !== undefined && !graph.inputs.includes(v));
  return inner.length === 0 ? graph : rewrite(graph, () => undefined, { cut: new Set(inner) }).graph;
}

export function inquiry(parts: InquiryParts): Inquiry {
  const { at, fixed, runtime, limits, domains, target } = parts;
  const graphs = parts.places?.graphs ?? parts.graphs ?? new Map<string, Graph>();
  const tally: Tally = parts.tally ?? { evaluations: 0, graph: { digest: '', batch: 1 }, perGraph: new Map() };
  const count = (digest: string, batch: number, runs: number): void => {
    tally.evaluations += runs;
    tally.perGraph.set(digest, (tally.perGraph.get(digest) ?? 0) + runs);
    if (tally.perGraph.get(digest)! >= Math.max(...tally.perGraph.values())) tally.graph = { digest, batch };
  };

  const graphFor = (program: Program, items: number): Graph => {
    const key = `${program.key}@${items}`;
    let graph = graphs.get(key);
    if (graph === undefined) {
      const batch = items * (program.ahead?.each ?? 1);
      const built = build({ graph: cutAt(parts.graphAt(batch), at), at, target, batch }, program);
      graphs.set(key, (graph = program.ahead?.write(built, items) ?? built));
    }
    return graph;
  };

  const open = async (program: Program, total: number): Promise<Opened> => {
    const { each = 1 } = program.ahead ?? {};
    const two = parts.batchable && total > 1 ? price(graphFor(program, 2)) : undefined;
    const batch = mostFor(total, each, price(graphFor(program, 1)), two, limits);
    const graph = graphFor(program, batch);
    const session =
      (total === 1 ? await parts.places?.open(graph, limits.memoryBytes) : undefined) ?? (await runtime.open(graph, { domains }));
    const digest = await graphDigest(graph);
    let done = 0;
    return {
      batch,
      graph,
      async run(feeds, used) {
        const results = await session.run(feeds, parts.signal);
        count(digest, batch * each, used * each);
        parts.progress?.((done += used * each), total * each);
        return results;
      },
    };
  };

  async function* evaluate(program: Program, points: Iterable<Point>, total: number): AsyncIterable<Fetches> {
    const { batch, graph, run } = await open(program, total);
    let waiting: Point[] = [];
    const flush = async (): Promise<readonly Fetches[]> => {
      const rows = waiting;
      waiting = [];
      const feeds = new Map(
        graph.inputs.map((input) => {
          const { name } = input;
          const list = rows.map((row) => typed(row.get(name) ?? fixed.get(name) ?? missing(name), input));
          return [name, stacked(list, batch, input)];
        }),
      );
      const results = await run(feeds, rows.length);
      return rows.map((_, i) => new Map([...results].map(([name, tensor]) => [name, row(tensor, i, batch)])));
    };
    for (const point of points) {
      waiting.push(point);
      if (waiting.length === batch) yield* await flush();
    }
    if (waiting.length > 0) yield* await flush();
  }

  return {
    x: parts.x,
    target,
    score: parts.score,
    layer: parts.layer,
    runtime,
    limits,
    domains,
    signal: parts.signal,
    progress: parts.progress,
    fixed,
    divisions: parts.divisions,
    pictures: parts.pictures,
    series: parts.series,
    random: parts.random,
    evaluate,
    open,
    fits(program) {
      const { each = 1 } = program.ahead ?? {};
      if (each > 1 && !parts.batchable) return false;
      if (limits.batch !== undefined && limits.batch < each) return false;
      const one = price(graphFor(program, 1));
      return one.total <= limits.memoryBytes && (each === 1 || staysNear(one, price(graphFor(program, 2))));
    },
    moved: (inner, x, rewritten = (graph) => graph) =>
      inquiry({
        ...parts,
        graphAt: (batch) => rewritten(parts.graphAt(batch)),
        at: inner,
        x,
        places: undefined,
        graphs: new Map(),
        fixed: new Map([...fixed, ...parts.x]),
        batchable: parts.batchable && parts.follows(inner),
        tally,
      }),
    model: () => parts.graphAt(1),
    graph: () => cutAt(parts.graphAt(1), at),
    carriesAll(value) {
      const cut = cutAt(parts.graphAt(1), [value]);
      const values = valuesByName(cut);
      const pick = (names: readonly (string | undefined)[]): readonly Value[] =>
        names.flatMap((name) => (name === undefined ? cut.outputs[0]! : (values.get(name) ?? [])));
      return between(cut, pick(at), pick(reads(target))).size === 0;
    },
    tally,
  };
}

function missing(name: string): never {
  throw new ExplainError('bad-input', `nothing is given for input ${name}`);
}
