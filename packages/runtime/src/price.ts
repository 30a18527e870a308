import { byteLength, isStatic, uses, type DType, type Graph, type Value } from '@vitrine/ir';

/** What running a graph takes, in bytes. */
export interface Price {
  /** Constants, once as they are and once more as ONNX Runtime lays them out for its kernels; tables that are only looked up in, once. */
  readonly weights: number;
  /** The most that intermediate results take at one time. */
  readonly activations: number;
  readonly total: number;
}

const bytesOf = (value: Value): number => {
  const { dtype, shape } = value.type;
  return dtype === 'unknown' || dtype === 'opaque' || !isStatic(shape)
    ? 0
    : byteLength(
        dtype as DType,
        shape.reduce((a, b) => a * b, 1),
      );
};

/**
 * Estimates the memory a graph needs before it runs, from its shapes: each value lives from the node that makes it to the last that reads it.
 * Constants computed from constants (flipped kernels, transposed matrices) count as weights: they are folded when the graph is loaded.
 */
export function price(graph: Graph): Price {
  const constant = new Set<Value>(graph.initializers.keys());
  const copied = new Set(graph.nodes.flatMap((node) => uses(node).filter((value) => node.opType !== 'Gather' || value !== node.inputs[0])));
  let weights = [...constant].reduce((sum, value) => sum + (copied.has(value) ? 2 : 1) * bytesOf(value), 0);
  const lastRead = new Map<Value, number>();
  graph.nodes.forEach((node, i) => uses(node).forEach((value) => lastRead.set(value, i)));
  for (const value of graph.outputs) lastRead.set(value, Infinity);

  let live = graph.inputs.reduce((sum, value) => sum + bytesOf(value), 0);
  let most = live;
  graph.nodes.forEach((node, i) => {
    const outputs = node.outputs.filter((value) => value !== undefined);
    if (uses(node).length > 0 && uses(node).every((value) => constant.has(value))) {
      for (const value of outputs) {
        constant.add(value);
        weights += bytesOf(value);
      }
      return;
    }
    live += outputs.reduce((sum, value) => sum + bytesOf(value), 0);
    most = Math.max(most, live);
    const dead = new Set([...uses(node), ...outputs]);
    for (const value of dead)
      if (!constant.has(value) && (lastRead.get(value) ?? i) <= i && !graph.inputs.includes(value)) live -= bytesOf(value);
  });
  return { weights, activations: most, total: weights + most };
}
