import { attrsOf, uses, type Builder, type Graph, type Node, type Value } from '@vitrine/ir';
import { RuleError } from './error.js';
import { isIndex, operandsOf } from './operands.js';
import type { Absorber, RuleContext, RuleSet } from './rule.js';
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
  const { signals } = propagate(b, graph, [seeds], wrt, rules);
  return new Map(wrt.flatMap((value) => (signals.has(value) ? [[value, signals.get(value)![0]!] as const] : [])));
}

/** What a rule kept of the signal in one lane. */
export interface Absorbed {
  readonly node: Node;
  readonly lane: number;
  readonly by: Absorber;
  readonly amount: Value;
}

/** What a node gave to one of its inputs in one lane. */
export interface Passed {
  readonly node: Node;
  readonly lane: number;
  readonly to: Value;
  readonly amount: Value;
}

/** A backward pass: the signals that reached each value, one per lane, what was given to whom, and what was kept on the way. */
export interface Pass {
  readonly signals: ReadonlyMap<Value, readonly Value[]>;
  /** Of all nodes that were visited, where books are kept. */
  readonly passed: readonly Passed[];
  readonly absorbed: readonly Absorbed[];
}

export interface PropagateOptions {
  /** Whether rules enter what they keep: it takes more operators. */
  readonly books?: boolean;
}

/**
 * The same for several signals that travel side by side, a map of seeds for each lane. Each goes through a node by the node's rule,
 * or all together where the rule is a joint one.
 */
export function propagate(
  b: Builder,
  graph: Graph,
  seeds: readonly ReadonlyMap<Value, Value>[],
  wrt: readonly Value[],
  rules: RuleSet,
  { books = false }: PropagateOptions = {},
): Pass {
  const active = dependents(graph, wrt);
  const lanes = seeds.map((_, lane) => lane);
  const arrived = new Map<Value, Value[][]>();
  const add = (value: Value, lane: number, signal: Value): void => {
    const lists = arrived.get(value);
    if (lists === undefined)
      arrived.set(
        value,
        lanes.map((l) => (l === lane ? [signal] : [])),
      );
    else lists[lane]!.push(signal);
  };
  seeds.forEach((map, lane) => map.forEach((signal, value) => add(value, lane, signal)));
  const signals = new Map<Value, readonly Value[]>();
  const total = (value: Value): readonly Value[] => {
    let sums = signals.get(value);
    if (sums === undefined) {
      const lists = arrived.get(value)!;
      const some = lists.find((list) => list.length > 0)![0]!;
      const zero = (): Value => b.op.Mul(some, b.scalar(0, some.type.dtype as 'float32'));
      sums = lists.map((list) => (list.length === 0 ? zero() : list.reduce((a, c) => b.op.Add(a, c))));
      signals.set(value, sums);
    }
    return sums;
  };
  const absorbed: Absorbed[] = [];
  const passed: Passed[] = [];

  for (const node of graph.nodes.toReversed()) {
    if (!uses(node).some((value) => active.has(value))) continue;
    if (!node.outputs.some((value, i) => value !== undefined && arrived.has(value) && !isIndex(node, i))) continue;
    const rule = rules(node) ?? missing(node);
    b.within(`backward/${node.name}/`, () => {
      const totals = node.outputs.map((value, i) =>
        value === undefined || isIndex(node, i) || !arrived.has(value) ? undefined : total(value),
      );
      const contexts = lanes.map((lane) => {
        const keep = (by: Absorber, amount: () => Value): void => {
          if (books) absorbed.push({ node, lane, by, amount: amount() });
        };
        return context(
          b,
          node,
          totals.map((sums) => sums?.[lane]),
          active,
          rules,
          keep,
        ) as RuleContext<never>;
      });
      const parts = 'joint' in rule ? rule.joint(contexts) : contexts.map((c) => rule(c));
      parts.forEach((list, lane) =>
        node.inputs.forEach((x, i) => {
          const part = list[i];
          if (x === undefined || part === undefined || part === null || !active.has(x)) return;
          const amount = fit(b, part, x, node);
          add(x, lane, amount);
          if (books) passed.push({ node, lane, to: x, amount });
        }),
      );
    });
  }
  for (const value of wrt) if (arrived.has(value)) total(value);
  return { signals, passed, absorbed };
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

function context(
  b: Builder,
  node: Node,
  gs: readonly (Value | undefined)[],
  active: ReadonlySet<Value>,
  rules: RuleSet,
  absorb: RuleContext['absorb'],
): RuleContext {
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
    absorb,
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
