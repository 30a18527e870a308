import { uses, type Graph, type Node, type Value } from './graph.js';

/** A graph cut down to what its outputs need; of the inputs, those given or those that are read. */
export function pruned(graph: Graph, producerOf: ReadonlyMap<Value, Node>, inputs?: readonly Value[]): Graph {
  const live = new Set<Node>();
  const read = new Set<Value>(graph.outputs);
  // A set is iterated while it grows.
  for (const value of read) {
    const node = producerOf.get(value);
    if (node === undefined || live.has(node)) continue;
    live.add(node);
    for (const used of uses(node)) read.add(used);
  }
  return {
    ...graph,
    inputs: inputs ?? graph.inputs.filter((value) => read.has(value)),
    nodes: graph.nodes.filter((node) => live.has(node)),
    initializers: new Map([...graph.initializers].filter(([value]) => read.has(value))),
  };
}
