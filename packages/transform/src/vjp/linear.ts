import { isStatic, type Builder, type Ops, type Value } from '@vitrine/ir';
import { extents, rankOf, reshapedLike } from '../fit.js';
import type { RuleContext, RuleTable } from '../rule.js';

/** The last two axes exchanged. */
export const swap = (op: Ops, x: Value, rank: number): Value =>
  op.Transpose(x, { perm: [...Array.from({ length: rank - 2 }, (_, i) => i), rank - 1, rank - 2] });

/** signal · wᵀ for weights [K,N] that are constants: Gemm takes them as they lie, so that no second copy of them is kept. */
function timesTransposed(b: Builder, signal: Value, w: Value): Value | undefined {
  const dims = signal.type.shape;
  if (b.content(w) === undefined || w.type.shape?.length !== 2 || !isStatic(dims) || dims.length < 2) return undefined;
  const [from, to] = [dims.at(-1)!, w.type.shape[0] as number];
  const rows = dims.length === 2 ? signal : b.op.Reshape(signal, b.ints([-1, from]));
  const product = b.op.Gemm(rows, w, undefined, { transB: 1 });
  return dims.length === 2 ? product : b.op.Reshape(product, b.ints([...dims.slice(0, -1), to]));
}

/** Matrix products. Ranks of 1 are lifted to 2 and the result put back. */
const matmul = ({ op, b, node, x: [left, right], y, g, needs }: RuleContext<'MatMul'>): readonly [Value | null, Value | null] => {
  const [ra, rb] = [rankOf(left, node), rankOf(right, node)];
  const row = ra === 1 ? op.Unsqueeze(left, b.ints([0])) : left;
  const column = rb === 1 ? op.Unsqueeze(right, b.ints([1])) : right;
  const withRow = ra === 1 ? op.Unsqueeze(g, b.ints([rb === 1 ? rankOf(y, node) : -2])) : g;
  const signal = rb === 1 ? op.Unsqueeze(withRow, b.ints([-1])) : withRow;
  const toLeft = needs(0) ? (timesTransposed(b, signal, column) ?? op.MatMul(signal, swap(op, column, Math.max(rb, 2)))) : null;
  const toRight = needs(1) ? op.MatMul(swap(op, row, Math.max(ra, 2)), signal) : null;
  // A vector's gradient comes out as [..., 1, K] or [..., K, 1]; the driver sums over the leading axes.
  return [
    ra === 1 && toLeft ? op.Squeeze(toLeft, b.ints([-2])) : toLeft,
    rb === 1 && toRight ? op.Squeeze(toRight, b.ints([-1])) : toRight,
  ];
};

const gemm = ({
  op,
  x: [a, b],
  g,
  attrs: { alpha, beta, transA, transB },
  needs,
}: RuleContext<'Gemm'>): readonly [Value | null, Value | null, Value] => {
  const product = (l: Value, tl: number, r: Value, tr: number): Value => op.Gemm(l, r, { alpha, transA: tl, transB: tr });
  const toA = (): Value => (transA ? product(b, transB, g, 1) : product(g, 0, b, 1 - transB));
  const toB = (): Value => (transB ? product(g, 1, a, transA) : product(a, 1 - transA, g, 0));
  return [needs(0) ? toA() : null, needs(1) ? toB() : null, beta === 1 ? g : op.Mul(g, beta)];
};

/** Operators linear in each input that mix features. */
export const linear = {
  Gemm: gemm,
  MatMul: matmul,
  /** d(X⁻¹) = −X⁻¹ dX X⁻¹. */
  'com.microsoft.Inverse': ({ op, node, x: [x], y, g }) => {
    const turned = swap(op, y, rankOf(x, node));
    return [op.Neg(op.MatMul(op.MatMul(turned, g), turned))];
  },
} satisfies RuleTable;

/** Operators that only arrange elements anew. */
export const shape = {
  Concat: ({ op, b, node, x, g, attrs: { axis } }) => {
    const sizes = x.map((v) => v.type.shape!.at(axis)!);
    const split = sizes.every((size) => typeof size === 'number')
      ? b.ints(sizes as number[])
      : op.Concat(...x.map((v) => op.Gather(op.Shape(v), b.ints([axis < 0 ? axis + rankOf(v, node) : axis]))), { axis: 0 });
    return op.Split(g, split, { axis, outputs: x.length });
  },
  DepthToSpace: ({ op, b, node, x: [x], g, attrs: { blocksize: k, mode } }) => {
    if (mode === 'DCR') return [op.SpaceToDepth(g, { blocksize: k })];
    const [n, c, h, w] = extents(x, node) as [number, number, number, number];
    const apart = op.Reshape(g, b.ints([n, c / (k * k), h, k, w, k]));
    return [op.Reshape(op.Transpose(apart, { perm: [0, 1, 3, 5, 2, 4] }), b.ints([n, c, h, w]))];
  },
  Expand: ({ g }) => [g, null],
  Flatten: ({ b, x: [x], g }) => [reshapedLike(b, g, x)],
  Reshape: ({ b, x: [x], g }) => [reshapedLike(b, g, x), null],
  SpaceToDepth: ({ op, g, attrs: { blocksize } }) => [op.DepthToSpace(g, { blocksize })],
  Squeeze: ({ b, x: [x], g }) => [reshapedLike(b, g, x)],
  Transpose: ({ op, node, x: [x], g, attrs: { perm } }) => {
    const order = perm ?? Array.from({ length: rankOf(x, node) }, (_, i) => i).toReversed();
    return [op.Transpose(g, { perm: order.map((_, i) => order.indexOf(i)) })];
  },
  Unsqueeze: ({ b, x: [x], g }) => [reshapedLike(b, g, x), null],
} satisfies RuleTable;
