import type { Graph } from '@vitrine/ir';
import { decompose, type DecompositionTable } from './decomposition.js';

/** Operators that `fuse` makes and older or other runtimes do not know. */
const fusedOnly = {
  'com.microsoft.QuickGelu': ({ op, x: [x], attrs: { alpha } }) => [op.Mul(x, op.Sigmoid(alpha === 1 ? x : op.Mul(x, alpha)))],
  RMSNormalization: ({ op, b, x: [x, scale], attrs: { axis, epsilon } }) => {
    const rank = x.type.shape?.length ?? 0;
    const axes = Array.from({ length: rank }, (_, i) => i).slice(axis < 0 ? axis + rank : axis);
    return [op.Mul(op.Div(x, op.Sqrt(op.Add(op.ReduceMean(op.Mul(x, x), b.ints(axes)), epsilon))), scale)];
  },
} satisfies DecompositionTable;

/** What `fuse` made of a model written out again, but for operators that the model itself has: any runtime that takes the model takes it. */
export function plain(graph: Graph, model: Graph): Graph {
  const own = new Set(model.nodes.map(({ opType }) => opType));
  const table = Object.fromEntries(Object.entries(fusedOnly).filter(([opType]) => !own.has(opType)));
  return decompose(graph, table, ({ inputs }) => inputs[0]?.type.shape !== undefined).graph;
}
