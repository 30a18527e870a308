import { attrsOf, producers, rewrite, uses, type Builder, type Graph, type Node, type Value } from '@vitrine/ir';

/**
 * Batch normalization written out: merged into the weights of the convolution or dense layer before it where nothing else reads
 * that layer's result; else, behind an activation, into those of the layer after it, which is exact where that layer pads nothing; a
 * concatenation's goes to each of its parts first; else as a product and a sum with constants. The network computes the same.
 * Guillemot et al. 2020.
 */
export function mergeBatchNorm(graph: Graph): Graph {
  if (!graph.nodes.some(isBatchNorm)) return graph;
  return merge(throughConcat(graph));
}

const isBatchNorm = (node: Node): boolean =>
  BATCH_NORM.has(node.opType) && attrsOf<'BatchNormalization'>(node as Node & { opType: 'BatchNormalization' }).training_mode !== 1;
const BATCH_NORM = new Set(['BatchNormalization']);

function merge(graph: Graph): Graph {
  const producer = producers(graph);
  const readers = readersIn(graph);
  const constant = constantsOf(graph);
  const alone = (v: Value): Node | undefined => {
    const [reader, ...others] = readers.get(v) ?? [];
    return others.length === 0 ? reader : undefined;
  };
  /** Affine maps that wait for the layer that reads them, by what they read. */
  const waiting = new Map<Node, { readonly factor: Value; readonly offset: Value }>();
  return rewrite(graph, (node, b, inputs) => {
    const wait = waiting.get(node);
    if (wait !== undefined) {
      const operands = after(b, node, inputs, wait.factor, wait.offset)!;
      return b.named({ opType: node.opType, name: node.name, inputs: operands, attrs: node.attrs }, [node.outputs[0]!.name]);
    }
    if (!isBatchNorm(node)) return undefined;
    const [x, scale, shift, mean, variance] = inputs as readonly [Value, Value, Value, Value, Value];
    const { op } = b;
    const { epsilon } = attrsOf<'BatchNormalization'>(node);
    const factor = op.Div(scale, op.Sqrt(op.Add(variance, epsilon)));
    const offset = op.Sub(shift, op.Mul(mean, factor));
    const named = (made: Node['opType'], operands: readonly (Value | undefined)[], attrs: Node['attrs']): readonly (Value | undefined)[] =>
      b.named({ opType: made, name: node.name, inputs: operands, attrs }, [node.outputs[0]!.name]);
    const before = producer.get(node.inputs[0]!);
    const isOwn =
      before !== undefined && alone(node.inputs[0]!) === node && before.inputs.slice(1).every((v) => v === undefined || constant.has(v));
    const layer = isOwn ? merged(b, before, b.producer(x) ?? before, factor, offset) : undefined;
    if (layer !== undefined) return named(before!.opType, layer, before!.attrs);
    const next = alone(node.outputs[0]!);
    if (
      next !== undefined &&
      next.inputs.slice(1).every((v) => v === undefined || constant.has(v)) &&
      takesAffine(next, node.outputs[0]!)
    ) {
      waiting.set(next, { factor, offset });
      return [x];
    }
    const rank = x.type.shape?.length ?? 2;
    const perChannel = (v: Value): Value => (rank <= 2 ? v : op.Reshape(v, b.ints([-1, ...Array.from({ length: rank - 2 }, () => 1)])));
    return named('Add', [op.Mul(x, perChannel(factor)), perChannel(offset)], {});
  }).graph;
}

/** Who reads each value; undefined stands for the end of the graph. */
function readersIn(graph: Graph): ReadonlyMap<Value, readonly (Node | undefined)[]> {
  const readers = new Map<Value, (Node | undefined)[]>();
  const add = (v: Value, node: Node | undefined): void => void (readers.get(v)?.push(node) ?? readers.set(v, [node]));
  for (const node of graph.nodes) for (const v of uses(node)) add(v, node);
  for (const v of graph.outputs) add(v, undefined);
  return readers;
}

/** Batch normalization of a concatenation of channels that nothing else reads, as one of each part. */
function throughConcat(graph: Graph): Graph {
  const producer = producers(graph);
  const readers = readersIn(graph);
  return rewrite(graph, (node, b, [x, ...statistics]) => {
    const joined = isBatchNorm(node) ? producer.get(node.inputs[0]!) : undefined;
    if (joined?.opType !== 'Concat' || joined.attrs['axis'] !== 1 || readers.get(node.inputs[0]!)?.length !== 1) return undefined;
    const parts = b.producer(x!)?.inputs as readonly Value[];
    const sizes = parts.map((v) => v.type.shape?.[1]);
    if (!sizes.every((size): size is number => typeof size === 'number')) return undefined;
    const cut = statistics.map((v) => b.op.Split(v!, b.ints(sizes), { axis: 0, outputs: sizes.length }));
    const made = b.within(`${node.name}/`, () =>
      parts.map((part, i) => b.node('BatchNormalization', [part, ...cut.map((list) => list[i]!)], node.attrs)[0]!),
    );
    return b.named({ opType: 'Concat', name: node.name, inputs: made, attrs: { axis: 1 } }, [node.outputs[0]!.name]);
  }).graph;
}

/** Whether a layer can take a scale and a shift of its input's channels into its weights. */
const takesAffine = ({ opType, attrs, inputs }: Node, x: Value): boolean =>
  inputs[0] === x && Object.hasOwn(affine, opType) && affine[opType]!(attrs, inputs[1]!);
const affine: { readonly [opType: string]: (attrs: Node['attrs'], w: Value) => boolean } = {
  Conv: (attrs, w) =>
    w.type.shape !== undefined &&
    (attrs['group'] ?? 1) === 1 &&
    ['NOTSET', 'VALID'].includes((attrs['auto_pad'] as string | undefined) ?? 'NOTSET') &&
    ((attrs['pads'] as readonly number[] | undefined) ?? []).every((p) => p === 0),
  Gemm: (attrs) => (attrs['alpha'] ?? 1) === 1 && (attrs['beta'] ?? 1) === 1 && (attrs['transA'] ?? 0) === 0,
};

/** Operands of a layer that takes factor · x + offset where it took x: w' = w · factor, b' = b + w · offset. */
function after(
  b: Builder,
  { opType, attrs }: Node,
  [x, w, bias]: readonly (Value | undefined)[],
  factor: Value,
  offset: Value,
): readonly Value[] | undefined {
  const { op } = b;
  const rank = w!.type.shape!.length;
  const transposed = opType === 'Gemm' && (attrs['transB'] ?? 0) === 0;
  const along = (v: Value): Value => op.Reshape(v, b.ints(transposed ? [-1, 1] : [1, -1, ...Array.from({ length: rank - 2 }, () => 1)]));
  const over = transposed ? [0] : Array.from({ length: rank - 1 }, (_, i) => i + 1);
  const shift = op.ReduceSum(op.Mul(w!, along(offset)), b.ints(over), { keepdims: 0 });
  return [x!, op.Mul(w!, along(factor)), bias === undefined ? shift : op.Add(bias, shift)];
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
