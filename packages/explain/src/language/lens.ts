import { builder, tensorOf, type Builder, type Graph, type Node, type Tensor, type Value } from '@vitrine/ir';
import { checkBudget, price, type Runtime } from '@vitrine/runtime';
import { between, narrowed } from '@vitrine/transform';
import { ExplainError } from '../error.js';
import { limitsFor, type Example } from '../explain.js';
import type { Limits } from '../inquiry.js';
import { residualsOf, type Residual } from './residual.js';

/** What a model would say if it ended behind a layer. */
export interface LensLayer {
  /** What was added last. */
  readonly layer: string;
  /** Scores [V] of the vocabulary. */
  readonly scores: Float32Array;
}

/**
 * The logit lens at one place of a text: the state behind each layer, read by the model's own head. nostalgebraist 2020, "interpreting GPT:
 * the logit lens". @throws ExplainError 'no-layer' where the output is not computed from a state that layers add to, place by place
 */
export async function lens(
  ex: Example,
  place: number,
  runtime: Runtime,
  limits: Partial<Limits> = {},
  signal?: AbortSignal,
): Promise<readonly LensLayer[]> {
  const { graph, layers } = lensOf(ex.shaped.graphAt(1));
  checkBudget(price(graph), limitsFor(runtime, limits).memoryBytes);
  const session = await runtime.open(graph, { domains: ex.subject.model.domains });
  const given = new Map<string, Tensor>([...ex.feeds, [PLACE, tensorOf('int64', [1], [place])]]);
  const results = await session.run(new Map(graph.inputs.map(({ name }) => [name, given.get(name)!])), signal);
  return layers.map((layer, i) => ({ layer, scores: results.get(graph.outputs[i]!.name)!.data as Float32Array }));
}

const PLACE = 'lens/place';

interface Lens {
  readonly graph: Graph;
  readonly layers: readonly string[];
}

const lenses = new WeakMap<Graph, Lens>();

/** The place is an input: one graph serves all. */
function lensOf(graph: Graph): Lens {
  const found = lenses.get(graph) ?? lensGraph(graph);
  lenses.set(graph, found);
  return found;
}

/** Scores [1,1,V] at one place behind each layer. @throws ExplainError 'no-layer' */
function lensGraph(graph: Graph): Lens {
  const [y] = graph.outputs as readonly [Value];
  const residuals = residualsOf(graph, y);
  const last = residuals.at(-1);
  if (last === undefined || y.type.shape?.length !== 3)
    throw new ExplainError(
      'no-layer',
      `the logit lens needs an output [1,T,V] that is read from a state which layers add to: ${y.name} is not`,
    );
  const b = builder(graph);
  const place = b.input(PLACE, { dtype: 'int64', shape: [1] });
  const inside = between(graph, [last.state], [y]);
  const head: Head = { last, nodes: graph.nodes.filter((node) => inside.has(node)), y };
  const scores = residuals.map(({ state }, i) => b.within(`lens/${i}/`, () => scoresAt(b, graph, head, state, place)));
  return { graph: b.build(scores), layers: residuals.map(({ name }) => name) };
}

/** What makes the scores of the last state. */
interface Head {
  readonly last: Residual;
  readonly nodes: readonly Node[];
  readonly y: Value;
}

/** The head read from a state in place of the last one. */
function scoresAt(b: Builder, graph: Graph, { last, nodes, y }: Head, state: Value, place: Value): Value {
  const moved = new Map<Value, Value>([[last.state, state]]);
  for (const node of nodes) {
    const made = b.node(
      node.opType,
      node.inputs.map((value) => (value && moved.get(value)) ?? value),
      node.attrs,
      node.outputs.length,
    );
    node.outputs.forEach((value, i) => value !== undefined && moved.set(value, made[i]!));
  }
  const scores = moved.get(y)!;
  const found = narrowed(b, b.build([scores], graph.inputs), scores, place, new Set([state]));
  if (found !== undefined) return found;
  throw new ExplainError(
    'no-layer',
    `the logit lens needs an output that is computed place by place behind ${last.name}: ${y.name} is not`,
  );
}
