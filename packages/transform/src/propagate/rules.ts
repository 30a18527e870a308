import type { Value } from '@vitrine/ir';
import { RuleError } from '../error.js';
import type { AnyRule } from '../rule.js';
import { gated, lrp, minus, ones, pass, plus, proportional, routed, square, uniform, type Part } from './lrp.js';

/** Numbers that rules take; those left out have the literature's usual value. */
export interface RuleOptions {
  /** What keeps a division finite. Zennit's and most papers' is 1e-6. */
  readonly epsilon?: number;
  readonly gamma?: number;
  readonly alpha?: number;
  readonly beta?: number;
  /** Least and greatest value that an input can take, for z-box. */
  readonly low?: number;
  readonly high?: number;
  /** Which values are known to be nowhere negative: rules cost less there. */
  readonly nonNegative?: (v: Value) => boolean;
}

const EPSILON = 1e-6;

/** w + γ w⁺ or w + γ w⁻. */
const stressed =
  (gamma: number, part: Part): Part =>
  (op, v) =>
    op.Add(v, op.Mul(part(op, v), gamma));

const filled =
  (value: number): Part =>
  (op, v) =>
    op.Add(op.Mul(v, 0), value);

/** The rules of layer-wise relevance propagation, by name. */
export const lrpRules = {
  /** R_x = x w / z. Bach et al. 2015, equation 56. Units whose z is 0 pass nothing on. */
  zero: () => lrp([{ terms: [{}] }], { epsilon: 0 }),
  /** The same with z + ε sign(z). Bach et al. 2015, equation 58. */
  epsilon: ({ epsilon = EPSILON } = {}) => lrp([{ terms: [{}] }], { epsilon }),
  /**
   * Positive contributions count γ times more: w + γ w⁺. Montavon et al. 2019, section 10.2.1; generalised to inputs and results of
   * both signs as in Andéol et al. 2021, equation 9.
   */
  gamma: ({ gamma = 0.25, epsilon = EPSILON, nonNegative } = {}) =>
    lrp(
      [
        {
          where: 'positive',
          terms: [
            { x: plus, w: stressed(gamma, plus), b: stressed(gamma, plus) },
            { x: minus, w: stressed(gamma, minus), b: null },
          ],
        },
        {
          where: 'negative',
          terms: [
            { x: plus, w: stressed(gamma, minus), b: stressed(gamma, minus) },
            { x: minus, w: stressed(gamma, plus), b: null },
          ],
        },
      ],
      { epsilon, nonNegative },
    ),
  /** α times the shares of what raises z, minus β times the shares of what lowers it; α − β = 1. Bach et al. 2015, equation 60. */
  'alpha-beta': ({ alpha = 2, beta = 1, epsilon = EPSILON, nonNegative } = {}) => {
    if (Math.abs(alpha - beta - 1) > 1e-9 || beta < 0)
      throw new RuleError(
        'bad-rule',
        `the alpha-beta rule conserves relevance only when alpha - beta = 1 and beta is not negative: alpha ${alpha} and beta ${beta} do not`,
      );
    const raise = {
      terms: [
        { x: plus, w: plus, b: plus },
        { x: minus, w: minus, b: null },
      ],
      scale: alpha,
    };
    const lower = {
      terms: [
        { x: plus, w: minus, b: minus },
        { x: minus, w: plus, b: null },
      ],
      scale: -beta,
    };
    return lrp(beta === 0 ? [raise] : [raise, lower], { epsilon, nonNegative });
  },
  /** α = 1, β = 0: only what raises z. Montavon et al. 2017, section 4.1. */
  'z-plus': ({ epsilon = EPSILON, nonNegative } = {}) =>
    lrp(
      [
        {
          terms: [
            { x: plus, w: plus, b: plus },
            { x: minus, w: minus, b: null },
          ],
        },
      ],
      { epsilon, nonNegative },
    ),
  /** Shares by w², whatever x is. Montavon et al. 2017, section 4.1. */
  'w-square': ({ epsilon = EPSILON } = {}) => lrp([{ terms: [{ x: ones, w: square, b: square }] }], { epsilon }),
  /** Equal shares to everything a unit sees. Lapuschkin et al. 2019, supplement. */
  flat: ({ epsilon = EPSILON } = {}) => lrp([{ terms: [{ x: ones, w: ones, b: null }] }], { epsilon }),
  /** For pixels between `low` and `high`. Montavon et al. 2017, section 4.1, z^B rule. */
  'z-box': ({ low = 0, high = 1, epsilon = EPSILON } = {}) => {
    if (!(low < high)) throw new RuleError('bad-rule', `the z-box rule needs low < high: low ${low} and high ${high} are not`);
    return lrp([{ terms: [{}, { sign: -1, x: filled(low), w: plus, b: plus }, { sign: -1, x: filled(high), w: minus, b: minus }] }], {
      epsilon,
    });
  },
  /** Operands of a sum take their share of it: residual additions, averages. */
  norm: ({ epsilon = EPSILON } = {}) => proportional(epsilon),
  /** Factors of a product take equal parts: gates, attention. */
  uniform: ({ epsilon = EPSILON } = {}) => uniform(epsilon),
  /** A gate weighs and gets nothing; factors of other products take equal parts. */
  signal: ({ epsilon = EPSILON } = {}) => gated(epsilon),
  /** Unchanged, as through an activation. */
  pass: () => pass,
  /** As a gradient goes. */
  gradient: () => routed,
} as const satisfies { readonly [name: string]: (options?: RuleOptions) => AnyRule };

export type RuleName = keyof typeof lrpRules;
export const isRuleName = (name: string): name is RuleName => Object.hasOwn(lrpRules, name);
