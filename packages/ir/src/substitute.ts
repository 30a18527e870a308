import { captured, subgraphs, type Graph, type Node, type Value } from './graph.js';

/** A subgraph with outer values replaced. */
export function substitute(graph: Graph, replaced: ReadonlyMap<Value, Value>): Graph {
  if (replaced.size === 0 || ![...captured(graph)].some((value) => replaced.has(value))) return graph;
  const swap = <V extends Value | undefined>(value: V): V => ((value && replaced.get(value)) ?? value) as V;
  return {
    ...graph,
    outputs: graph.outputs.map(swap),
    nodes: graph.nodes.map((node) => ({ ...node, inputs: node.inputs.map(swap), attrs: substituteAttrs(node, replaced) })),
  };
}

/** A node's attributes, outer values replaced in the graphs among them; the same object when nothing is. */
export function substituteAttrs(node: Node, replaced: ReadonlyMap<Value, Value>): Node['attrs'] {
  const changed = subgraphs(node)
    .map(([name, graph]) => [name, graph, substitute(graph, replaced)] as const)
    .filter(([, before, after]) => before !== after);
  return changed.length === 0 ? node.attrs : { ...node.attrs, ...Object.fromEntries(changed.map(([name, , graph]) => [name, graph])) };
}
