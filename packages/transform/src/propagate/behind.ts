import { uses, type Builder, type Graph, type Node, type Value } from '@vitrine/ir';
import { kindByOperator, type Kind } from './kind.js';

/** What moves or scales a value and is not asked what it does. */
const CARRYING: ReadonlySet<Kind | undefined> = new Set(['routing', 'scale']);

/** Which operands carry on what an operator is given; of a choice, both sides. */
const carried = ({ opType, inputs }: Node): readonly (Value | undefined)[] => (CHOICES.has(opType) ? inputs.slice(1) : inputs);
const CHOICES = new Set(['Where']);

/** Whether a value is the result of such a node, moved, selected and scaled at most: wherever an exporter put a Reshape. */
export function isMadeBy({ b }: { readonly b: Pick<Builder, 'producer'> }, v: Value | undefined, such: (node: Node) => boolean): boolean {
  const made = v && b.producer(v);
  if (made === undefined) return false;
  if (such(made)) return true;
  return CARRYING.has(kindByOperator(made)) && carried(made).some((w) => isMadeBy({ b }, w, such));
}

/** Nodes whose result, moved and scaled at most, is a factor of a product with another value that depends on `from`. */
export function weighing(graph: Graph, such: (node: Node) => boolean, active: ReadonlySet<Value>): ReadonlySet<Node> {
  const origins = new Map<Value, Set<Node>>();
  const found = new Set<Node>();
  for (const node of graph.nodes) {
    const from = new Set(such(node) ? [node] : []);
    const kind = kindByOperator(node);
    const moving = uses(node).filter((v) => active.has(v));
    const isProduct = (kind === 'scale' || kind === 'dense') && moving.length > 1;
    if (isProduct) for (const v of moving) for (const origin of origins.get(v) ?? []) found.add(origin);
    if (!isProduct && CARRYING.has(kind)) for (const v of carried(node)) for (const origin of (v && origins.get(v)) ?? []) from.add(origin);
    for (const v of node.outputs) if (v !== undefined && from.size > 0) origins.set(v, from);
  }
  return found;
}
