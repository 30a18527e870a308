import { substitute, type Builder } from './builder.js';
import { subgraphs, type Graph, type Known, type Node, type Value } from './graph.js';
import { attrsOf } from './infer/index.js';
import { isStatic } from './infer/context.js';

type Values = readonly (Value | undefined)[];
/** Puts a node into the builder; control flow inside it may be written out as well. */
export type Place = (node: Node, b: Builder, inputs: Values) => Values;

const MAX_TRIPS = 4096;

/** Writes a subgraph's nodes into the builder, its inputs replaced by `args`. */
export function inline(b: Builder, graph: Graph, args: readonly Value[], place: Place): readonly Value[] {
  const moved = new Map<Value, Value>(graph.inputs.map((value, i) => [value, args[i]!]));
  for (const [value, content] of graph.initializers) moved.set(value, b.initializer(content, value.name, value.known));
  const move = <V extends Value | undefined>(value: V): V => ((value && moved.get(value)) ?? value) as V;
  for (const node of graph.nodes) {
    const inner = subgraphs(node);
    const current =
      inner.length === 0
        ? node
        : { ...node, attrs: { ...node.attrs, ...Object.fromEntries(inner.map(([name, g]) => [name, substitute(g, moved)])) } };
    const outputs = place(current, b, node.inputs.map(move));
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

/** If with a known condition: the branch that is taken. */
function takenBranch(node: Node, b: Builder, [condition]: Values, place: Place): Values | undefined {
  const known = scalar(condition?.known);
  if (known === undefined) return undefined;
  return inline(b, node.attrs[known === 0 ? 'else_branch' : 'then_branch'] as Graph, [], place);
}

/** Loop with a known trip count and known conditions: its body, once per trip. */
function unrolledLoop(node: Node, b: Builder, [count, condition, ...initial]: Values, place: Place): Values | undefined {
  const body = node.attrs['body'] as Graph;
  const trips = count === undefined ? Infinity : scalar(count.known);
  if (trips === undefined) return undefined;
  let go = condition === undefined ? 1 : scalar(condition.known);
  let carried = initial as readonly Value[];
  const scans: Value[][] = body.outputs.slice(1 + carried.length).map(() => []);
  for (let i = 0; i < trips && go !== 0; i++) {
    if (go === undefined || i >= MAX_TRIPS) return undefined;
    const [next, ...rest] = inline(b, body, [b.scalar(i, 'int64'), b.scalar(1, 'bool'), ...carried], place);
    carried = rest.slice(0, carried.length);
    rest.slice(carried.length).forEach((value, k) => scans[k]!.push(value));
    go = scalar(next!.known);
  }
  if (scans.some((parts) => parts.length === 0)) return undefined;
  return [...carried, ...scans.map((parts) => stacked(b, parts, 0))];
}

/** Scan over a known number of elements. */
function unrolledScan(node: Node, b: Builder, inputs: Values, place: Place): Values | undefined {
  const attrs = attrsOf<'Scan'>(node);
  const body = attrs.body;
  const count = attrs.num_scan_inputs;
  const states = inputs.length - count;
  const sequences = inputs.slice(states) as readonly Value[];
  if (!sequences.every((value) => isStatic(value.type.shape))) return undefined;
  const axisOf = (list: readonly number[] | undefined, i: number, rank: number): number => {
    const axis = list?.[i] ?? 0;
    return axis < 0 ? axis + rank : axis;
  };
  const inputAxes = sequences.map((value, i) => axisOf(attrs.scan_input_axes, i, value.type.shape!.length));
  const trips = sequences[0]!.type.shape![inputAxes[0]!] as number;
  if (trips > MAX_TRIPS || trips === 0) return undefined;
  let carried = inputs.slice(0, states) as readonly Value[];
  const scans: Value[][] = body.outputs.slice(states).map(() => []);
  for (let i = 0; i < trips; i++) {
    const elements = sequences.map((value, k) =>
      b.op.Gather(value, b.scalar(attrs.scan_input_directions?.[k] === 1 ? trips - 1 - i : i, 'int64'), { axis: inputAxes[k]! }),
    );
    const results = inline(b, body, [...carried, ...elements], place);
    carried = results.slice(0, states);
    results
      .slice(states)
      .forEach((value, k) => (attrs.scan_output_directions?.[k] === 1 ? scans[k]!.unshift(value) : scans[k]!.push(value)));
  }
  return [
    ...carried,
    ...scans.map((parts, k) => stacked(b, parts, axisOf(attrs.scan_output_axes, k, (parts[0]!.type.shape?.length ?? 0) + 1))),
  ];
}

/** Control flow that can be written out, by operator; undefined where it depends on what only running tells. */
const expansions: { readonly [opType: string]: (node: Node, b: Builder, inputs: Values, place: Place) => Values | undefined } = {
  If: takenBranch,
  Loop: unrolledLoop,
  Scan: unrolledScan,
};

export const expandControlFlow = (node: Node, b: Builder, inputs: Values, place: Place): Values | undefined =>
  Object.hasOwn(expansions, node.opType) ? expansions[node.opType]!(node, b, inputs, place) : undefined;
