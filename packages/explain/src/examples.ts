import { isFloat, sizeOf, type Graph, type Tensor } from '@vitrine/ir';

export type Inputs = ReadonlyMap<string, Tensor>;

/** Inputs whose axis 0 is one free symbol, the same for all. */
export function inputsWithBatch({ inputs }: Graph): ReadonlySet<string> {
  const symbol = inputs.map(({ type }) => type.shape?.[0]).find((dim) => typeof dim === 'string');
  return new Set(inputs.filter(({ type }) => symbol !== undefined && type.shape?.[0] === symbol).map(({ name }) => name));
}

/**
 * The examples that inputs hold along a free first axis, one after the other: [4,3,224,224] holds four. Inputs without such an axis go
 * with each. Where the outputs do not have the same axis it may be anything, such as time, and all is one example.
 */
export function examplesIn(graph: Graph, inputs: Inputs): readonly Inputs[] {
  const batched = inputsWithBatch(graph);
  const [symbol] = graph.inputs.filter(({ name }) => batched.has(name)).map(({ type }) => type.shape![0]);
  const ranks = new Map(graph.inputs.map(({ name, type }) => [name, type.shape?.length]));
  const held = [...inputs].filter(([name, { dims }]) => batched.has(name) && dims.length === ranks.get(name));
  const count = held[0]?.[1].dims[0] ?? 1;
  const follow =
    graph.outputs.every(({ type }, i) => type.shape?.[0] === symbol || (i > 0 && !isFloat(type.dtype))) &&
    held.every(([, { dims }]) => dims[0] === count);
  if (count <= 1 || !follow) return [inputs];
  const holds = new Set(held.map(([name]) => name));
  return Array.from(
    { length: count },
    (_, i) => new Map([...inputs].map(([name, tensor]) => [name, holds.has(name) ? nth(tensor, i) : tensor])),
  );
}

function nth({ dtype, dims, data }: Tensor, i: number): Tensor {
  const size = sizeOf(dims.slice(1));
  return { dtype, dims: [1, ...dims.slice(1)], data: data.slice(i * size, (i + 1) * size) } as Tensor;
}
