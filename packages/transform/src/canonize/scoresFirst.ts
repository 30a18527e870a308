import { isFloat, rewrite, type Graph, type Node, type Value } from '@vitrine/ir';

/** Outputs as they can be explained: in place of the maps that ZipMap makes, the scores they are made of; labels behind what may be scores. */
export function scoresFirst(graph: Graph): Graph {
  const mapped = graph.nodes.some(isMapping)
    ? rewrite(graph, (node, _, inputs) => (isMapping(node) ? [inputs[0]] : undefined)).graph
    : graph;
  const labels = mapped.outputs.filter(isLabel);
  const isOrdered = labels.length === 0 || mapped.outputs.slice(-labels.length).every(isLabel);
  return isOrdered ? mapped : { ...mapped, outputs: [...mapped.outputs.filter((value) => !isLabel(value)), ...labels] };
}

const isMapping = ({ opType }: Node): boolean => opType === 'ai.onnx.ml.ZipMap';
const isLabel = ({ type: { dtype } }: Value): boolean => dtype !== 'unknown' && !isFloat(dtype);
