import { uses, type Graph, type Value } from '@vitrine/ir';
import { bytesOf, constants, rowsFirst, TURNING } from './constants.js';
import { executed, ordered } from './order.js';
import { streamed } from './stream.js';

/** What running a graph takes, in bytes. */
export interface Price {
  /**
   * Constants, once as they are and once more as ONNX Runtime lays them out for its kernels; tables that are only looked up in, once.
   * Where they are streamed, what is read of their file.
   */
  readonly weights: number;
  /** The most that intermediate results take at one time. */
  readonly activations: number;
  readonly total: number;
  /** Whether weights are too large to be laid out, and stay in their files. */
  readonly streams: boolean;
}

/** Weights up to this are laid out when a graph is loaded: a run is faster then, by a tenth to a third. */
export const LAID_OUT = 2 ** 31;

/**
 * Estimates the memory a graph needs before it runs, from its shapes: each value lives from the node that makes it to the last that reads it.
 * Weights above `laidOutBytes` are streamed.
 */
export function price(graph: Graph, laidOutBytes = LAID_OUT): Price {
  const known = prices.get(graph) ?? new Map<number, Price>();
  prices.set(graph, known);
  const found = known.get(laidOutBytes) ?? estimated(graph, laidOutBytes);
  known.set(laidOutBytes, found);
  return found;
}

const prices = new WeakMap<Graph, Map<number, Price>>();

function estimated(graph: Graph, laidOutBytes: number): Price {
  const whole = laidOut(rowsFirst(graph));
  return whole.weights <= laidOutBytes ? whole : asStreamed(executed(ordered(streamed(graph))));
}

/** Constants computed from constants (flipped kernels, transposed matrices) count as weights: they are folded when the graph is loaded. */
function laidOut(graph: Graph): Price {
  const constant = constants(graph);
  const copied = readWhole(graph);
  let weights = 0;
  for (const value of constant) weights += (graph.initializers.has(value) && copied.has(value) ? 2 : 1) * bytesOf(value);
  const activations = mostAlive(graph, (value) => !constant.has(value));
  return { weights, activations, total: weights + activations, streams: false };
}

/** Values that are more than tables to look up in. */
const readWhole = (graph: Graph): ReadonlySet<Value> =>
  new Set(graph.nodes.flatMap((node) => uses(node).filter((value) => node.opType !== 'Gather' || value !== node.inputs[0])));

/** What ONNX Runtime takes from the system for what lives at one time, where matrices come and go: 1.25 to 1.3 times as much was measured. */
const ARENA = 1.25;

function asStreamed(graph: Graph): Price {
  const read = readWhole(graph);
  let weights = 0;
  for (const value of graph.initializers.keys()) if (read.has(value)) weights += bytesOf(value);
  const alive = mostAlive(graph, (value) => !graph.initializers.has(value), transposes(graph));
  const activations = Math.ceil(ARENA * alive);
  return { weights, activations, total: weights + activations, streams: true };
}

/** Matrix products take transposed weights as they lie: to what lies there. */
function transposes(graph: Graph): ReadonlyMap<Value, Value> {
  const constant = constants(graph);
  return new Map(
    graph.nodes.flatMap(({ opType, inputs: [x], outputs: [y] }) =>
      TURNING.has(opType) && x !== undefined && y !== undefined && constant.has(y) ? [[y, x] as const] : [],
    ),
  );
}

/** The most bytes that values of some kind take at one time. Those that lie in others take none. */
function mostAlive(graph: Graph, counts: (value: Value) => boolean, within: ReadonlyMap<Value, Value> = new Map()): number {
  const home = (value: Value): Value => {
    const outer = within.get(value);
    return outer === undefined ? value : home(outer);
  };
  const lastRead = new Map<Value, number>();
  graph.nodes.forEach((node, i) => uses(node).forEach((value) => lastRead.set(home(value), i)));
  for (const value of graph.outputs) lastRead.set(home(value), Infinity);
  const inputs = new Set(graph.inputs);

  let alive = graph.inputs.reduce((sum, value) => sum + bytesOf(value), 0);
  let most = alive;
  graph.nodes.forEach((node, i) => {
    const outputs = node.outputs.filter((value) => value !== undefined && counts(value) && !within.has(value)) as readonly Value[];
    alive += outputs.reduce((sum, value) => sum + bytesOf(value), 0);
    most = Math.max(most, alive);
    for (const value of new Set([...uses(node).map(home), ...outputs]))
      if (counts(value) && (lastRead.get(value) ?? i) <= i && !inputs.has(value)) alive -= bytesOf(value);
  });
  return most;
}
