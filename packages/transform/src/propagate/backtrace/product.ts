import type { Ops, Value } from '@vitrine/ir';
import { vjps } from '../../vjp/index.js';
import { everything, type AnyContext } from '../lrp.js';
import { dropped, type Family, type Parts, type Place } from './family.js';
import { amountOf, NOTHING } from './numbers.js';

/** Results nearer to 0 than this count as this. */
const STABLE = 1e-9;

/** m, but never nearer to 0 than the bound. */
const stable = (op: Ops, m: Value): Value =>
  op.Where(op.Less(op.Abs(m), STABLE), op.Where(op.Less(m, 0), op.Mul(op.Add(op.Mul(m, 0), 1), -STABLE), STABLE), m);

/**
 * Products of two matrices that both depend on the input, as of queries and keys, or of weights and values: each takes half, in shares of
 * the result, a · vjp_a(r / 2y). Section 1.10, the core rule. Shares are signed and grow without bound where a result is near 0.
 */
export const bilinear: Family = {
  single(c, place) {
    const { op, x, y, g } = c;
    const u = op.Div(g, stable(op, op.Mul(y, 2)));
    const rule = vjps[c.node.opType as 'MatMul'] as unknown as (c: unknown) => Parts;
    const pulled = rule({ ...c, g: u, gs: [u], needs: place.carries });
    c.absorb('stabilizer', () => everything(c, op.Sub(g, op.Mul(op.Mul(y, 2), u))));
    return x.map((v, i) => (v !== undefined && place.carries(i) && pulled[i] ? op.Mul(v, pulled[i]) : null));
  },
};

/** Both take what a share of the first says. */
function split({ op, g }: AnyContext, share: Value): Parts {
  const first = op.Mul(g, share);
  return [first, op.Sub(g, first)];
}

/** The part of `a` in two amounts, half where there is neither. */
const partOf = (op: Ops, a: Value, b: Value): Value => op.Div(op.Add(a, NOTHING), op.Add(op.Add(a, b), 2 * NOTHING));

/**
 * Elementwise products. Default: by how far each factor moves the product away from the other. Contrast: by the amount of the other.
 * Where these are 0 for both, which the published rules divide by, both take half. Of an expert's result and its weight the expert takes
 * all. Sections 1.7 and 1.11.
 */
export const gates: Family = {
  single(c, place) {
    const expert = expertTakes(c, place);
    if (expert !== undefined) return expert;
    const { op, y } = c;
    const [a, b] = c.x as readonly [Value, Value];
    return split(c, partOf(op, op.Abs(op.Sub(y, a)), op.Abs(op.Sub(y, b))));
  },
  pair(p, n, place) {
    const experts = [expertTakes(p, place), expertTakes(n, place)] as const;
    if (experts[0] !== undefined) return experts as readonly [Parts, Parts];
    const { op, y, b: builder } = p;
    const [a, b] = (p.x as readonly [Value, Value]).map((v) => amountOf(builder, v)) as [Value, Value];
    const share = partOf(op, b, a);
    const lane = (c: AnyContext): Parts => {
      if (place.profile === 'intended') return split(c, share);
      // The published rule drops what meets a product of 0.
      dropped(c, () => op.Equal(y, 0));
      return split({ ...c, g: op.Where(op.Equal(y, 0), 0, c.g) }, share);
    };
    return [lane(p), lane(n)];
  },
};

const expertTakes = ({ g }: AnyContext, { expert }: Place): Parts | undefined =>
  expert === undefined ? undefined : [expert === 0 ? g : null, expert === 1 ? g : null];

/** A quotient is its numerator, scaled: normalizations pass relevance unchanged. Section 1.5. */
export const quotient: Family = { single: ({ g }) => [g, null] };
