import { isFloat, type Value } from '@vitrine/ir';
import { rankOf } from '../../fit.js';
import { isIndex } from '../../operands.js';
import { swap } from '../../vjp/linear.js';
import { secant } from './elementwise.js';
import { inputAt, middle, moves, movingInputs, outputAt, plainly, SAME, type LiftRule, type LiftTable } from './lift.js';

/** Operators that are linear in these inputs together, the others being constant: multipliers pass as gradients do. */
const positions: readonly (readonly [positions: readonly number[] | 'all', opTypes: string])[] = [
  ['all', 'Add Concat Mean Sub Sum'],
  [
    [0],
    `AveragePool BatchNormalization Compress CumSum DepthToSpace DequantizeLinear com.microsoft.DequantizeLinear Dropout Expand Flatten
     Gather GatherElements GatherND GlobalAveragePool Identity MaxUnpool Neg ReduceMean ReduceSum Reshape Resize ReverseSequence Slice
     SpaceToDepth Split Squeeze Tile Transpose Trilu Unsqueeze`,
  ],
  [[0, 2], 'Pad ScatterElements ScatterND'],
  [[2], 'OneHot'],
];

const linearIn =
  (data: readonly number[] | 'all'): LiftRule =>
  (c, at) => {
    const other = data === 'all' ? undefined : movingInputs(c, at).find((i) => !data.includes(i));
    if (other !== undefined)
      return c.fail(
        `picks by input ${other}, which depends on what is explained, so that the baseline may pick others: explain from a value behind this node`,
      );
    const { reduction = 'none' } = c.attrs as { readonly reduction?: string };
    if (reduction !== 'none' && reduction !== 'add') return c.fail(`with reduction ${reduction} has no DeepLIFT rule`);
    return plainly(c);
  };

/**
 * Operators linear in each of two inputs: Δ(ab) = Δa (b + b₀)/2 + Δb (a + a₀)/2 exactly, which is the gradient with both operands
 * halfway. Both orders of changing them, averaged: the Shapley value of two players. Lundberg and Lee 2017, section 4.2.
 */
const bilinear =
  (factors: number): LiftRule =>
  (c, at) => {
    const { x, node } = c;
    const movable = movingInputs(c, at).filter((i) => i < factors);
    if (movable.length > 2)
      return c.fail(`multiplies ${movable.length} values that depend on what is explained; write it as products of two`);
    if (movable.length < 2) return plainly(c);
    return plainly(c, { x: x.map((v, i) => (movable.includes(i) ? middle(c.op, inputAt(c, at, i)) : v)) as never, node });
  };

/**
 * y = a/b. Where b keeps its sign, from the product y b = a: Δy = (Δa − ȳ Δb)/b̄ with means over both points, which stays bounded where
 * a norm is all but 0 at the baseline. Where b changes its sign, as a · (1/b): Δa (r + r₀)/2 − Δb r r₀ (a + a₀)/2 with r = 1/b.
 */
const div: LiftRule = (c, at) => {
  const { op, g, node } = c;
  if (!isFloat(node.outputs[0]!.type.dtype)) return c.fail('divides whole numbers, and what remains is lost');
  if (!moves(at, node.inputs[1])) return plainly(c);
  const [a, b, y] = [inputAt(c, at, 0), inputAt(c, at, 1), outputAt(c, at)];
  const both = op.Mul(b.x, b.x0);
  const keeps = op.GreaterOrEqual(both, 0);
  const mean = middle(op, b);
  const toLeft = op.Mul(g, op.Where(keeps, op.Reciprocal(mean), op.Div(mean, both)));
  const toRight = (): Value => op.Where(keeps, op.Mul(toLeft, middle(op, y)), op.Mul(g, op.Div(middle(op, a), both)));
  return [toLeft, op.Neg(toRight())];
};

/** Rounding to whole numbers is a step; other casts pass everything, truth values as 0 and 1. */
const cast: LiftRule = (c, at) => {
  const [from, to] = [c.node.inputs[0]!.type.dtype, c.node.outputs[0]!.type.dtype];
  if (isFloat(from) && !isFloat(to) && to !== 'bool') return secant(SAME)(c, at);
  const made = c.b.producer(c.node.inputs[0]!);
  if (made !== undefined && !isFloat(from) && isIndex(made, made.outputs.indexOf(c.node.inputs[0]!)))
    return c.fail(
      `counts with what ${made.opType} (at ${made.name}) finds, positions that depend on what is explained: explain from a value behind this node`,
    );
  if (from === 'bool') return c.fail('makes numbers of truth values that depend on what is explained in a way that cannot be followed');
  return to === 'bool' ? [c.g] : plainly(c);
};

/** Δ of the choice: each branch by how often it is chosen of the two points; the choice itself, where it differs, takes the rest. */
const where: LiftRule = (c, at) => {
  const { op, g, node } = c;
  if (!moves(at, node.inputs[0])) return plainly(c);
  const [chosen, chosen0] = [node.inputs[0]!, at(node.inputs[0]!)];
  const [a, b] = [inputAt(c, at, 1), inputAt(c, at, 2)];
  const half = op.Mul(g, 0.5);
  const gap = op.Sub(op.Add(a.x, a.x0), op.Add(b.x, b.x0));
  return [
    op.Where(op.Xor(chosen, chosen0), op.Mul(half, gap), 0),
    op.Add(op.Where(chosen, half, 0), op.Where(chosen0, half, 0)),
    op.Add(op.Where(chosen, 0, half), op.Where(chosen0, 0, half)),
  ];
};

/** Operators that are linear, or linear in each of two operands. */
export const linear: LiftTable = {
  ...Object.fromEntries(positions.flatMap(([data, names]) => names.split(/\s+/).map((name) => [name, linearIn(data)]))),
  Cast: cast,
  CastLike: cast,
  Conv: bilinear(2),
  ConvTranspose: bilinear(2),
  Div: div,
  Einsum: (c, at) => bilinear(c.x.length)(c, at),
  Gemm: bilinear(2),
  MatMul: bilinear(2),
  // Y − Y₀ = −Y ΔX Y₀ = −Y₀ ΔX Y.
  'com.microsoft.Inverse': (c, at) => {
    const { op, g } = c;
    const y = outputAt(c, at);
    const [left, right] = [y.x, y.x0].map((v) => swap(op, v, rankOf(v, c.node))) as [Value, Value];
    const between = (p: Value, q: Value): Value => op.MatMul(op.MatMul(p, g), q);
    return [op.Mul(op.Add(between(left, right), between(right, left)), -0.5)];
  },
  Mul: bilinear(2),
  Where: where,
};
