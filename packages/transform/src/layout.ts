import type { AttrValue, Builder, Node, Ops, Value } from '@vitrine/ir';
import { rankOf } from './fit.js';

interface Making {
  readonly op: Ops;
  readonly b: Builder;
  readonly node: Node;
}

/** Channels behind, brought in front for an operator and back. */
export function channelsFirst({ op, node }: Making, x: Value, apply: (x: Value) => Value): Value {
  const rank = rankOf(x, node);
  const spatial = Array.from({ length: rank - 2 }, (_, i) => i + 1);
  const y = apply(op.Transpose(x, { perm: [0, rank - 1, ...spatial] }));
  return op.Transpose(y, { perm: [0, ...spatial.map((axis) => axis + 1), 1] });
}

/** Attributes without those of a fusion. */
export const without = (attrs: object, ...names: readonly string[]): { readonly [name: string]: AttrValue } =>
  Object.fromEntries(Object.entries(attrs).filter(([name, value]) => value !== undefined && !names.includes(name)));
