import { producers, type Graph, type Node, type Value } from '@vitrine/ir';
import { KEEPING, MAKING } from './layout.js';

/** Operators that make features along the last axis: dense layers, normalizations of tokens, embeddings. */
const FEATURES = new Set(['MatMul', 'Gemm', 'LayerNormalization', 'RMSNormalization', 'SimplifiedLayerNormalization', 'Einsum', 'Gather']);

/** Operators behind which the channels are elsewhere, by their attributes. */
const moving: { readonly [opType: string]: (axis: number, node: Node, rank: number) => number | undefined } = {
  Transpose: (axis, { attrs }, rank) => {
    const order = (attrs['perm'] as readonly number[] | undefined) ?? Array.from({ length: rank }, (_, i) => rank - 1 - i);
    return order.indexOf(axis);
  },
  // A dense layer of more than two axes is a reshaped product of two.
  Reshape: (axis, { inputs, outputs }, rank) => {
    const [from, to] = [inputs[0]?.type.shape, outputs[0]?.type.shape];
    return from !== undefined && axis === from.length - 1 && from.at(-1) === to?.at(-1) ? rank - 1 : undefined;
  },
};

/**
 * The axis of a value's channels: 1 behind convolutions and pools, [B,C,…], the last behind dense layers, [B,…,D]. Told by the operator
 * that made it, past those that keep the layout; undefined where that does not tell.
 */
export function channelAxis(graph: Graph, value: Value): number | undefined {
  const producer = producers(graph);
  const find = (v: Value, depth: number): number | undefined => {
    const rank = v.type.shape?.length;
    if (rank === undefined || rank < 2 || depth > 64) return undefined;
    if (rank === 2) return 1;
    const node = producer.get(v);
    if (node === undefined) return undefined;
    if (MAKING.has(node.opType)) return 1;
    if (FEATURES.has(node.opType)) return rank - 1;
    const move = Object.hasOwn(moving, node.opType) ? moving[node.opType] : undefined;
    if (move === undefined && !KEEPING.has(node.opType)) return undefined;
    for (const input of node.inputs) {
      if (input === undefined || graph.initializers.has(input)) continue;
      const axis = input.type.shape?.length === rank || move !== undefined ? find(input, depth + 1) : undefined;
      if (axis !== undefined) return move === undefined ? axis : move(axis, node, rank);
    }
    return undefined;
  };
  return find(value, 0);
}
