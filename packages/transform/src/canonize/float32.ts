import {
  dtypes,
  numbers,
  rewrite,
  type AttrValue,
  type Builder,
  type Graph,
  type Node,
  type Tensor,
  type TensorType,
  type Value,
  type Visit,
} from '@vitrine/ir';

const HALF = new Set<string>(['float16', 'bfloat16']);
const isHalf = (value: Value | undefined): boolean => value !== undefined && HALF.has(value.type.dtype);
const FLOAT32 = dtypes.float32.code;
const HALF_CODES = new Set<number>([dtypes.float16.code, dtypes.bfloat16.code]);

/** Attributes that name the dtype of what an operator makes. */
const DTYPE_ATTRS = new Set(['to', 'dtype', 'output_dtype', 'output_datatype']);

/**
 * The graph with every half-precision float as float32: explanations are differences of close numbers, which half floats do not hold.
 * Weights stay where they are, behind a Cast that is folded when the graph is loaded. Graph inputs and outputs become float32 too.
 */
export function toFloat32(graph: Graph): Graph {
  const half =
    graph.inputs.some(isHalf) || [...graph.initializers.keys()].some(isHalf) || graph.nodes.some((node) => node.outputs.some(isHalf));
  if (!half) return graph;
  const inputs = new Map(
    graph.inputs.filter(isHalf).map(({ name, type }): [string, TensorType] => [name, { dtype: 'float32', shape: type.shape }]),
  );
  const widened = (value: Value, b: Builder): Value | undefined => {
    if (!isHalf(value)) return undefined;
    const [cast] = b.named({ opType: 'Cast', name: `${value.name}/float32`, inputs: [value], attrs: { to: FLOAT32 } }, [
      `${value.name}/float32`,
    ]);
    return cast;
  };
  const kept = new Set(graph.outputs);
  /** A cast of what is float32 by now. */
  const isSpare = ({ opType, attrs, inputs: [x], outputs: [y] }: Node): boolean =>
    opType === 'Cast' && attrs['to'] === FLOAT32 && isHalf(x) && !kept.has(y!);
  const visit: Visit = (node, b, operands) => (isSpare(node) ? operands : b.replay(widenedNode(node), operands));
  return rewrite(graph, visit, { inputs, initializer: widened }).graph;
}

function widenedNode(node: Node): Node {
  const attrs = Object.entries(node.attrs).map(([name, value]): [string, AttrValue] => {
    if (DTYPE_ATTRS.has(name) && typeof value === 'number' && HALF_CODES.has(value)) return [name, FLOAT32];
    if (typeof value === 'object' && 'nodes' in value) return [name, toFloat32(value)];
    if (typeof value === 'object' && 'dtype' in value && HALF.has(value.dtype)) return [name, widenedTensor(value)];
    return [name, value];
  });
  return { ...node, attrs: Object.fromEntries(attrs) };
}

const widenedTensor = (tensor: Tensor): Tensor => ({ dtype: 'float32', dims: tensor.dims, data: Float32Array.from(numbers(tensor)) });
