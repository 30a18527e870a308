import type { Builder, Ops, Value } from '@vitrine/ir';
import { extents, rankOf, shapeVector } from '../fit.js';
import type { RuleContext, RuleTable } from '../rule.js';

/** A per-channel vector [C] laid along axis 1 of an input of this rank. */
const perChannel = (op: Ops, b: Builder, v: Value, rank: number): Value =>
  rank <= 2 ? v : op.Unsqueeze(v, b.ints(Array.from({ length: rank - 2 }, (_, i) => i + 1)));

const axesFrom = (axis: number, rank: number): readonly number[] =>
  Array.from({ length: rank }, (_, i) => i).slice(axis < 0 ? axis + rank : axis);

/** What the node gives of its statistics, where it is of x's precision; it may be of a lower one. */
const given = ({ ys, node }: Pick<RuleContext, 'node' | 'ys'>, i: number): Value | undefined =>
  ys[i]?.type.dtype === node.inputs[0]!.type.dtype ? ys[i] : undefined;

/**
 * With x̂ = (x − μ)/σ and h = g · scale: (h − mean h − x̂ · mean(h x̂)) / σ. Ba, Kiros and Hinton 2016.
 * Signals at the statistics: that at μ is shared equally, that at 1/σ goes to each element as −x̂/(nσ²).
 */
const layerNorm = (c: RuleContext<'LayerNormalization'>): readonly [Value, Value | null, Value | null] => {
  const {
    op,
    b,
    node,
    x: [x, scale],
    gs: [g, toMean, toInverse],
    attrs,
    needs,
  } = c;
  const axes = axesFrom(attrs.axis, rankOf(x, node));
  const over = b.ints(axes);
  const centred = op.Sub(x, given(c, 1) ?? op.ReduceMean(x, over));
  const inverse = given(c, 2) ?? op.Reciprocal(op.Sqrt(op.Add(op.ReduceMean(op.Mul(centred, centred), over), attrs.epsilon)));
  const normal = op.Mul(centred, inverse);
  const parts: Value[] = [];
  if (g !== undefined) {
    const h = op.Mul(g, scale);
    const along = op.ReduceMean(op.Mul(h, normal), over);
    parts.push(op.Mul(op.Sub(op.Sub(h, op.ReduceMean(h, over)), op.Mul(normal, along)), inverse));
  }
  const count = (): number => axes.reduce((n, axis) => n * extents(x, node)[axis]!, 1);
  const like = (v: Value): Value => op.Mul(op.CastLike(v, x), 1 / count());
  if (toMean !== undefined) parts.push(op.Expand(like(toMean), shapeVector(b, x)));
  if (toInverse !== undefined) parts.push(op.Neg(op.Mul(op.Mul(like(toInverse), normal), op.Mul(inverse, inverse))));
  return [parts.reduce((sum, part) => op.Add(sum, part)), g && needs(1) ? op.Mul(g, normal) : null, g ?? null];
};

/** The root-mean-square form, x̂ = x/ρ: (h − x̂ · mean(h x̂)) / ρ. Zhang and Sennrich 2019. */
const rmsNorm = (c: RuleContext<'RMSNormalization' | 'SimplifiedLayerNormalization'>): readonly [Value, Value | null] => {
  const {
    op,
    b,
    node,
    x: [x, scale],
    g,
    gs,
    attrs,
    needs,
  } = c;
  if (gs[1] !== undefined) c.fail('passes no signal from its second output, 1/ρ');
  const over = b.ints(axesFrom(attrs.axis, rankOf(x, node)));
  const inverse = given(c, 1) ?? op.Reciprocal(op.Sqrt(op.Add(op.ReduceMean(op.Mul(x, x), over), attrs.epsilon)));
  const normal = op.Mul(x, inverse);
  const h = op.Mul(g, scale);
  return [op.Mul(op.Sub(h, op.Mul(normal, op.ReduceMean(op.Mul(h, normal), over))), inverse), needs(1) ? op.Mul(g, normal) : null];
};

/** Softmax and the normalizations that have a rule of their own; the others are decomposed first. */
export const normalize = {
  BatchNormalization: (c) => {
    const {
      op,
      b,
      node,
      x: [x, scale, , , variance],
      g,
      attrs,
    } = c;
    if (attrs.training_mode === 1) return c.fail('is in training mode: export the model for inference');
    if ([1, 2, 3, 4].some(c.needs)) return c.fail('has statistics that depend on the input');
    const factor = op.Div(scale, op.Sqrt(op.Add(variance, attrs.epsilon)));
    return [op.Mul(g, perChannel(op, b, factor, rankOf(x, node))), null, null, null, null];
  },
  LayerNormalization: layerNorm,
  LogSoftmax: ({ op, b, y, g, attrs: { axis } }) => [op.Sub(g, op.Mul(op.Exp(y), op.ReduceSum(g, b.ints([axis]))))],
  LpNormalization: ({ op, b, x: [x], y, g, attrs: { axis, p } }) => {
    const over = b.ints([axis]);
    const norm = p === 1 ? op.ReduceL1(x, over) : op.ReduceL2(x, over);
    // Nothing has no direction; ONNX Runtime makes it 0, and so is its signal.
    const zero = op.Equal(norm, 0);
    const along = op.ReduceSum(op.Mul(g, y), over);
    const signal = op.Sub(g, op.Mul(p === 1 ? op.Sign(x) : y, along));
    return [op.Where(zero, 0, op.Div(signal, op.Where(zero, 1, norm)))];
  },
  RMSNormalization: rmsNorm,
  SimplifiedLayerNormalization: rmsNorm,
  Softmax: ({ op, b, y, g, attrs: { axis } }) => [op.Mul(y, op.Sub(g, op.ReduceSum(op.Mul(g, y), b.ints([axis]))))],
} satisfies RuleTable;
