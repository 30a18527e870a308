import { builder, subgraphs, Value, valuesByName, type Graph, type Node, type Tensor, type Weight } from '@vitrine/ir';

/**
 * A graph that takes a model's inputs in place of the model's inner values that it takes: what computes those stands in front. Tokens
 * are looked up, say, where a method takes their embeddings.
 */
export function withFront(graph: Graph, model: Graph): Graph {
  const own = new Set(model.inputs.map(({ name }) => name));
  const values = valuesByName(model);
  const inner = graph.inputs.filter(({ name }) => !own.has(name) && values.has(name));
  if (inner.length === 0) return graph;
  const front = builder(model).build(inner.map(({ name }) => values.get(name)!));
  // What only runs in a branch names values that would have to be looked for there.
  if (front.nodes.some((node) => subgraphs(node).length > 0)) return graph;
  const given = new Map(graph.inputs.map((value) => [value.name, value]));
  const held = new Map([...graph.initializers].map(([value, content]) => [content, value]));
  const [valueNames, nodeNames] = [takenIn(graph), new Set(graph.nodes.map(({ name }) => name))];
  // A table that both read is written once.
  const renamed = new Map(
    [...front.initializers].flatMap(([value, content]) => (held.has(content) ? [[value, held.get(content)!] as const] : [])),
  );
  // What the graph takes is what the front gives; its inputs are those of both.
  const put = (value: Value): Value => {
    let made = renamed.get(value);
    if (made === undefined)
      renamed.set(value, (made = given.get(value.name) ?? new Value(fresh(value.name, valueNames), value.type, value.known)));
    return made;
  };
  const nodes = front.nodes.map((node): Node => ({
    ...node,
    name: fresh(node.name, nodeNames),
    inputs: node.inputs.map((value) => value && put(value)),
    outputs: node.outputs.map((value) => value && put(value)),
  }));
  const initializers = new Map<Value, Tensor | Weight>([
    ...graph.initializers,
    ...[...front.initializers].map(([value, content]) => [put(value), content] as const),
  ]);
  const inputs = new Map(
    [...graph.inputs.filter((value) => !inner.includes(value)), ...front.inputs.map(put)].map((value) => [value.name, value]),
  );
  const ordered = model.inputs.flatMap(({ name }) => inputs.get(name) ?? []);
  return { ...graph, inputs: ordered, nodes: [...nodes, ...graph.nodes], initializers };
}

const takenIn = ({ inputs, nodes, initializers }: Graph): Set<string> =>
  new Set([...inputs, ...initializers.keys(), ...nodes.flatMap(({ outputs }) => outputs)].flatMap((value) => value?.name ?? []));

function fresh(name: string, taken: Set<string>): string {
  let own = name;
  for (let n = 1; taken.has(own); n++) own = `${name}.front${n === 1 ? '' : n}`;
  taken.add(own);
  return own;
}
