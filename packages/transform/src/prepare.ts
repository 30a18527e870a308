import { producers, uses, valuesByName, type Graph, type Node, type Value } from '@vitrine/ir';
import { dependents } from './backward.js';
import { decompose } from './canonize/decomposition.js';
import { decompositions } from './canonize/index.js';
import type { RuleSet } from './rule.js';

/** Nodes on a path from any of `from` to any of `to`. */
export function between(graph: Graph, from: readonly Value[], to: readonly Value[]): ReadonlySet<Node> {
  const active = dependents(graph, from);
  const producer = producers(graph);
  const found = new Set<Node>();
  const pending = to.flatMap((value) => producer.get(value) ?? []);
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (found.has(node) || !uses(node).some((value) => active.has(value))) continue;
    found.add(node);
    for (const value of uses(node)) {
      const before = producer.get(value);
      if (before !== undefined) pending.push(before);
    }
  }
  return found;
}

/**
 * The graph made ready for a backward pass by `rules` between values of these names: operators on the way that have no rule
 * are written out, as far as a decomposition is known.
 */
export function prepared(graph: Graph, from: readonly string[], to: readonly string[], rules: RuleSet): Graph {
  let current = graph;
  for (;;) {
    const names = valuesByName(current);
    const pick = (list: readonly string[]): readonly Value[] => list.flatMap((name) => names.get(name) ?? []);
    const path = between(current, pick(from), pick(to));
    const { graph: next, moved } = decompose(current, decompositions, (node) => path.has(node) && rules(node) === undefined);
    if (next === current || moved.size === 0) return next;
    current = next;
  }
}
