import { isMixed, originsOf, type Origin as Element } from '@vitrine/explain';
import { isFloat, numbers, uses, valuesByName, type Graph, type Node, type Tensor, type Value } from '@vitrine/ir';
import type { Origin } from '@vitrine/data';
import type { ReadRow } from './row.js';

/** Operators behind which nothing is missing. */
const FILLS: ReadonlySet<string> = new Set(['ai.onnx.ml.Imputer']);

/**
 * Where a row is explained: at inputs that are numbers; of text, and of numbers that count categories, at the first numbers that the model makes
 * of it; of what is missing, behind what fills it in. Undefined where the inputs are all as they should be.
 */
export function placesOf(graph: Graph, { feeds }: ReadRow): readonly string[] | undefined {
  const inputs = graph.inputs.filter(({ name }) => feeds.has(name));
  const plain = inputs.filter((input) => isFloat(input.type.dtype) && !isGap(feeds.get(input.name)!));
  if (plain.length === inputs.length) return undefined;
  const inner = inputs.filter((input) => !plain.includes(input)).flatMap((input) => behind(graph, input, isGap(feeds.get(input.name)!)));
  const covered = new Set(inner.flatMap((value) => elementsOf(graph, value)!.map(({ at }) => at)));
  const places = [...plain.filter(({ name }) => !covered.has(name)), ...new Set(inner)].map(({ name }) => name);
  return places.length === 0 ? undefined : places;
}

const isGap = (tensor: Tensor): boolean => isFloat(tensor.dtype) && Array.from(numbers(tensor)).some((x) => Number.isNaN(x));

const traced = new WeakMap<Graph, Map<Value, readonly Element[] | undefined>>();

/** Elements of inputs that a value's elements are made of; undefined where several make one. Rows of a table share a graph, and are asked about one by one. */
export function elementsOf(graph: Graph, value: Value): readonly Element[] | undefined {
  const known = traced.get(graph) ?? new Map<Value, readonly Element[] | undefined>();
  traced.set(graph, known);
  if (!known.has(value)) {
    const found = originsOf(graph, value);
    known.set(value, isMixed(found) ? undefined : found);
  }
  return known.get(value);
}

function behind(graph: Graph, value: Value, hasGap: boolean): readonly Value[] {
  return graph.nodes
    .filter((node) => uses(node).includes(value))
    .flatMap((node) => {
      const [made] = node.outputs;
      if (made === undefined || elementsOf(graph, made) === undefined) return [];
      const isOpen = hasGap && !fills(node);
      return isFloat(made.type.dtype) && !isOpen ? [made] : behind(graph, made, isOpen);
    });
}

const fills = ({ opType }: Node): boolean => FILLS.has(opType);

/** The column that each element of a value stands for; undefined where the value is not made of columns one by one. */
export function originsAt(graph: Graph, at: string, { encoder }: ReadRow): readonly (Origin | undefined)[] | undefined {
  const own = encoder.origins.get(at);
  if (own !== undefined) return own;
  const value = valuesByName(graph).get(at);
  const elements = value && elementsOf(graph, value);
  return elements?.map(({ at: input, column }) => encoder.origins.get(input)?.[column]);
}
