import { numbersOf, type Graph, type Node, type Value } from '@vitrine/ir';

/** Values that are nowhere negative, whatever is fed: results of rectifiers and the like, and what keeps their sign. */
export function neverNegative(graph: Graph): ReadonlySet<Value> {
  const positive = new Set<Value>();
  for (const [v] of graph.initializers) if (numbersOf(v)?.every((n) => n >= 0)) positive.add(v);
  for (const node of graph.nodes) {
    const kept = keepsSign(node, (v) => v !== undefined && positive.has(v));
    for (const v of node.outputs) if (v !== undefined && (kept || numbersOf(v)?.every((n) => n >= 0))) positive.add(v);
  }
  return positive;
}

const POSITIVE = new Set(
  'Relu Sigmoid HardSigmoid Softmax Softplus Exp Abs Sqrt ReduceL1 ReduceL2 ReduceSumSquare GlobalLpPool LpPool'.split(' '),
);
/** Not negative where none of their inputs is. */
const KEEPING = new Set(
  `Add Sum Mean Mul Div Min MaxPool AveragePool GlobalAveragePool GlobalMaxPool ReduceSum ReduceMean ReduceMax ReduceMin Concat Reshape
   Flatten Transpose Squeeze Unsqueeze Identity Dropout DepthToSpace SpaceToDepth Cast Expand Tile Slice Split Gather GatherElements GatherND`
    .trim()
    .split(/\s+/),
);
/** Of these only the first input counts: the others are places, axes and sizes. */
const FIRST = new Set(
  'Reshape Squeeze Unsqueeze ReduceSum ReduceMean ReduceMax ReduceMin Expand Tile Slice Split Gather GatherElements GatherND'.split(' '),
);

function keepsSign(node: Node, is: (v: Value | undefined) => boolean): boolean {
  const { opType, inputs, attrs } = node;
  if (POSITIVE.has(opType)) return true;
  const atLeast0 = (v: Value | undefined): boolean => (v && numbersOf(v)?.every((n) => n >= 0)) ?? false;
  switch (opType) {
    case 'Clip':
      return is(inputs[0]) || atLeast0(inputs[1]);
    case 'Max':
      return inputs.some(is);
    case 'Mul':
      return inputs[0] === inputs[1] || inputs.every(is);
    case 'Where':
      return is(inputs[1]) && is(inputs[2]);
    case 'Resize':
      return attrs['mode'] !== 'cubic' && is(inputs[0]);
    case 'Pad':
      return is(inputs[0]) && (inputs[2] === undefined || atLeast0(inputs[2]));
  }
  if (!KEEPING.has(opType)) return false;
  return FIRST.has(opType) ? is(inputs[0]) : inputs.every((v) => v === undefined || is(v));
}
