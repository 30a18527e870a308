import { sizeOf, type AttrValue, type Value } from '@vitrine/ir';
import { rankOf } from '../../fit.js';
import { backThrough, everything, type AnyContext } from '../lrp.js';
import type { Parts, Place } from './family.js';
import type { Mix, Way } from './mix.js';
import { negativePart, positivePart } from './numbers.js';

/** Weights up to this size are cheap enough to keep contributions of both signs apart on the way back; larger ones take a difference. */
const SMALL = 2 ** 14;

/** A layer with weights, seen through parts of its operands. */
export interface Layer extends Mix {
  /** P + N, without the bias. */
  readonly amount: () => Value;
  /** The bias, signed, as it broadcasts against the result. */
  readonly bias: Value | undefined;
  /** Σ plus z⁺ + Σ minus |z⁻| as sums and differences of both, which large and small coefficients must not share a unit of. */
  readonly weighed: (plus: Value, minus: Value) => Parts;
}

/** Convolutions, transposed ones, dense layers, products with a constant. Section 1.12. */
export function layer(c: AnyContext, place: Place): Layer {
  const { op, b, node, x, y } = c;
  const data = x.findIndex((_, i) => i < 2 && place.carries(i));
  const at = 1 - data;
  if (node.opType === 'Einsum' && x.length !== 2) c.fail(`multiplies ${x.length} values; DL-Backtrace knows products of two`);
  const factors = positiveFactors(c);
  const own = node.opType === 'Einsum' ? undefined : x[2];
  const [v, w] = [x[data]!, factors.turned ? op.Neg(x[at]!) : x[at]!];
  const known = place.nonNegative(data);
  const operands = (value: Value, weight: Value, bias?: Value): readonly (Value | undefined)[] => {
    const pair = data === 0 ? [value, weight] : [weight, value];
    return bias === undefined ? pair : [...pair, bias];
  };
  const run = (value: Value, weight: Value, bias?: Value): Value => b.node(node.opType, operands(value, weight, bias), factors.attrs)[0]!;
  const pull = (weight: Value, s: Value): Value => backThrough({ ...c, attrs: { ...c.attrs, ...factors.attrs } as never }, operands(v, weight), y, s, data);
  const [amountOf, wAmount] = [known ? v : op.Abs(v), op.Abs(w)];
  const [vPlus, vMinus] = [known ? v : positivePart(op, v), known ? undefined : negativePart(op, v)];
  const [wPlus, wMinus] = [positivePart(op, w), negativePart(op, w)];
  const both = (left: Value, right: Value): Value =>
    vMinus === undefined ? run(vPlus, left) : op.Add(run(vPlus, left), run(vMinus, right));
  const bias = place.added?.bias ?? (own && biasAgainst(c, own));
  const spread = (even: Value, odd: Value): Value => op.Add(op.Mul(amountOf, pull(wAmount, even)), op.Mul(v, pull(w, odd)));
  const only = (part: Value): Parts => x.map((_, i) => (i === data ? part : null));
  const amount = (): Value => run(amountOf, wAmount);
  return {
    total: place.added?.total ?? y,
    amount,
    bias,
    mass: () => {
      if (own !== undefined && place.added === undefined) return run(amountOf, wAmount, op.Abs(own));
      return bias === undefined ? amount() : op.Add(amount(), op.Abs(bias));
    },
    positive: () => both(wPlus, wMinus),
    negative: () => both(wMinus, wPlus),
    back(s: Value, way: Way) {
      if (way === 'both') return only(op.Mul(amountOf, pull(wAmount, s)));
      const [plus, minus] = [op.Where(way, s, 0), op.Where(way, 0, s)];
      const raised = (): Value => op.Mul(vPlus, op.Add(pull(wPlus, plus), pull(wMinus, minus)));
      if (vMinus === undefined) return only(raised());
      if (isSmall(w)) return only(op.Add(raised(), op.Mul(vMinus, op.Add(pull(wMinus, plus), pull(wPlus, minus)))));
      const half = op.Mul(s, 0.5);
      return only(spread(half, op.Where(way, half, op.Neg(half))));
    },
    weighed: (plus, minus) => only(spread(op.Mul(op.Add(plus, minus), 0.5), op.Mul(op.Sub(plus, minus), 0.5))),
    ...(bias !== undefined && { biasShare: (s: Value) => everything(c, op.Mul(s, op.Abs(bias))) }),
  };
}

const isSmall = ({ type: { shape } }: Value): boolean => shape !== undefined && sizeOf(shape as readonly number[]) <= SMALL;

/** Gemm's factors without their signs, and whether the weights are to be turned in their place. */
function positiveFactors({ node, attrs }: AnyContext): {
  readonly attrs: { readonly [name: string]: AttrValue };
  readonly turned: boolean;
} {
  if (node.opType !== 'Gemm') return { attrs: node.attrs, turned: false };
  const { alpha = 1, beta = 1 } = attrs as { readonly alpha?: number; readonly beta?: number };
  return { attrs: { ...node.attrs, alpha: Math.abs(alpha), beta: Math.abs(beta) }, turned: alpha < 0 };
}

/** A bias [C] of a convolution against its result [N,C,…]; Gemm's with its factor. */
function biasAgainst({ op, b, node, attrs, y }: AnyContext, bias: Value): Value {
  if (node.opType !== 'Gemm') return op.Reshape(bias, b.ints([-1, ...Array.from({ length: rankOf(y, node) - 2 }, () => 1)]));
  const { beta = 1 } = attrs as { readonly beta?: number };
  return beta === 1 ? bias : op.Mul(bias, beta);
}
