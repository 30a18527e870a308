import { builder, byteLength, isStatic, sizeOf, uses, type DType, type Graph, type Value } from '@vitrine/ir';
import { constantsOf, dependents } from '@vitrine/transform';

/** A graph in two: what does not depend on some inputs, and what does. */
export interface Split {
  /** Computes what the rest reads of it. */
  readonly still: Graph;
  /** The outputs, from what `still` computed and the inputs that change. */
  readonly moving: Graph;
  /** Bytes that go from one to the other. */
  readonly bytes: number;
}

/** Splits a graph by inputs that change from run to run; undefined where nothing of it stays the same. */
export function splitBy(graph: Graph, changing: readonly Value[]): Split | undefined {
  const moves = dependents(graph, changing);
  const constant = constantsOf(graph);
  const made = new Set(graph.nodes.flatMap(({ outputs }) => outputs));
  const carried = new Set<Value>();
  const isCarried = (value: Value): boolean => !moves.has(value) && !constant.has(value) && made.has(value);
  for (const node of graph.nodes) {
    if (!node.outputs.some((value) => value !== undefined && moves.has(value))) continue;
    for (const value of uses(node)) if (isCarried(value)) carried.add(value);
  }
  for (const value of graph.outputs) if (isCarried(value)) carried.add(value);
  const list = [...carried];
  if (list.length === 0 || list.some(({ type }) => !isStatic(type.shape))) return undefined;
  const moving = {
    ...graph,
    inputs: [...graph.inputs, ...list],
    nodes: graph.nodes.filter(({ outputs }) => !outputs.some((value) => value !== undefined && carried.has(value))),
  };
  return {
    still: builder(graph).build(list),
    moving: builder(moving).build(graph.outputs),
    bytes: list.reduce((sum, { type }) => sum + byteLength(type.dtype as DType, sizeOf(type.shape as readonly number[])), 0),
  };
}
