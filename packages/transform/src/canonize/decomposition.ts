import {
  attrsOf,
  rewrite,
  type Attrs,
  type Builder,
  type Graph,
  type Inputs,
  type Node,
  type OpType,
  type Ops,
  type Rewritten,
  type Value,
} from '@vitrine/ir';
import { RuleError } from '../error.js';

/** What a decomposition knows of the node it writes out. */
export interface DecompositionContext<Op extends OpType = OpType> {
  readonly op: Ops;
  readonly b: Builder;
  readonly node: Node;
  readonly attrs: Attrs<Op>;
  /** Inputs, in the builder. */
  readonly x: Inputs<Op, Value>;
  /** How many outputs the node has; which of them are there tells `node.outputs`. */
  readonly outputs: number;
  /** Names operator and node. */
  readonly fail: (message: string) => never;
}

/** An operator written out in simpler ones: its outputs, in order. Optional outputs that are not there may be left undefined. */
export type Decomposition<Op extends OpType = OpType> = (c: DecompositionContext<Op>) => readonly (Value | undefined)[];
export type DecompositionTable = { readonly [Op in OpType]?: Decomposition<Op> };

/** Writes out the nodes that `wanted` picks and the table knows, until none is left. Values keep their names. */
export function decompose(graph: Graph, table: DecompositionTable, wanted: (node: Node) => boolean): Rewritten {
  const rowOf = (node: Node): Decomposition | undefined =>
    Object.hasOwn(table, node.opType) && wanted(node) ? (table[node.opType as OpType] as Decomposition) : undefined;
  if (!graph.nodes.some(rowOf)) return { graph, moved: new Map() };
  return rewrite(graph, (node, b, inputs) => {
    const row = rowOf(node);
    if (row === undefined) return undefined;
    const context: DecompositionContext = {
      op: b.op,
      b,
      node,
      attrs: attrsOf(node) as never,
      x: inputs as never,
      outputs: node.outputs.length,
      fail: (message) => {
        throw new RuleError('not-differentiable', `${node.opType} (at ${node.name}): ${message}`);
      },
    };
    const made = b.within(`${node.name}/`, () => row(context as never));
    return node.outputs.map((old, i) => {
      const value = made[i];
      if (old === undefined || value === undefined) return undefined;
      return b.named({ opType: 'Identity', name: `${old.name}/named`, inputs: [value], attrs: {} }, [old.name])[0];
    });
  });
}
