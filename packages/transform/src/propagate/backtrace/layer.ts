import { sizeOf, type AttrValue, type Builder, type Value } from '@vitrine/ir';
import { rankOf } from '../../fit.js';
import { backThrough, everything, type AnyContext } from '../lrp.js';
import type { Parts, Place } from './family.js';
import { alongWay, apartSides, type Mix, type Sides, type Way } from './mix.js';
import { amountOf, floored, isNothing, negativePart, NOTHING, positivePart } from './numbers.js';

/** Weights up to this size are cheap enough to add up P and N apart. */
const SMALL = 2 ** 12;
/** Of larger ones P and N are half the sum and difference of P + N and P − N. Below this share of P + N that is rounding, and counts as none. */
const ROUNDING = 1e-5;

/** A layer with weights, seen through parts of its operands. */
export interface Layer extends Mix {
  /** P + N, without the bias. */
  readonly amount: () => Value;
  /** The bias, signed, as it broadcasts against the result. */
  readonly bias: Value | undefined;
  /** P and N, each a sum of its own. */
  readonly apart: () => readonly [Value, Value];
  /** Σ plus z⁺ + Σ minus |z⁻|, in sums and differences of the two: for coefficients of like size. */
  readonly weighed: (plus: Value, minus: Value) => Parts;
}

/** Convolutions, transposed ones, dense layers, products with a constant. Section 1.12. */
export function layer(c: AnyContext, place: Place): Layer {
  const { op, b, node, x, y } = c;
  const onlyFactors = ONLY_FACTORS.has(node.opType);
  if (onlyFactors && x.length !== 2) c.fail(`multiplies ${x.length} values; DL-Backtrace knows products of two`);
  const data = x.findIndex((_, i) => i < 2 && place.carries(i));
  const { attrs, turned } = positiveFactors(c);
  const [v, w] = [x[data]!, turned ? op.Neg(x[1 - data]!) : x[1 - data]!];
  const [vAmount, wAmount] = [place.nonNegative(data) ? v : amountOf(b, v), amountOf(b, w)];
  const [vPlus, vMinus] = place.nonNegative(data) ? [v, undefined] : [positivePart(b, v), negativePart(b, v)];
  const [wPlus, wMinus] = [positivePart(b, w), negativePart(b, w)];

  const own = onlyFactors || x[2] === undefined ? undefined : biasAgainst(c, x[2]);
  // A bias that depends on the input is a contribution like others.
  const added = own !== undefined && place.carries(2) ? own : undefined;
  const bias = place.added?.bias ?? (added === undefined ? own : undefined);

  const operands = (value: Value, weight: Value, rest: readonly Value[] = []): readonly Value[] =>
    data === 0 ? [value, weight, ...rest] : [weight, value, ...rest];
  const run = (value: Value, weight: Value, ...rest: readonly Value[]): Value =>
    b.node(node.opType, operands(value, weight, rest), attrs)[0]!;
  const pull = (weight: Value, s: Value): Value =>
    backThrough({ ...c, attrs: { ...c.attrs, ...attrs } as never }, operands(v, weight), y, s, data);
  const parts = (part: Value, ofAdded: (e: Value) => Value): Parts =>
    x.map((_, i) => (i === data ? part : i === 2 && added !== undefined ? ofAdded(added) : null));
  const and = (sum: Value, part: (builder: Builder, e: Value) => Value): Value => (added === undefined ? sum : op.Add(sum, part(b, added)));

  const stacked = data === 0 && formOf(c).stacks?.(c) === true;
  const least = floorOf(c);
  const amount = (): Value => and(least === undefined ? floored(op, run(vAmount, wAmount)) : run(vAmount, wAmount, least), amountOf);
  const both = (left: Value, right: Value): Value =>
    vMinus === undefined ? run(vPlus, left) : op.Add(run(vPlus, left), run(vMinus, right));
  const apart = (): readonly [Value, Value] => [and(both(wPlus, wMinus), positivePart), and(both(wMinus, wPlus), negativePart)];
  const total = place.added?.total ?? y;
  const small = added !== undefined || sizeOf((w.type.shape ?? []) as readonly number[]) <= SMALL;

  const sides = (): Sides => {
    if (small) return apartSides(op, ...apart());
    const difference = bias === undefined ? total : op.Sub(total, bias);
    if (vMinus === undefined) {
      // P is a sum of its own, and N what is left.
      const positive = least === undefined ? floored(op, run(vPlus, wPlus)) : run(vPlus, wPlus, least);
      const negative = op.Sub(positive, difference);
      return {
        mass: (way) => op.Add(negative, op.Mul(way, difference)),
        noPositive: isNothing(op, positive),
        noNegative: op.LessOrEqual(negative, op.Mul(positive, ROUNDING)),
        exact: false,
      };
    }
    // Twice P and N, their sum and difference: halves are left to the way back.
    const sum = amount();
    const negative = op.Sub(sum, difference);
    const apartBy = op.Add(difference, difference);
    const ratio = op.Div(difference, sum);
    return {
      mass: (way) => op.Add(negative, op.Mul(way, apartBy)),
      noPositive: op.LessOrEqual(ratio, 2 * ROUNDING - 1),
      noNegative: op.GreaterOrEqual(ratio, 1 - 2 * ROUNDING),
      exact: false,
    };
  };
  const spread = (even: Value, odd: Value): Value => op.Add(op.Mul(vAmount, pull(wAmount, even)), op.Mul(v, pull(w, odd)));
  const backOne = (s: Value, way: Value): Value => {
    const [plus, minus] = alongWay(op, s, way);
    if (vMinus !== undefined && !small) return spread(s, op.Sub(plus, minus));
    const raised = op.Mul(
      vPlus,
      stacked
        ? pull(op.Concat(wPlus, wMinus, { axis: 0 }), op.Concat(plus, minus, { axis: 1 }))
        : op.Add(pull(wPlus, plus), pull(wMinus, minus)),
    );
    return vMinus === undefined ? raised : op.Add(raised, op.Mul(vMinus, op.Add(pull(wMinus, plus), pull(wPlus, minus))));
  };
  return {
    total,
    amount,
    bias,
    apart,
    sides,
    mass: () => {
      if (least !== undefined && place.added === undefined && x[2] !== undefined) return run(vAmount, wAmount, op.Add(op.Abs(x[2]), least));
      return bias === undefined ? amount() : op.Add(amount(), op.Abs(bias));
    },
    back(s: Value, way: Way) {
      if (way === 'both') return parts(op.Mul(vAmount, pull(wAmount, s)), (e) => op.Mul(s, op.Abs(e)));
      const [plus, minus] = alongWay(op, s, way);
      return parts(backOne(s, way), (e) => op.Add(op.Mul(plus, positivePart(b, e)), op.Mul(minus, negativePart(b, e))));
    },
    weighed: (plus, minus) =>
      parts(spread(op.Mul(op.Add(plus, minus), 0.5), op.Mul(op.Sub(plus, minus), 0.5)), (e) =>
        op.Add(op.Mul(plus, positivePart(b, e)), op.Mul(minus, negativePart(b, e))),
      ),
    ...(bias !== undefined && { biasShare: (s: Value) => everything(c, op.Mul(s, op.Abs(bias))) }),
  };
}

/** Operators whose operands are all factors: a third is no bias. */
export const ONLY_FACTORS: ReadonlySet<string> = new Set(['Einsum']);

interface Factors {
  readonly alpha?: number;
  readonly beta?: number;
}
interface Form {
  /** Whether two signals and their weights can be the channels of one. */
  readonly stacks?: (c: AnyContext) => boolean;
  /** Attributes without the signs of factors, and whether the weights are to be turned in their place. */
  readonly factors?: (c: AnyContext) => { readonly attrs: { readonly [name: string]: AttrValue }; readonly turned: boolean };
  /** A bias that keeps amounts from being 0, where the operator adds one at no cost. */
  readonly floor?: (least: Value, c: AnyContext) => Value | undefined;
  /** The bias as it broadcasts against the result; [C] against [N,C,…] unless said otherwise. */
  readonly bias?: (bias: Value, c: AnyContext) => Value;
}

/** What is particular to some operators. */
const forms: { readonly [opType: string]: Form } = {
  Conv: {
    stacks: ({ attrs }) => (attrs as { readonly group?: number }).group === 1,
    floor(least, { op, b, x }) {
      const units = x[1]!.type.shape?.[0];
      return typeof units === 'number' ? op.Expand(least, b.ints([units])) : undefined;
    },
  },
  Gemm: {
    factors({ node, attrs }) {
      const { alpha = 1, beta = 1 } = attrs as Factors;
      return { attrs: { ...node.attrs, alpha: Math.abs(alpha), beta: Math.abs(beta) }, turned: alpha < 0 };
    },
    floor: (least, { attrs }) => (((attrs as Factors).beta ?? 1) === 1 ? least : undefined),
    bias(bias, { op, attrs }) {
      const { beta = 1 } = attrs as Factors;
      return beta === 1 ? bias : op.Mul(bias, beta);
    },
  },
};

const formOf = ({ node }: AnyContext): Form => forms[node.opType] ?? {};
const floorOf = (c: AnyContext): Value | undefined => formOf(c).floor?.(c.b.scalar(NOTHING, c.x[1]!.type.dtype as 'float32'), c);
const positiveFactors = (c: AnyContext): ReturnType<NonNullable<Form['factors']>> =>
  formOf(c).factors?.(c) ?? { attrs: c.node.attrs, turned: false };
const biasAgainst = (c: AnyContext, bias: Value): Value =>
  formOf(c).bias?.(bias, c) ?? c.op.Reshape(bias, c.b.ints([-1, ...Array.from({ length: rankOf(c.y, c.node) - 2 }, () => 1)]));
