import { producers, uses, type Graph, type Node, type Value } from '@vitrine/ir';
import { bytesOf } from './constants.js';

/**
 * A graph with its nodes in an order that lets ONNX Runtime do with little memory. That starts from what nobody reads and goes back to what it
 * reads, the last in the file first, and computes on the way out (`executed`). So nodes stand in the order of the longest way to them: what is
 * near the inputs or the weights is computed when it is needed. Behind them stands what only one result needs, the nearest result last: it is
 * computed, and what it is made of let go, before the way goes on.
 */
export function ordered(graph: Graph): Graph {
  const depth = depths(graph);
  const { serves, joined } = results(graph);
  const rankOf = (node: Node): readonly number[] => {
    const result = serves.get(node);
    return result === undefined ? [0, 0, depth.get(node)!] : [joined.has(result) ? 2 : 1, -depth.get(result)!, depth.get(node)!];
  };
  const ranks = new Map(graph.nodes.map((node) => [node, rankOf(node)]));
  const before = (a: readonly number[], b: readonly number[]): number => a.map((n, i) => n - b[i]!).find((n) => n !== 0) ?? 0;
  return { ...graph, nodes: graph.nodes.toSorted((left, right) => before(ranks.get(left)!, ranks.get(right)!)) };
}

/** Nodes on the longest way to each node, itself counted. */
function depths({ nodes }: Graph): ReadonlyMap<Node, number> {
  const found = new Map<Node, number>();
  const of = new Map<Value, number>();
  for (const node of nodes) {
    const depth = 1 + uses(node).reduce((most, value) => Math.max(most, of.get(value) ?? 0), 0);
    found.set(node, depth);
    for (const value of node.outputs) if (value !== undefined) of.set(value, depth);
  }
  return found;
}

/** Bytes of a number that much is summed up to. */
const NUMBER = 8;

/**
 * Nodes that only one result needs, and which that is. A result is a node that nobody reads; or a number that is joined with others, as all
 * sums of the books are. `joined` are results that are made of such numbers.
 */
function results(graph: Graph): { readonly serves: ReadonlyMap<Node, Node>; readonly joined: ReadonlySet<Node> } {
  const producer = producers(graph);
  const serves = new Map<Node, Node>();
  const joined = new Set<Node>();
  // Null where several results need a value.
  const needed = new Map<Value, Node | null>();
  for (const node of graph.nodes.toReversed()) {
    const by = new Set(node.outputs.flatMap((value) => (value !== undefined && needed.has(value) ? [needed.get(value)!] : [])));
    const [only = node] = by;
    const result = by.size > 1 ? null : only;
    if (result !== null) serves.set(node, result);
    const read = uses(node);
    const joins = read.length > 1 && read.every((value) => producer.has(value) && bytesOf(value) <= NUMBER);
    if (joins && result !== null) joined.add(result);
    for (const value of read) {
      const own = joins ? (producer.get(value) ?? null) : result;
      needed.set(value, needed.has(value) && needed.get(value) !== own ? null : own);
    }
  }
  return { serves, joined };
}

/** A graph with its nodes in the order in which ONNX Runtime computes them. */
export function executed(graph: Graph): Graph {
  const producer = producers(graph);
  const place = new Map(graph.nodes.map((node, i) => [node, i]));
  const sources = (node: Node): readonly Node[] =>
    [...new Set(uses(node).flatMap((value) => producer.get(value) ?? []))].toSorted((a, b) => place.get(a)! - place.get(b)!);
  const read = new Set(graph.nodes.flatMap(sources));
  const stack = graph.nodes.filter((node) => !read.has(node)).map((node) => ({ node, done: false }));
  const seen = new Set<Node>();
  const nodes: Node[] = [];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { node, done } = next;
    if (done) nodes.push(node);
    else if (!seen.has(node)) {
      seen.add(node);
      stack.push({ node, done: true }, ...sources(node).flatMap((source) => (seen.has(source) ? [] : [{ node: source, done: false }])));
    }
  }
  return { ...graph, nodes };
}
