import { captured, isStatic, rewrite, sizeOf, subgraphs, type Builder, type Graph, type Node, type Value } from '@vitrine/ir';
import { bytesOf, constants, ELEMENTWISE, isLarge, rowsFirst, turnedBy } from './constants.js';
import { inPieces } from './pieces.js';

/** Bytes of weights that are kept for readers close by. */
const KEPT = 2 ** 28;
/** Bytes of what is made of a weight at a time. */
const PIECE = 2 ** 28;

const graphs = new WeakMap<Graph, Graph>();

/**
 * The same computation for weights that are too large to be laid out when the graph is loaded: what is computed from weights alone
 * (a cast, a transposed matrix, an absolute value) is computed where it is read, and again for readers further on. Weights in files
 * are then mapped, and no more than a few matrices lie in memory at a time. ONNX Runtime must not fold constants.
 */
export function streamed(graph: Graph): Graph {
  let made = graphs.get(graph);
  if (made === undefined) graphs.set(graph, (made = streamedBy(graph)));
  return made;
}

/** The same with bounds other than the usual ones. */
export const streamedBy = (graph: Graph, { kept = KEPT, piece = PIECE } = {}): Graph =>
  apart(inPieces(outermost(rowsFirst(graph)), piece), kept);

/** Transposes of weights moved behind what is done to each element, where matrix products take them in. */
function outermost(graph: Graph): Graph {
  const constant = constants(graph);
  const visit = ({ opType, attrs, outputs: [y] }: Node, b: Builder, operands: readonly (Value | undefined)[]) => {
    if (y === undefined || !ELEMENTWISE.has(opType) || !constant.has(y) || !isLarge(y)) return undefined;
    const turned = operands.map((value) => (value === undefined ? undefined : turnedBy(b, value)));
    const perm = turned.find((turn) => turn !== undefined)?.perm;
    const fits = (value: Value | undefined, i: number): boolean =>
      value === undefined || isScalar(value) || String(turned[i]?.perm) === String(perm);
    if (perm === undefined || !operands.every(fits)) return undefined;
    return [
      b.op.Transpose(
        b.node(
          opType,
          operands.map((value, i) => turned[i]?.x ?? value),
          attrs,
        )[0]!,
        { perm },
      ),
    ];
  };
  return rewrite(graph, visit).graph;
}

const isScalar = ({ type: { shape } }: Value): boolean => isStatic(shape) && sizeOf(shape) === 1;

interface Recipe {
  readonly node: Node;
  readonly operands: readonly (Value | undefined)[];
}

/** Large values that are computed from constants alone, each made where it is read, and kept for the readers next to come. */
function apart(graph: Graph, most: number): Graph {
  const constant = constants(graph);
  const fixed = new Set([...graph.outputs, ...graph.nodes.flatMap((node) => subgraphs(node).flatMap(([, inner]) => [...captured(inner)]))]);
  const isLate = ({ outputs: [value, ...others] }: Node): boolean =>
    value !== undefined && others.length === 0 && constant.has(value) && isLarge(value) && !fixed.has(value);
  if (!graph.nodes.some(isLate)) return graph;
  const late = new Map<Value, Recipe>();
  // Oldest first.
  const kept = new Map<Value, Value>();
  const makeRoom = (bytes: number): void => {
    let sum = [...kept.keys()].reduce((n, value) => n + bytesOf(value), bytes);
    for (const value of kept.keys()) {
      if (sum <= most) return;
      kept.delete(value);
      sum -= bytesOf(value);
    }
  };
  const remade = (b: Builder, { node, operands }: Recipe): Value => {
    const own = operands.map((x) => here(b, x));
    return b.replay(node, own)[0]!;
  };
  const here = (b: Builder, value: Value | undefined): Value | undefined => {
    const recipe = value && late.get(value);
    if (value === undefined || recipe === undefined) return value;
    const made = kept.get(value) ?? remade(b, recipe);
    kept.delete(value);
    makeRoom(bytesOf(value));
    kept.set(value, made);
    return made;
  };
  return rewrite(graph, (node, b, operands) => {
    if (isLate(node)) {
      late.set(node.outputs[0]!, { node, operands });
      return [];
    }
    if (!operands.some((value) => value !== undefined && late.has(value))) return undefined;
    const own = operands.map((value) => here(b, value));
    return b.replay(node, own);
  }).graph;
}
