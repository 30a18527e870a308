import { attrsOf, isStatic, uses, type Builder, type Graph, type Node, type Value } from '@vitrine/ir';
import { derivatives } from './vjp/derivatives.js';

/** Which of a node's operands are narrowed for its result to be; undefined where places along the axis are mixed. */
type Narrows = (node: Node, places: number) => readonly boolean[] | undefined;

/** What the names of values end in that are computed at one place. */
export const AT_PLACE = '/at place';

/** The axis of places: [B,T,…]. */
const AXIS = 1;

/** Operands that have all places are narrowed, those that have one for all are not. */
const each: Narrows = ({ inputs, outputs }, places) => {
  const rank = outputs[0]!.type.shape!.length;
  const all = inputs.map((x) => {
    if (x === undefined) return false;
    const { shape } = x.type;
    const extent = shape?.[AXIS - rank + shape.length];
    return extent === undefined || extent === 1 ? false : extent === places && shape!.length === rank ? true : undefined;
  });
  return all.includes(undefined) ? undefined : (all as readonly boolean[]);
};

const alongLast: Narrows = (node) => {
  const rank = node.outputs[0]!.type.shape!.length;
  const { axis = -1 } = attrsOf<'LayerNormalization'>(node);
  return (axis < 0 ? axis + rank : axis) > AXIS ? node.inputs.map((_, i) => i === 0) : undefined;
};

const reduced: Narrows = (node) => {
  const { keepdims } = attrsOf<'ReduceMean'>(node);
  const axes = node.inputs[1]?.known?.values.map(Number);
  const rank = node.outputs[0]!.type.shape!.length;
  return keepdims === 1 && axes !== undefined && axes.length > 0 && axes.every((a) => (a < 0 ? a + rank : a) > AXIS)
    ? [true, false]
    : undefined;
};

/** Operators that compute each element by itself. */
export const placewise: ReadonlySet<string> = new Set([
  ...Object.keys(derivatives),
  ...'Add Sub Mul Div Pow Max Min Sum Where Greater Less Equal Not And Or Identity Cast Clip Relu PRelu HardSigmoid Neg'.split(' '),
]);

/** Operators that compute each place by itself. */
const narrows: { readonly [opType: string]: Narrows } = {
  ...Object.fromEntries([...placewise].map((opType) => [opType, each])),
  /** [B,T,K] times a matrix that all places share. */
  MatMul: ({ inputs: [x, w] }) => (x!.type.shape!.length === 3 && w!.type.shape?.length === 2 ? [true, false] : undefined),
  LayerNormalization: alongLast,
  RMSNormalization: alongLast,
  Softmax: alongLast,
  LogSoftmax: alongLast,
  ReduceMean: reduced,
  ReduceSum: reduced,
};

/**
 * y [B,T,…] at one place of T, as [B,1,…]: computed for this place alone from as far back as places are computed each by itself and nobody
 * else needs them all, which in a language model spares the scores of the vocabulary at all other places. `place` is int64 [1]. Values to
 * `keep` are computed as they were. Undefined where no matrix product is spared.
 */
export function narrowed(b: Builder, { nodes }: Graph, y: Value, place: Value, keep: ReadonlySet<Value>): Value | undefined {
  const places = y.type.shape?.[AXIS];
  if (typeof places !== 'number' || places < 2 || y.type.shape!.length !== 3) return undefined;
  const wanted = consumers(nodes);
  const operands = new Map<Node, readonly boolean[]>();
  const isOnly = (value: Value): boolean =>
    value === y || (wanted.get(value) ?? []).every((node) => node.inputs.every((x, i) => x !== value || operands.get(node)?.[i]));
  for (const node of nodes.toReversed()) {
    const [value] = node.outputs;
    const isOne = value !== undefined && node.outputs.filter(Boolean).length === 1;
    if (!isOne || keep.has(value) || !isStatic(value.type.shape) || !Object.hasOwn(narrows, node.opType) || !isOnly(value)) continue;
    if (value !== y && !wanted.has(value)) continue;
    const narrow = narrows[node.opType]!(node, places);
    if (narrow?.includes(true)) operands.set(node, narrow);
  }
  if (![...operands.keys()].some(({ opType }) => opType === 'MatMul')) return undefined;
  const made = new Map<Value, Value>();
  const at = (value: Value): Value => {
    if (!made.has(value)) made.set(value, b.op.Gather(value, place, { axis: AXIS }));
    return made.get(value)!;
  };
  for (const node of nodes) {
    const narrow = operands.get(node);
    if (narrow === undefined) continue;
    const inputs = node.inputs.map((x, i) => (x !== undefined && narrow[i] ? at(x) : x));
    const [value] = node.outputs as readonly [Value];
    made.set(value, b.named({ ...node, name: node.name + AT_PLACE, inputs }, [value.name + AT_PLACE])[0]!);
  }
  return made.get(y);
}

function consumers(nodes: readonly Node[]): ReadonlyMap<Value, readonly Node[]> {
  const found = new Map<Value, Node[]>();
  for (const node of nodes)
    for (const value of uses(node)) {
      const list = found.get(value) ?? [];
      if (list.at(-1) !== node) list.push(node);
      found.set(value, list);
    }
  return found;
}
