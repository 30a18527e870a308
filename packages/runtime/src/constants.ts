import { byteLength, isStatic, rewrite, sizeOf, uses, type Builder, type Graph, type Node, type Value } from '@vitrine/ir';

/** Bytes of a value; 0 where its type does not tell. */
export function bytesOf({ type: { dtype, shape } }: Value): number {
  return dtype === 'unknown' || dtype === 'opaque' || !isStatic(shape) ? 0 : byteLength(dtype, sizeOf(shape));
}

/** Values that are computed from constants alone. */
export function constants({ initializers, nodes }: Graph): ReadonlySet<Value> {
  const found = new Set<Value>(initializers.keys());
  for (const node of nodes)
    if (uses(node).length > 0 && uses(node).every((value) => found.has(value)))
      for (const value of node.outputs) if (value !== undefined) found.add(value);
  return found;
}

/** Values of this size are worth working out again. */
const LARGE = 2 ** 20;
export const isLarge = (value: Value): boolean => bytesOf(value) >= LARGE;

/** Operators that compute each element by itself. */
export const ELEMENTWISE: ReadonlySet<string> = new Set(
  'Abs Add Cast Div Equal Greater Less Max Min Mul Neg Relu Sign Sub Where'.split(' '),
);
export const TURNING: ReadonlySet<string> = new Set(['Transpose']);
const PICKING = new Set(['Gather']);

/** What a Transpose turns, and how. */
export function turnedBy(b: Builder, value: Value): { readonly x: Value; readonly perm: readonly number[] } | undefined {
  const made = b.producer(value);
  const [x] = made?.inputs ?? [];
  if (made === undefined || x === undefined || !TURNING.has(made.opType)) return undefined;
  const rank = x.type.shape?.length ?? 0;
  return { x, perm: (made.attrs['perm'] as readonly number[] | undefined) ?? Array.from({ length: rank }, (_, i) => rank - 1 - i) };
}

const graphs = new WeakMap<Graph, Graph>();

/** Rows of large weights picked before those are cast, transposed or changed element by element, so that this need not be done to all of them. */
export function rowsFirst(graph: Graph): Graph {
  let made = graphs.get(graph);
  if (made === undefined) graphs.set(graph, (made = rewritten(graph)));
  return made;
}

function rewritten(graph: Graph): Graph {
  const constant = constants(graph);
  const isLate = ({ opType, inputs: [w] }: Node): boolean =>
    PICKING.has(opType) && constant.has(w!) && !graph.initializers.has(w!) && isLarge(w!);
  if (!graph.nodes.some(isLate)) return graph;
  return rewrite(graph, (node, b, [w, rows]) => {
    const picked = isLate(node) ? pickedFirst(b, w!, rows!, Number(node.attrs['axis'] ?? 0)) : undefined;
    return picked && [picked];
  }).graph;
}

function pickedFirst(b: Builder, w: Value, rows: Value, axis: number): Value | undefined {
  const made = b.producer(w);
  const turned = turnedBy(b, w);
  const pick = (x: Value, along: number): Value => pickedFirst(b, x, rows, along) ?? b.op.Gather(x, rows, { axis: along });
  if (turned !== undefined && rows.type.shape?.length === 1)
    return b.op.Transpose(pick(turned.x, turned.perm.at(axis)!), { perm: turned.perm });
  if (made === undefined || !ELEMENTWISE.has(made.opType) || made.inputs.length !== 1) return undefined;
  return b.node(made.opType, [pick(made.inputs[0]!, axis)], made.attrs)[0];
}
