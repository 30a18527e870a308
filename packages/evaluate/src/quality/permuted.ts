import type { Probe } from '@vitrine/explain';
import { builder, isFloat, isStatic, sizeOf, type Graph, type Tensor, type Value } from '@vitrine/ir';

/** Weights that belong to one layer, from its input to its output. */
export interface WeightLayer {
  readonly name: string;
  readonly weights: readonly Value[];
}

const holdsNumbers = ({ type }: Value): boolean => isFloat(type.dtype) || type.dtype === 'int8' || type.dtype === 'uint8';
/** Matrices, kernels, tables of embeddings; not what is one row. */
const isMatrix = ({ type: { shape } }: Value): boolean => isStatic(shape) && shape.filter((d) => d > 1).length >= 2;

/** Layers with weights, the first at the input. Vectors, as biases, belong to the layer before them. */
export function weightLayers(graph: Graph): readonly WeightLayer[] {
  const layers: { name: string; weights: Value[] }[] = [];
  const taken = new Set<Value>();
  for (const { name, inputs, outputs } of graph.nodes) {
    const own = inputs.filter(
      (v): v is Value =>
        v !== undefined &&
        graph.initializers.has(v) &&
        !taken.has(v) &&
        holdsNumbers(v) &&
        isStatic(v.type.shape) &&
        sizeOf(v.type.shape) > 1,
    );
    if (own.length === 0) continue;
    for (const v of own) taken.add(v);
    if (own.some(isMatrix) || layers.length === 0) layers.push({ name: name || (outputs[0]?.name ?? ''), weights: own });
    else layers.at(-1)!.weights.push(...own);
  }
  return layers.filter(({ weights }) => weights.some(isMatrix));
}

/** A model with the elements of some weights in an order that chance decides: what it has learned there is gone, their sizes are not. */
export async function permuted(probe: Probe, graph: Graph, weights: readonly Value[], stream: string): Promise<Graph> {
  const held = await read(probe, graph, weights);
  return {
    ...graph,
    initializers: new Map(
      [...graph.initializers].map(([value, content]) => {
        const tensor = held.get(value);
        return [value, tensor === undefined ? content : shuffled(tensor, probe.q.random(`${stream}/${value.name}`))];
      }),
    ),
  };
}

/** What weights hold, wherever they lie: the runtime reads them. */
async function read({ q }: Probe, graph: Graph, weights: readonly Value[]): Promise<ReadonlyMap<Value, Tensor>> {
  const b = builder();
  const outputs = weights.map((value) => b.op.Identity(b.initializer(graph.initializers.get(value)!, value.name)));
  const session = await q.runtime.open(b.build(outputs), { domains: q.domains });
  const results = await session.run(new Map());
  await session.close();
  return new Map(weights.map((value, i) => [value, results.get(outputs[i]!.name)!]));
}

function shuffled(tensor: Tensor, uniform: () => number): Tensor {
  const data = (tensor.data as Float32Array).slice();
  for (let i = data.length - 1; i > 0; i--) {
    const j = Math.floor(uniform() * (i + 1));
    [data[i], data[j]] = [data[j]!, data[i]!];
  }
  return { ...tensor, data } as Tensor;
}
