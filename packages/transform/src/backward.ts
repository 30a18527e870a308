import { attrsOf, uses, type Builder, type Graph, type Node, type Value } from '@vitrine/ir';
import { RuleError } from './error.js';
import { isIndex, operandsOf } from './operands.js';
import type { RuleContext, RuleSet } from './rule.js';
import { fit } from './fit.js';
import { refused } from './refused.js';

/**
 * Extends the graph in `b` by a backward pass from `seeds` (signals at values) to `wrt`.
 * Only nodes on a path between the two are visited. Values without a path have no entry in the result.
 * @throws RuleError 'missing-rule' naming operator and node; 'unknown-shape' where a rule needs an extent that nothing tells
 */
export function backward(
  b: Builder,
  graph: Graph,
  seeds: ReadonlyMap<Value, Value>,
  wrt: readonly Value[],
  rules: RuleSet,
): ReadonlyMap<Value, Value> {
  const active = dependents(graph, wrt);
  const signals = new Map<Value, Value[]>([...seeds].map(([value, signal]) => [value, [signal]]));
  const total = (value: Value | undefined): Value | undefined => {
    const parts = value && signals.get(value);
    if (parts === undefined) return undefined;
    const sum = parts.reduce((a, c) => b.op.Add(a, c));
    parts.splice(0, parts.length, sum);
    return sum;
  };

  for (const node of graph.nodes.toReversed()) {
    if (!uses(node).some((value) => active.has(value))) continue;
    if (!node.outputs.some((value, i) => value !== undefined && signals.has(value) && !isIndex(node, i))) continue;
    const rule = rules(node) ?? missing(node);
    b.within(`backward/${node.name}/`, () => {
      const gs = node.outputs.map((value, i) => (isIndex(node, i) ? undefined : total(value)));
      const parts = rule(context(b, node, gs, active, rules) as RuleContext<never>);
      node.inputs.forEach((x, i) => {
        const part = parts[i];
        if (x === undefined || part === undefined || part === null || !active.has(x)) return;
        const signal = fit(b, part, x, node);
        const seen = signals.get(x);
        if (seen === undefined) signals.set(x, [signal]);
        else seen.push(signal);
      });
    });
  }
  return new Map(wrt.flatMap((value) => (signals.has(value) ? [[value, total(value)!] as const] : [])));
}

/** Values that depend on any of `roots`, the roots included. */
export function dependents(graph: Graph, roots: readonly Value[]): ReadonlySet<Value> {
  const found = new Set(roots);
  for (const node of graph.nodes) {
    if (!uses(node).some((value) => found.has(value))) continue;
    for (const value of node.outputs) if (value !== undefined) found.add(value);
  }
  return found;
}

function context(b: Builder, node: Node, gs: readonly (Value | undefined)[], active: ReadonlySet<Value>, rules: RuleSet): RuleContext {
  const [x, ys] = operandsOf(b, node, gs);
  return {
    op: b.op,
    b,
    node,
    attrs: attrsOf(node) as never,
    x: x as never,
    y: ys[0]!,
    ys,
    g: gs[0]!,
    gs,
    rules,
    needs: (i) => node.inputs[i] !== undefined && active.has(node.inputs[i]),
    fail: (message) => {
      throw new RuleError('not-differentiable', `${node.opType} (at ${node.name}): ${message}`);
    },
  };
}

/** Operators with graphs inside. What of them could be written out before running no longer is here. */
export const CONTROL_FLOW: ReadonlySet<string> = new Set(['If', 'Loop', 'Scan']);

function missing(node: Node): never {
  if (CONTROL_FLOW.has(node.opType))
    throw new RuleError(
      'dynamic-control-flow',
      `${node.opType} (at ${node.name}) depends on what only running tells: give the inputs that decide it, or explain from a value behind this node`,
    );
  const why = Object.hasOwn(refused, node.opType) ? refused[node.opType]! : `add a row for ${node.opType} to the table`;
  throw new RuleError(
    'missing-rule',
    `no backward rule for ${node.opType} (at ${node.name}): ${why}, or explain from a value behind this node`,
  );
}
