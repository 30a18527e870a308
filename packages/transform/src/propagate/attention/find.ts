import { attrsOf, isStatic, producers, type Graph, type Node, type Value } from '@vitrine/ir';
import { constantsOf } from '../../canonize/mergeBatchNorm.js';
import { fuse } from '../../canonize/fuse.js';
import { decompose } from '../../canonize/decomposition.js';
import { attention } from '../../canonize/decompose/attention/index.js';
import { fused } from '../../canonize/decompose/fused.js';
import { kindByOperator } from '../kind.js';

/** Attention in a graph: weights between queries and keys, and the values that they mix. */
export interface AttentionLayer {
  /** Counted from 0, in the order of computation. */
  readonly index: number;
  /** What the softmax gives: [B,H,Q,K], or [B·H,Q,K], or [Q,K] for one example and head. */
  readonly weights: Value;
  /** The values that the weights mix, as the product takes them. */
  readonly values: Value;
  /** What queries and keys are made from, before their projections. */
  readonly from: { readonly queries: Value; readonly keys: Value };
  readonly kind: 'self' | 'cross';
  /** Undefined where shapes are not known. */
  readonly heads: number | undefined;
  readonly queries: number | undefined;
  readonly keys: number | undefined;
}

/** Operators around the weights that others can express. */
const OPENED = new Set(['com.microsoft.BiasSoftmax', 'com.microsoft.FusedMatMul', 'com.microsoft.TransposeMatMul']);

/** Fused attention written out and a written-out softmax as one, so that the weights are values of the graph that `findAttention` sees. */
export const openAttention = (graph: Graph): Graph =>
  fuse(decompose(graph, { ...fused, ...attention }, ({ opType }) => opType.includes('Attention') || OPENED.has(opType)).graph, ['Softmax']);

/** Where a walk may pass: operators that keep what a value is of, if not its numbers. */
const MOVING = new Set(
  `Reshape Flatten Squeeze Unsqueeze Transpose Identity Cast CastLike Dropout Expand Tile Slice Split Gather Concat Where Pad
   ScatterND ScatterElements`.split(/\s+/),
);
const SCORING = new Set([...MOVING, 'Add', 'Sub', 'Mul', 'Div', 'Tanh', 'Clip', 'Max', 'Min', 'Neg', 'Sum']);
const PRODUCTS = new Set(['MatMul', 'Einsum', 'Gemm']);
const LAYERS = new Set(['MatMul', 'Gemm', 'Conv', 'Einsum', 'MatMulNBits', 'com.microsoft.MatMulNBits', 'MatMulInteger', 'QLinearMatMul']);

/** A graph as the walks below read it. */
interface Reader {
  readonly producer: (v: Value) => Node | undefined;
  readonly readers: (v: Value) => readonly Node[];
  readonly isConstant: (v: Value | undefined) => boolean;
}

/**
 * The attention in a graph: each softmax between two matrix products, whatever scales, masks and moves lie between. Fused operators
 * must be written out first, by `openAttention`. `batch` tells heads from examples where they share an axis.
 */
export function findAttention(graph: Graph, batch = 1): readonly AttentionLayer[] {
  const r = readerOf(graph);
  const found: Omit<AttentionLayer, 'index'>[] = [];
  for (const node of graph.nodes) {
    const [weights] = node.outputs;
    const [scores] = node.inputs;
    if (node.opType !== 'Softmax' || weights === undefined || scores === undefined || r.isConstant(weights)) continue;
    const rank = weights.type.shape?.length ?? 0;
    const { axis } = attrsOf<'Softmax'>(node);
    if (rank < 2 || (axis !== -1 && axis !== rank - 1)) continue;
    const product = before(r, scores, new Set());
    const mixed = after(r, weights, new Set());
    if (product === undefined || mixed === undefined) continue;
    const [q, k] = product.inputs as readonly [Value, Value];
    // A softmax over classes is a product with weights; queries may be learned.
    if (r.isConstant(k)) continue;
    const from = { queries: source(r, q), keys: source(r, k) };
    const isSelf = from.queries === from.keys || alike(r, from.queries, from.keys);
    found.push({ weights, values: mixed, from, kind: isSelf ? 'self' : 'cross', ...extentsOf(weights, batch) });
  }
  return found.map((layer, index) => ({ index, ...layer }));
}

function readerOf(graph: Graph): Reader {
  const producer = producers(graph);
  const constant = constantsOf(graph);
  const readers = new Map<Value, Node[]>();
  for (const node of graph.nodes) for (const v of node.inputs) if (v !== undefined) readers.set(v, [...(readers.get(v) ?? []), node]);
  return {
    producer: (v) => producer.get(v),
    readers: (v) => readers.get(v) ?? [],
    isConstant: (v) => v === undefined || constant.has(v),
  };
}

/** The product of queries and keys behind scores. */
function before(r: Reader, v: Value, seen: Set<Value>): Node | undefined {
  if (seen.has(v)) return undefined;
  seen.add(v);
  const made = r.producer(v);
  if (made === undefined || r.isConstant(v)) return undefined;
  if (PRODUCTS.has(made.opType)) return made;
  if (!SCORING.has(made.opType)) return undefined;
  for (const input of made.inputs) {
    const product = input === undefined ? undefined : before(r, input, seen);
    if (product !== undefined) return product;
  }
  return undefined;
}

/** The values in the product that weights go into. */
function after(r: Reader, v: Value, seen: Set<Value>): Value | undefined {
  if (seen.has(v)) return undefined;
  seen.add(v);
  for (const node of r.readers(v)) {
    if (PRODUCTS.has(node.opType)) {
      const other = node.inputs[node.inputs[0] === v ? 1 : 0];
      if (node.inputs.indexOf(v) < 2 && !r.isConstant(other)) return other;
      continue;
    }
    // Weights may be scaled by a mask over heads, or renormalized.
    if (!MOVING.has(node.opType) && node.opType !== 'Mul' && node.opType !== 'Div' && node.opType !== 'Add') continue;
    const values = node.outputs[0] && after(r, node.outputs[0], seen);
    if (values !== undefined) return values;
  }
  return undefined;
}

/** What a projection projects: back through moves, biases, scales, rotations and norms of heads to the first layer with weights. */
function source(r: Reader, v: Value): Value {
  for (let at = v; ;) {
    const made = r.producer(at);
    if (made === undefined || r.isConstant(at)) return at;
    const data = made.inputs.filter((input) => input !== undefined && !r.isConstant(input)) as readonly Value[];
    if (LAYERS.has(made.opType)) return data.length === 1 ? still(r, data[0]!) : at;
    const kind = kindByOperator(made);
    const passes = MOVING.has(made.opType) || kind === 'scale' || kind === 'sum' || kind === 'normalization' || made.opType === 'Neg';
    // The last operand is what a cache is extended by; of a rotation, both come from the same.
    const next = made.opType === 'Where' ? data.at(-1) : made.opType === 'Concat' ? data.at(-1) : data[0];
    if (!passes || next === undefined || !isFloatLike(next)) return at;
    at = next;
  }
}

const isFloatLike = (v: Value): boolean => v.type.dtype.includes('float');

const STILL = new Set(['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Transpose', 'Identity', 'Cast', 'Dropout']);

/** The same numbers, before they were laid out anew. */
function still(r: Reader, v: Value): Value {
  for (let at = v; ;) {
    const made = r.producer(at);
    if (made === undefined || !STILL.has(made.opType) || made.inputs[0] === undefined) return at;
    at = made.inputs[0];
  }
}

/** Sums of one value with other positions: queries and keys that see positions apart. */
function alike(r: Reader, a: Value, b: Value): boolean {
  const parts = (v: Value): readonly Value[] => {
    const made = r.producer(v);
    return made?.opType === 'Add' ? made.inputs.flatMap((w) => (w === undefined || r.isConstant(w) ? [] : [still(r, w)])) : [v];
  };
  const own = new Set(parts(a));
  return parts(b).some((v) => own.has(v));
}

function extentsOf({ type: { shape } }: Value, batch: number): Pick<AttentionLayer, 'heads' | 'queries' | 'keys'> {
  if (!isStatic(shape)) return { heads: undefined, queries: numeric(shape?.at(-2)), keys: numeric(shape?.at(-1)) };
  const [queries, keys] = shape.slice(-2) as [number, number];
  const outer = shape.slice(0, -2).reduce((n, d) => n * d, 1);
  // Windows of one picture lie along the batch axis.
  const heads = shape.length === 4 && shape[0] !== batch ? shape[1]! : outer % batch === 0 ? outer / batch : outer;
  return { heads, queries, keys };
}

const numeric = (dim: number | string | undefined): number | undefined => (typeof dim === 'number' ? dim : undefined);
