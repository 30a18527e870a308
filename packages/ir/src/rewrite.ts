import { builder, type Builder } from './builder.js';
import { uses, type Graph, type Node, type TensorType, type Value } from './graph.js';
import { namesOf } from './names.js';
import { substituteAttrs } from './substitute.js';

/** What replaces a node: its new outputs, or undefined to leave it as it is. */
export type Visit = (node: Node, b: Builder, inputs: readonly (Value | undefined)[]) => readonly (Value | undefined)[] | undefined;

export interface RewriteOptions {
  /** New types for graph inputs, by name. */
  readonly inputs?: ReadonlyMap<string, TensorType>;
  /** Measured types, for values that inference cannot tell. */
  readonly types?: ReadonlyMap<string, TensorType>;
  /** Values that become inputs: what computed them is left behind. */
  readonly cut?: ReadonlySet<Value>;
  /** Replacements for initializers, made in the builder before any node is visited. */
  readonly initializer?: (value: Value, b: Builder) => Value | undefined;
}

export interface Rewritten {
  readonly graph: Graph;
  /** Where each value of the old graph went; values that stayed are not listed. */
  readonly moved: ReadonlyMap<Value, Value>;
}

/** Goes over a graph once, front to back. Nodes that nothing changes are shared with the old graph. */
export function rewrite(graph: Graph, visit: Visit, options: RewriteOptions = {}): Rewritten {
  const b = builder({ ...graph, inputs: [], nodes: [], outputs: [] }, { types: options.types, reserve: namesOf(graph) });
  const moved = new Map<Value, Value>();
  const move = <V extends Value | undefined>(value: V): V => ((value && moved.get(value)) ?? value) as V;
  const inputs = graph.inputs.map((value) => {
    const type = options.inputs?.get(value.name);
    if (type === undefined) return value;
    const renewed = b.input(value.name, type);
    moved.set(value, renewed);
    return renewed;
  });
  const cuts = new Map([...(options.cut ?? [])].map((value) => [value, b.input(value.name, value.type)]));
  for (const value of graph.initializers.keys()) {
    const replaced = options.initializer?.(value, b);
    if (replaced !== undefined) moved.set(value, replaced);
  }
  for (const node of graph.nodes) {
    const operands = node.inputs.map(move);
    const attrs = substituteAttrs(node, moved);
    const current = attrs === node.attrs ? node : { ...node, attrs };
    const replaced = visit(current, b, operands);
    if (replaced === undefined && options.types === undefined && !uses(node).some((value) => moved.has(value))) {
      b.keep(node);
      node.outputs.forEach((value) => value && cuts.has(value) && moved.set(value, cuts.get(value)!));
      continue;
    }
    const outputs = replaced ?? b.replay(current, operands);
    node.outputs.forEach((value, i) => {
      const now = (value && cuts.get(value)) ?? outputs[i];
      if (value !== undefined && now !== undefined && now !== value) moved.set(value, now);
    });
  }
  // Outputs keep their names.
  const outputs = graph.outputs.map((old) => {
    const now = move(old);
    return now.name === old.name
      ? now
      : b.named({ opType: 'Identity', name: `${old.name}/named`, inputs: [now], attrs: {} }, [old.name])[0]!;
  });
  return { graph: b.build(outputs, [...inputs, ...cuts.values()]), moved };
}
