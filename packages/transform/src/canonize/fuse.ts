import { rewrite, type Graph, type Node, type Value } from '@vitrine/ir';
import { NOTHING, readerOf, type Found, type Reader } from './fuseMatch.js';
import { patterns, type Pattern } from './fusePatterns.js';

/**
 * Operators that exporters write out, as the one operator they are: layer and root-mean-square normalization, GELU, SiLU (as QuickGelu
 * of alpha 1), hard swish, Mish, softmax. The network computes the same, and rules see a normalization or an activation where there was
 * arithmetic. What else reads an inner value still finds it. Shapes should be known. `only` some operators, where they are named.
 */
export function fuse(graph: Graph, only?: readonly string[]): Graph {
  const reader = readerOf(graph);
  const wanted = only === undefined ? patterns : patterns.filter(({ opType }) => only.includes(opType));
  const fusible = new Map<Node, readonly [Pattern, Found]>();
  const covered = new Set<Node>();
  // From the end: the longest form of a pattern ends last.
  for (const node of graph.nodes.toReversed()) {
    if (covered.has(node)) continue;
    const hit = matchAt(node, reader, wanted);
    if (hit === undefined) continue;
    fusible.set(node, hit);
    for (const inner of hit[1].nodes) covered.add(inner);
  }
  if (fusible.size === 0) return graph;
  const here = new Map<Value, Value>();
  return rewrite(graph, (node, b, inputs) => {
    node.inputs.forEach((v, i) => v !== undefined && inputs[i] !== undefined && here.set(v, inputs[i]));
    const hit = fusible.get(node);
    const [output] = node.outputs;
    if (hit === undefined || output === undefined) return undefined;
    const [pattern, found] = hit;
    const values = Object.fromEntries(Object.entries(found.values).map(([name, v]) => [name, here.get(v) ?? v]));
    const made = b.within(`${node.name}/`, () => pattern.make(found, b, values));
    return made && b.named({ ...made, opType: pattern.opType, name: node.name }, [output.name]);
  }).graph;
}

function matchAt(node: Node, reader: Reader, wanted: readonly Pattern[]): readonly [Pattern, Found] | undefined {
  const [v] = node.outputs;
  // Some of these operators have no kernel for float64.
  if (v?.type.dtype !== 'float32') return undefined;
  for (const pattern of wanted) {
    if (!pattern.ends.includes(node.opType)) continue;
    for (const found of pattern.term(v, NOTHING, reader)) {
      const x = found.values['x']!;
      // A constant with more axes than what it multiplies adds axes.
      const same = x.type.dtype === 'float32' && x.type.shape?.join() === v.type.shape?.join() && !reader.isConstant(x);
      if (same && (pattern.fits?.(found) ?? true)) return [pattern, found];
    }
  }
  return undefined;
}
