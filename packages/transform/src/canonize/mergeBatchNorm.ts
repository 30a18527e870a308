import { attrsOf, producers, rewrite, uses, type Builder, type Graph, type Node, type Value } from '@vitrine/ir';

/**
 * Batch normalization written out: merged into the weights of the convolution or dense layer before it where nothing else reads
 * that layer's result, else as a product and a sum with constants. The network computes the same. Guillemot et al. 2020.
 */
export function mergeBatchNorm(graph: Graph): Graph {
  if (!graph.nodes.some(({ opType }) => opType === 'BatchNormalization')) return graph;
  const producer = producers(graph);
  const readers = new Map<Value, number>();
  for (const value of [...graph.nodes.flatMap(uses), ...graph.outputs]) readers.set(value, (readers.get(value) ?? 0) + 1);
  const constant = constantsOf(graph);
  return rewrite(graph, (node, b, [x, scale, shift, mean, variance]) => {
    if (node.opType !== 'BatchNormalization' || attrsOf<'BatchNormalization'>(node).training_mode === 1) return undefined;
    const { op } = b;
    const { epsilon } = attrsOf<'BatchNormalization'>(node);
    const factor = op.Div(scale!, op.Sqrt(op.Add(variance!, epsilon)));
    const offset = op.Sub(shift!, op.Mul(mean!, factor));
    const before = producer.get(node.inputs[0]!);
    const own =
      before !== undefined && readers.get(node.inputs[0]!) === 1 && before.inputs.slice(1).every((v) => v === undefined || constant.has(v));
    const named = (made: Node['opType'], inputs: readonly (Value | undefined)[], attrs: Node['attrs']): readonly (Value | undefined)[] =>
      b.named({ opType: made, name: node.name, inputs, attrs }, [node.outputs[0]!.name]);
    const layer = own ? merged(b, before, b.producer(x!) ?? before, factor, offset) : undefined;
    if (layer !== undefined) return named(before!.opType, layer, before!.attrs);
    const rank = x!.type.shape?.length ?? 2;
    const perChannel = (v: Value): Value => (rank <= 2 ? v : op.Reshape(v, b.ints([-1, ...Array.from({ length: rank - 2 }, () => 1)])));
    return named('Add', [op.Mul(x!, perChannel(factor)), perChannel(offset)], {});
  }).graph;
}

/** Operands of a layer whose result is scaled by `factor` [C] and moved by `offset` [C]; undefined for layers that this does not know. */
function merged(b: Builder, { opType, attrs }: Node, here: Node, factor: Value, offset: Value): readonly (Value | undefined)[] | undefined {
  const { op } = b;
  const [x, w, bias] = here.inputs;
  const moved = bias === undefined ? offset : op.Add(op.Mul(bias, factor), offset);
  const rank = w?.type.shape?.length;
  if (rank === undefined) return undefined;
  if (opType === 'Conv') return [x, op.Mul(w!, op.Reshape(factor, b.ints([-1, ...Array.from({ length: rank - 1 }, () => 1)]))), moved];
  if (opType === 'ConvTranspose' && (attrs['group'] ?? 1) === 1)
    return [x, op.Mul(w!, op.Reshape(factor, b.ints([1, -1, ...Array.from({ length: rank - 2 }, () => 1)]))), moved];
  if (opType === 'Gemm' && (attrs['alpha'] ?? 1) === 1 && (attrs['beta'] ?? 1) === 1)
    return [x, op.Mul(w!, attrs['transB'] === 1 ? op.Reshape(factor, b.ints([-1, 1])) : factor), moved];
  return undefined;
}

/** Values that no input takes part in. */
export function constantsOf(graph: Graph): ReadonlySet<Value> {
  const constant = new Set<Value>(graph.initializers.keys());
  for (const node of graph.nodes) {
    if (!uses(node).every((value) => constant.has(value))) continue;
    for (const value of node.outputs) if (value !== undefined) constant.add(value);
  }
  return constant;
}
