import { producers, type Graph, type Node, type Value } from '@vitrine/ir';

const ATTRS = ['classlabels_strings', 'classlabels_int64s', 'classlabels_ints'];

/**
 * Names of the classes that a model scores: of the map that ZipMap makes of them, or of a classifier of ai.onnx.ml before the first output; undefined
 * where they are only counted.
 */
export function classLabels(graph: Graph): readonly string[] | undefined {
  const producer = producers(graph);
  const map = graph.outputs.map((value) => producer.get(value)).find((node) => node?.opType === 'ai.onnx.ml.ZipMap');
  if (map !== undefined) return labelsOf(map);
  const behind = new Set<Value>(graph.outputs.slice(0, 1));
  // A set is iterated while it grows.
  for (const value of behind) {
    const node = producer.get(value);
    const labels = node && labelsOf(node);
    if (labels !== undefined) return labels.length === graph.outputs[0]!.type.shape?.at(-1) ? labels : undefined;
    for (const input of node?.inputs ?? []) if (input !== undefined) behind.add(input);
  }
  return undefined;
}

function labelsOf({ attrs }: Node): readonly string[] | undefined {
  const lists = ATTRS.flatMap((name) => {
    const list = attrs[name];
    return Array.isArray(list) && list.length > 0 ? [list as readonly (string | number)[]] : [];
  });
  return lists[0]?.every((label, i) => label === i) ? undefined : lists[0]?.map(String);
}
