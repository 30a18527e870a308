import { attrsOf, rewrite, type Graph } from '@vitrine/ir';

/** Asymmetric padding of convolutions as a layer of its own, which it is in PyTorch: exporters fold it into the convolution. */
export function padApart(graph: Graph): Graph {
  return rewrite(graph, (node, b, inputs) => {
    if (node.opType !== 'Conv') return undefined;
    const { pads } = attrsOf<'Conv'>(node);
    const spatial = (pads?.length ?? 0) / 2;
    if (pads === undefined || pads.slice(0, spatial).every((p, i) => p === pads[spatial + i])) return undefined;
    const [x, ...rest] = inputs;
    const padded = b.within(`${node.name}/`, () => b.op.Pad(x!, b.ints([0, 0, ...pads.slice(0, spatial), 0, 0, ...pads.slice(spatial)])));
    return b.replay({ ...node, attrs: { ...node.attrs, pads: pads.map(() => 0) } }, [padded, ...rest]);
  }).graph;
}
