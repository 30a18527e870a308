import { isStatic, producers, rewrite, uses, type Graph, type Value } from '@vitrine/ir';
import { constantsOf } from './mergeBatchNorm.js';

/**
 * A product with constant weights and the sum with a constant behind it as one dense layer with a bias, Gemm, so that rules see both:
 * exporters write them apart for inputs of more than two axes.
 */
export function mergeBias(graph: Graph): Graph {
  const constant = constantsOf(graph);
  const producer = producers(graph);
  const readers = new Map<Value, number>();
  for (const value of [...graph.nodes.flatMap(uses), ...graph.outputs]) readers.set(value, (readers.get(value) ?? 0) + 1);
  const layers = new Map(
    graph.nodes.flatMap((node) => {
      if (node.opType !== 'Add') return [];
      const at = node.inputs.findIndex((v) => v !== undefined && readers.get(v) === 1 && producer.get(v)?.opType === 'MatMul');
      const [sum, bias] = [node.inputs[at], node.inputs[1 - at]];
      const product = sum && producer.get(sum);
      if (product === undefined || bias === undefined || !constant.has(bias)) return [];
      const [x, w] = product.inputs as readonly [Value, Value];
      const width = w.type.shape?.at(-1);
      const fits =
        constant.has(w) &&
        !constant.has(x) &&
        w.type.shape?.length === 2 &&
        isStatic(x.type.shape) &&
        x.type.shape.length >= 2 &&
        isStatic(bias.type.shape);
      const perUnit = bias.type.shape?.at(-1) === width && bias.type.shape?.slice(0, -1).every((d) => d === 1);
      return fits && perUnit ? [[node, product] as const] : [];
    }),
  );
  if (layers.size === 0) return graph;
  const made = new Set(layers.values());
  const seen = new Map<Value, readonly (Value | undefined)[]>();
  return rewrite(graph, (node, b, inputs) => {
    const product = layers.get(node);
    if (made.has(node)) seen.set(node.outputs[0]!, inputs);
    if (product === undefined) return undefined;
    const { op } = b;
    const operands = seen.get(product.outputs[0]!)!;
    const [x, w] = operands as readonly [Value, Value];
    const bias = inputs[node.inputs[0] === product.outputs[0] ? 1 : 0]!;
    const shape = x.type.shape as readonly number[];
    const [wide, width] = [shape.at(-1)!, w.type.shape!.at(-1) as number];
    const rows = shape.length === 2 ? x : op.Reshape(x, b.ints([-1, wide]));
    const flat = bias.type.shape!.length === 1 ? bias : op.Reshape(bias, b.ints([width]));
    const name = node.outputs[0]!.name;
    if (shape.length === 2) return b.named({ opType: 'Gemm', name: product.name, inputs: [rows, w, flat], attrs: {} }, [name]);
    const dense = b.within(`${product.name}/`, () => op.Gemm(rows, w, flat));
    return b.named({ opType: 'Reshape', name: node.name, inputs: [dense, b.ints([...shape.slice(0, -1), width])], attrs: {} }, [name]);
  }).graph;
}
