import { builder, inline, valuesByName, type Builder, type Graph, type Ops, type Value } from '@vitrine/ir';
import { backward, fromTable, prepared, propagate, vjps, type Pass, type PropagateOptions, type RuleSet } from '@vitrine/transform';
import { ExplainError } from './error.js';
import { withOutputNames } from './renamed.js';
import { addScore, reads } from './score.js';
import type { Resolved } from './target.js';

export const gradients: RuleSet = fromTable(vjps);

export interface Backward {
  /** Signals to start from, in place of 1 at the score. */
  readonly seeds?: ReadonlyMap<Value, Value>;
  /** Rules that differ from the gradient's. */
  readonly rules?: RuleSet;
}

/** What a program is written with. */
export interface Frame {
  readonly b: Builder;
  readonly op: Ops;
  /** Examples in one run; every value below has them along axis 0. */
  readonly batch: number;
  /** The attributed values. */
  readonly x: readonly Value[];
  /** The example that the attributed values were placed from, [1,…]; the attributed values themselves where a program places none. */
  readonly origins: readonly Value[];
  /** The explained number of each example, [B]. */
  readonly score: Value;
  /** The graph that the program extends. */
  readonly graph: Graph;
  /** Values that the target reads. */
  readonly ends: readonly Value[];
  /** An inner value by name. @throws ExplainError 'unknown-value' */
  value(name: string): Value;
  /** d score / d value; zeros where no path leads. @throws ExplainError 'no-path' when none does */
  gradient(of: readonly Value[], how?: Backward): readonly Value[];
  /**
   * Where relevance starts: each output the target reads, with its share of the score, y ∘ d score / d y. Where the score is linear in
   * the outputs, as it is for classes and differences, the shares add up to it.
   */
  start(): ReadonlyMap<Value, Value>;
  /** Signals that travel side by side from seeds to values by rules. @throws ExplainError 'no-path' when none arrives */
  propagate(seeds: readonly ReadonlyMap<Value, Value>[], of: readonly Value[], rules: RuleSet, options?: PropagateOptions): Pass;
}

/** A graph that extends the model's: the outputs it writes, by name. */
export interface Program {
  /** Tells programs apart: those of one key are the same for the same model and question. */
  readonly key: string;
  /** Inner values that the program reads, by name. */
  readonly layers?: readonly string[];
  /** The rules that the graph is made ready for, the gradient's unless said otherwise: operators without a row are written out. */
  readonly rules?: RuleSet;
  /** Makes the graph ready itself, in place of `rules`: between the attributed values and what the target reads, by name. */
  readonly ready?: (graph: Graph, from: readonly string[], to: readonly string[]) => Graph;
  /** Rewrites the graph before anything is added to it. Values that others ask for by name must keep their names. */
  readonly canonize?: (graph: Graph) => Graph;
  /** How many points `place` makes. */
  readonly points?: number;
  /** Makes the batch of points [B,…] from one example [1,…] inside the graph, for attributed value i. */
  readonly place?: (b: Builder, x: Value, i: number, batch: number) => Value;
  write(f: Frame): { readonly [output: string]: Value };
  /** Nodes before the finished graph that make its examples from what is fed. */
  readonly ahead?: Ahead;
}

/** Nodes before a graph of `items` × `each` examples, which make as many of each item that is fed. */
export interface Ahead {
  readonly each: number;
  write(graph: Graph, items: number): Graph;
}

/** What a program is built on: a graph with its shapes, the attributed values and the target. */
export interface Ground {
  readonly graph: Graph;
  readonly at: readonly string[];
  readonly target: Resolved;
  readonly batch: number;
}

/** Builds a program's graph: only what its outputs need. @throws RuleError, ExplainError 'no-path', 'unknown-value' */
export function build({ graph, at, target, batch }: Ground, program: Program): Graph {
  const ends = reads(target).map((name) => name ?? graph.outputs[0]!.name);
  const canonical = program.canonize === undefined ? graph : keeping(graph, [...at, ...(program.layers ?? []), ...ends], program.canonize);
  const from = [...at, ...(program.layers ?? [])];
  const ready = program.ready?.(canonical, from, ends) ?? prepared(canonical, from, ends, program.rules ?? gradients);
  const { b, base, origins } = placed(ready, at, program, batch);
  const names = valuesByName(base);
  const value = (name: string): Value => names.get(name) ?? unknown(name, graph);
  const x = program.place === undefined ? at.map(value) : origins.map(({ placed: v }) => v);
  const score = b.within('score/', () => addScore(b, target, (name) => (name === undefined ? base.outputs[0]! : value(name)), batch));
  const one = (): Value => b.op.Expand(b.scalar(1, score.type.dtype as 'float32'), b.ints([batch]));
  const noPath = (of: readonly Value[], what: string): never => {
    throw new ExplainError(
      'no-path',
      `the target does not depend on ${of.map(({ name }) => name).join(', ')} in a way that has ${what}: choose another target, or another value with --at`,
    );
  };
  const frame: Frame = {
    b,
    op: b.op,
    batch,
    x,
    origins: program.place === undefined ? x : origins.map(({ origin }) => origin),
    score,
    graph: base,
    ends: [...new Set(reads(target).map((name) => (name === undefined ? base.outputs[0]! : value(name))))],
    value,
    gradient(of, { seeds, rules = gradients } = {}) {
      const found = backward(b, b.build([score, ...(seeds?.keys() ?? [])]), seeds ?? new Map([[score, one()]]), of, rules);
      if (found.size === 0) noPath(of, 'a gradient');
      return of.map((v) => found.get(v) ?? b.op.Expand(b.scalar(0, v.type.dtype as 'float32'), b.ints(v.type.shape as readonly number[])));
    },
    start() {
      const found = b.within('start/', () => backward(b, b.build([score]), new Map([[score, one()]]), frame.ends, gradients));
      return new Map([...found].map(([y, g]) => [y, b.op.Mul(y, g)]));
    },
    propagate(seeds, of, rules, options) {
      const pass = propagate(b, b.build(seeds.flatMap((map) => [...map.keys()])), seeds, of, rules, options);
      if (!of.some((v) => pass.signals.has(v))) noPath(of, 'a rule');
      return pass;
    },
  };
  const written = b.within('explain/', () => program.write(frame));
  const outputs = Object.entries(written).map(
    ([name, v]) => b.named({ opType: 'Identity', name: `${name}/output`, inputs: [v], attrs: {} }, [name])[0]!,
  );
  return withOutputNames(b.build(outputs), Object.keys(written));
}

/** A graph rewritten, with values of these names still in it: they are outputs while it is. */
function keeping(graph: Graph, names: readonly string[], rewriting: (graph: Graph) => Graph): Graph {
  const values = valuesByName(graph);
  const own = new Set<Value>([...graph.outputs, ...graph.inputs]);
  const kept = [...new Set(names.flatMap((name) => values.get(name) ?? []))].filter((v) => !own.has(v));
  const { outputs, ...rest } = rewriting({ ...graph, outputs: [...graph.outputs, ...kept] });
  return { ...rest, outputs: outputs.slice(0, graph.outputs.length) };
}

interface Placed {
  readonly b: Builder;
  readonly base: Graph;
  readonly origins: readonly { readonly origin: Value; readonly placed: Value }[];
}

/** The model's graph in a builder; with a program that places its points, behind the nodes that make them from one example. */
function placed(ready: Graph, at: readonly string[], { place }: Program, batch: number): Placed {
  if (place === undefined) return { b: builder(ready), base: ready, origins: [] };
  const b = builder();
  const inputs = new Map(
    ready.inputs.map((value) => [
      value.name,
      b.input(value.name, {
        ...value.type,
        shape: value.type.shape?.map((dim, axis) => (axis === 0 && dim === batch ? 1 : dim)),
      } as Value['type']),
    ]),
  );
  const origins = at.map((name, i) => {
    const origin = inputs.get(name)!;
    return { origin, placed: b.within('points/', () => place(b, origin, i, batch)) };
  });
  const args = ready.inputs.map((value) => {
    const i = at.indexOf(value.name);
    if (i >= 0) return origins[i]!.placed;
    const input = inputs.get(value.name)!;
    const { shape } = value.type;
    return shape?.[0] === batch && batch > 1 ? b.op.Expand(input, b.ints(shape as readonly number[])) : input;
  });
  const outputs = inline(b, ready, args, (node, into, operands) => into.replay(node, operands));
  return { b, base: b.build(outputs), origins };
}

function unknown(name: string, graph: Graph): never {
  const close = [...valuesByName(graph).keys()].filter((other) => other.toLowerCase().includes(name.toLowerCase())).slice(0, 3);
  throw new ExplainError(
    'unknown-value',
    `the model has no value ${name}${close.length > 0 ? `: did you mean ${close.join(' or ')}?` : ': vitrine inspect lists those worth explaining'}`,
  );
}
