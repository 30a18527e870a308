import type { Builder, Ops, Value } from '@vitrine/ir';
import { rankOf } from '../fit.js';
import type { RuleContext, RuleTable } from '../rule.js';

/** A per-channel vector [C] laid along axis 1 of an input of this rank. */
export const perChannel = (op: Ops, b: Builder, v: Value, rank: number): Value =>
  rank <= 2 ? v : op.Unsqueeze(v, b.ints(Array.from({ length: rank - 2 }, (_, i) => i + 1)));

const axesFrom = (axis: number, rank: number): readonly number[] =>
  Array.from({ length: rank }, (_, i) => i).slice(axis < 0 ? axis + rank : axis);

/**
 * With x̂ = (x − μ)/σ and h = g · scale: (h − mean h − x̂ · mean(h x̂)) / σ. Ba, Kiros and Hinton 2016.
 * Mean and 1/σ are taken from the node where it gives them.
 */
const layerNorm = (c: RuleContext<'LayerNormalization'>): readonly [Value, Value | null, Value | null] => {
  const {
    op,
    b,
    node,
    x: [x, scale],
    ys,
    g,
    attrs,
    needs,
  } = c;
  const over = b.ints(axesFrom(attrs.axis, rankOf(x, node)));
  const mean = ys[1] ?? op.ReduceMean(x, over);
  const centred = op.Sub(x, mean);
  const inverse = ys[2] ?? op.Reciprocal(op.Sqrt(op.Add(op.ReduceMean(op.Mul(centred, centred), over), attrs.epsilon)));
  const normal = op.Mul(centred, inverse);
  const h = op.Mul(g, scale);
  const along = op.ReduceMean(op.Mul(h, normal), over);
  return [
    op.Mul(op.Sub(op.Sub(h, op.ReduceMean(h, over)), op.Mul(normal, along)), inverse),
    needs(1) ? op.Mul(g, normal) : null,
    needs(2) ? g : null,
  ];
};

/** The root-mean-square form, x̂ = x/ρ: (h − x̂ · mean(h x̂)) / ρ. Zhang and Sennrich 2019. */
const rmsNorm = (c: RuleContext<'RMSNormalization' | 'SimplifiedLayerNormalization'>): readonly [Value, Value | null] => {
  const {
    op,
    b,
    node,
    x: [x, scale],
    ys,
    g,
    attrs,
    needs,
  } = c;
  const over = b.ints(axesFrom(attrs.axis, rankOf(x, node)));
  const inverse = ys[1] ?? op.Reciprocal(op.Sqrt(op.Add(op.ReduceMean(op.Mul(x, x), over), attrs.epsilon)));
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
    const along = op.ReduceSum(op.Mul(g, y), over);
    return [op.Div(op.Sub(g, op.Mul(p === 1 ? op.Sign(x) : y, along)), norm)];
  },
  RMSNormalization: rmsNorm,
  SimplifiedLayerNormalization: rmsNorm,
  Softmax: ({ op, b, y, g, attrs: { axis } }) => [op.Mul(y, op.Sub(g, op.ReduceSum(op.Mul(g, y), b.ints([axis]))))],
} satisfies RuleTable;
