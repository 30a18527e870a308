import type { Builder } from './builder.js';
import { subgraphs, type Graph, type Known, type Node, type Value } from './graph.js';
import { attrsOf } from './infer/index.js';
import { isStatic } from './infer/context.js';
import { substituteAttrs } from './substitute.js';

type Values = readonly (Value | undefined)[];
/** Puts a node into the builder; control flow inside it may be written out as well. */
export type Place = (node: Node, b: Builder, inputs: Values) => Values;

const MAX_TRIPS = 4096;
/** Nodes that one builder may be given by writing control flow out; loops within loops multiply. */
const MAX_NODES = 100_000;

/** What writing out has put into a builder. */
interface Written {
  nodes: number;
  /** Initializers of subgraphs: one each, however often the graph is written out. */
  readonly initializers: Map<Value, Value>;
}
const writings = new WeakMap<Builder, Written>();
function writtenInto(b: Builder): Written {
  let written = writings.get(b);
  if (written === undefined) writings.set(b, (written = { nodes: 0, initializers: new Map() }));
  return written;
}
const isSpent = (b: Builder): boolean => writtenInto(b).nodes >= MAX_NODES;

/** Writes a subgraph's nodes into the builder, its inputs replaced by `args`. */
export function inline(b: Builder, graph: Graph, args: readonly Value[], place: Place): readonly Value[] {
  const written = writtenInto(b);
  const moved = new Map<Value, Value>(graph.inputs.map((value, i) => [value, args[i]!]));
  for (const [value, content] of graph.initializers) {
    let placed = written.initializers.get(value);
    if (placed === undefined) written.initializers.set(value, (placed = b.initializer(content, value.name, value.known)));
    moved.set(value, placed);
  }
  const move = <V extends Value | undefined>(value: V): V => ((value && moved.get(value)) ?? value) as V;
  for (const node of graph.nodes) {
    written.nodes++;
    const attrs = subgraphs(node).length === 0 ? node.attrs : substituteAttrs(node, moved);
    const outputs = place(attrs === node.attrs ? node : { ...node, attrs }, b, node.inputs.map(move));
    node.outputs.forEach((value, i) => value && outputs[i] && moved.set(value, outputs[i]));
  }
  return graph.outputs.map(move);
}

const scalar = (known: Known | undefined): number | undefined =>
  known?.values.length === 1 && typeof known.values[0] === 'number' ? known.values[0] : undefined;
const stacked = (b: Builder, parts: readonly Value[], axis: number): Value => {
  const lifted = parts.map((part) => b.op.Unsqueeze(part, b.ints([axis])));
  return lifted.length === 1 ? lifted[0]! : b.op.Concat(...lifted, { axis });
};
const fromFront = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

/** If with a known condition: the branch that is taken. */
function takenBranch(node: Node, b: Builder, [condition]: Values, place: Place): Values | undefined {
  const known = scalar(condition?.known);
  if (known === undefined || isSpent(b)) return undefined;
  return inline(b, node.attrs[known === 0 ? 'else_branch' : 'then_branch'] as Graph, [], place);
}

/** Loop with a known trip count and known conditions: its body, once per trip. */
function unrolledLoop(node: Node, b: Builder, [count, condition, ...initial]: Values, place: Place): Values | undefined {
  const body = node.attrs['body'] as Graph;
  const trips = count === undefined ? Infinity : scalar(count.known);
  let go = condition === undefined ? 1 : scalar(condition.known);
  if (trips === undefined || (trips > MAX_TRIPS && count !== undefined)) return undefined;
  let carried = initial as readonly Value[];
  const scans: Value[][] = body.outputs.slice(1 + carried.length).map(() => []);
  for (let i = 0; i < trips && go !== 0; i++) {
    if (go === undefined || i >= MAX_TRIPS || isSpent(b)) return undefined;
    const [next, ...rest] = inline(b, body, [b.scalar(i, 'int64'), b.scalar(1, 'bool'), ...carried], place);
    carried = rest.slice(0, carried.length);
    rest.slice(carried.length).forEach((value, k) => scans[k]!.push(value));
    go = scalar(next!.known);
  }
  // Nothing tells the shape of what no trip gives.
  if (scans.some((parts) => parts.length === 0)) return undefined;
  return [...carried, ...scans.map((parts) => stacked(b, parts, 0))];
}

/** Scan over a known number of elements. */
function unrolledScan(node: Node, b: Builder, inputs: Values, place: Place): Values | undefined {
  const { body, num_scan_inputs: count, ...attrs } = attrsOf<'Scan'>(node);
  const states = inputs.length - count;
  const sequences = inputs.slice(states) as readonly Value[];
  if (count < 1 || states < 0 || !sequences.every((value) => isStatic(value.type.shape))) return undefined;
  const axes = sequences.map((value, i) => fromFront(attrs.scan_input_axes?.[i] ?? 0, value.type.shape!.length));
  const [trips, ...others] = sequences.map((value, i) => value.type.shape![axes[i]!] as number | undefined);
  if (trips === undefined || trips > MAX_TRIPS || trips === 0 || others.some((n) => n !== trips)) return undefined;
  let carried = inputs.slice(0, states) as readonly Value[];
  const scans: Value[][] = body.outputs.slice(states).map(() => []);
  for (let i = 0; i < trips; i++) {
    if (isSpent(b)) return undefined;
    const at = (k: number): number => (attrs.scan_input_directions?.[k] === 1 ? trips - 1 - i : i);
    const elements = sequences.map((value, k) => b.op.Gather(value, b.scalar(at(k), 'int64'), { axis: axes[k]! }));
    const results = inline(b, body, [...carried, ...elements], place);
    carried = results.slice(0, states);
    results.slice(states).forEach((value, k) => scans[k]!.push(value));
  }
  const stackedAt = (parts: readonly Value[], k: number): Value => {
    const axis = fromFront(attrs.scan_output_axes?.[k] ?? 0, (parts[0]!.type.shape?.length ?? 0) + 1);
    return stacked(b, attrs.scan_output_directions?.[k] === 1 ? parts.toReversed() : parts, axis);
  };
  return [...carried, ...scans.map(stackedAt)];
}

/** Control flow that can be written out, by operator; undefined where it depends on what only running tells, or would take too many nodes. */
const expansions: { readonly [opType: string]: (node: Node, b: Builder, inputs: Values, place: Place) => Values | undefined } = {
  If: takenBranch,
  Loop: unrolledLoop,
  Scan: unrolledScan,
};

export const expandControlFlow = (node: Node, b: Builder, inputs: Values, place: Place): Values | undefined =>
  Object.hasOwn(expansions, node.opType) ? expansions[node.opType]!(node, b, inputs, place) : undefined;
