import { GraphError } from '../error.js';
import type { GraphProto, NodeProto } from './proto.js';

/** Nodes in topological order. ONNX asks for it; files that break the rule are put in order, those with a cycle refused. @throws GraphError 'malformed' */
export function inOrder(nodes: readonly NodeProto[], isGiven: (name: string) => boolean): readonly NodeProto[] {
  const made = new Set(nodes.flatMap((node) => node.output ?? []));
  const needs = (node: NodeProto): readonly string[] => reads(node).filter((name) => made.has(name) && !isGiven(name));
  if (isOrdered(nodes, needs)) return nodes;

  const waiting = nodes.map((node) => new Set(needs(node)));
  const readers = new Map<string, number[]>();
  waiting.forEach((names, i) => {
    for (const name of names) {
      const list = readers.get(name);
      if (list === undefined) readers.set(name, [i]);
      else list.push(i);
    }
  });
  // The queue is read while it grows.
  const queue = [...nodes.keys()].filter((i) => waiting[i]!.size === 0);
  for (const i of queue) {
    for (const name of nodes[i]!.output ?? []) {
      for (const reader of readers.get(name) ?? []) if (waiting[reader]!.delete(name) && waiting[reader]!.size === 0) queue.push(reader);
    }
  }
  if (queue.length < nodes.length) throw new GraphError('malformed', 'the model is malformed: its nodes form a cycle');
  return queue.map((i) => nodes[i]!);
}

function isOrdered(nodes: readonly NodeProto[], needs: (node: NodeProto) => readonly string[]): boolean {
  const seen = new Set<string>();
  return nodes.every((node) => {
    const ready = needs(node).every((name) => seen.has(name));
    for (const name of node.output ?? []) seen.add(name);
    return ready;
  });
}

/** Names a node reads from the graph it is in, those of its subgraphs included. */
function reads(node: NodeProto): readonly string[] {
  const own = (node.input ?? []).filter((name) => name !== '');
  const inner = (node.attribute ?? []).flatMap(({ g }) => (g === undefined ? [] : outerReads(g)));
  return inner.length === 0 ? own : [...own, ...inner];
}

function outerReads(graph: GraphProto): readonly string[] {
  const { node = [], input = [], output = [], initializer = [], sparse_initializer: sparse = [] } = graph;
  const held = [...input, ...initializer, ...sparse.map(({ values }) => values ?? {})].map(({ name = '' }) => name);
  const made = new Set([...held, ...node.flatMap((n) => n.output ?? [])]);
  return [...node.flatMap(reads), ...output.map(({ name = '' }) => name)].filter((name) => !made.has(name));
}
