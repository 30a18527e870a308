import { bytesOf as stored, rewrite, type Builder, type Graph, type Node, type Tensor, type Value, type Weight } from '@vitrine/ir';
import { bytesOf, constants, ELEMENTWISE, turnedBy } from './constants.js';

const PRODUCTS = new Set(['MatMul']);

/**
 * Products with matrices that are made of weights and take more than `most` bytes, as the head over a vocabulary does, in pieces: of the
 * result where columns are stored one after the other, of the sum where rows are. The pieces lie in the file where the whole lies.
 */
export function inPieces(graph: Graph, most: number): Graph {
  const constant = constants(graph);
  const isLarge = ({ opType, inputs: [, w] }: Node): boolean =>
    PRODUCTS.has(opType) && constant.has(w!) && !graph.initializers.has(w!) && w!.type.shape?.length === 2 && bytesOf(w!) > most;
  if (!graph.nodes.some(isLarge)) return graph;
  const made: Made = new Map();
  return rewrite(graph, (node, b, [x, w]) => {
    if (!isLarge(node)) return undefined;
    const cut = (axis: number): readonly Value[] | undefined => piecesOf(b, w!, axis, most, made);
    const product = byColumns(b, x!, cut(1)) ?? byRows(b, x!, cut(0));
    return product && [product];
  }).graph;
}

/** Pieces of values that were made, by what they are of and where they lie in it. */
type Made = Map<Value, Map<string, Value>>;

function byColumns(b: Builder, x: Value, parts: readonly Value[] | undefined): Value | undefined {
  return parts && b.op.Concat(...parts.map((part) => b.op.MatMul(x, part)), { axis: -1 });
}

function byRows(b: Builder, x: Value, parts: readonly Value[] | undefined): Value | undefined {
  if (parts === undefined) return undefined;
  const rows = parts.map(({ type }) => type.shape![0] as number);
  const each = b.op.Split(x, b.ints(rows), { axis: -1, outputs: rows.length }) as readonly Value[];
  return parts.map((part, i) => b.op.MatMul(each[i]!, part)).reduce((sum, product) => b.op.Add(sum, product));
}

/** A matrix cut along an axis; undefined where its pieces do not lie together. */
function piecesOf(b: Builder, w: Value, axis: number, most: number, made: Made): readonly Value[] | undefined {
  const extent = w.type.shape![axis] as number;
  const rows = Math.ceil(extent / Math.ceil(bytesOf(w) / most));
  const parts: Value[] = [];
  for (let start = 0; start < extent; start += rows) {
    const part = pieceOf(b, w, axis, [start, Math.min(extent, start + rows)], made);
    if (part === undefined) return undefined;
    parts.push(part);
  }
  return parts;
}

type Range = readonly [start: number, end: number];

function pieceOf(b: Builder, w: Value, axis: number, range: Range, made: Made): Value | undefined {
  const known = made.get(w) ?? new Map<string, Value>();
  made.set(w, known);
  const key = `${axis}:${range.join()}`;
  const piece = known.get(key) ?? cutOut(b, w, axis, range, made);
  if (piece !== undefined) known.set(key, piece);
  return piece;
}

function cutOut(b: Builder, w: Value, axis: number, range: Range, made: Made): Value | undefined {
  const content = b.content(w);
  if (content !== undefined) {
    const rows = axis === 0 ? rowsOf(content, range) : undefined;
    return rows && b.initializer(rows, `${w.name}/${range[0]}`);
  }
  const turned = turnedBy(b, w);
  if (turned !== undefined) {
    const inner = pieceOf(b, turned.x, turned.perm[axis]!, range, made);
    return inner && b.op.Transpose(inner, { perm: turned.perm });
  }
  const node = b.producer(w);
  if (node === undefined || !ELEMENTWISE.has(node.opType) || node.inputs.length !== 1) return undefined;
  const inner = pieceOf(b, node.inputs[0]!, axis, range, made);
  return inner && b.node(node.opType, [inner], node.attrs)[0];
}

/** Rows of a weight, where they lie; undefined where they do not begin at a byte. */
function rowsOf(content: Tensor | Weight, [start, end]: Range): Weight | undefined {
  const { type, at } = 'at' in content ? content : { type: { dtype: content.dtype, shape: content.dims }, at: { bytes: stored(content) } };
  const [count, ...rest] = type.shape as readonly [number, ...number[]];
  const each = ('file' in at ? at.length : at.bytes.byteLength) / count;
  if (!Number.isInteger(each)) return undefined;
  const [from, length] = [start * each, (end - start) * each];
  return {
    type: { dtype: type.dtype, shape: [end - start, ...rest] },
    at: 'file' in at ? { file: at.file, offset: at.offset + from, length } : { bytes: at.bytes.subarray(from, from + length) },
  };
}
