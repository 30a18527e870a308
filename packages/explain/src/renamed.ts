import { Value, type Graph } from '@vitrine/ir';
import { ExplainError } from './error.js';

/** A graph whose outputs have these names, in order; inner values that had them have others. @throws ExplainError where an input has one */
export function withOutputNames(graph: Graph, names: readonly string[]): Graph {
  if (graph.outputs.every(({ name }, i) => name === names[i])) return graph;
  const input = graph.inputs.find(({ name }) => names.includes(name));
  if (input !== undefined)
    throw new ExplainError(
      'bad-input',
      `a value that is explained is called ${input.name}, as a result of explanations is: rename it in the model`,
    );
  const taken = new Set(
    [...graph.inputs, ...graph.initializers.keys(), ...graph.nodes.flatMap(({ outputs }) => outputs)].map((value) => value?.name),
  );
  const own = new Map(graph.outputs.map((value, i) => [value, names[i]!]));
  const renamed = new Map<Value, Value>();
  const of = <V extends Value | undefined>(value: V): V => {
    if (value === undefined) return value;
    const name = own.get(value) ?? (names.includes(value.name) ? free(value.name) : value.name);
    if (name === value.name) return value;
    if (!renamed.has(value)) renamed.set(value, new Value(name, value.type, value.known));
    return renamed.get(value) as V;
  };
  const free = (name: string): string => {
    let n = 1;
    while (taken.has(`${name}/${n}`)) n++;
    taken.add(`${name}/${n}`);
    return `${name}/${n}`;
  };
  return {
    ...graph,
    outputs: graph.outputs.map(of),
    nodes: graph.nodes.map((node) => ({ ...node, inputs: node.inputs.map(of), outputs: node.outputs.map(of) })),
    initializers: new Map([...graph.initializers].map(([value, content]) => [of(value), content])),
  };
}
