import type { Node, Value } from '@vitrine/ir';
import { firstOf, type AnyRule, type RuleSet } from '../../rule.js';
import { kindByOperator, kindOf } from '../kind.js';
import { anyRule, everything, quotient, stabilized, type AnyContext } from '../lrp.js';
import { vjps } from '../../vjp/index.js';

const vjpOf = ({ node }: AnyContext): AnyRule => vjps[node.opType as keyof typeof vjps] as unknown as AnyRule;

/**
 * Softmax s(x) by its Taylor expansion at x: R_i = x_i (R_i − s_i Σ_j R_j). What is left stays with the expansion's constant term.
 * R: […,K]. Achtibat et al. 2024, proposition 3.1.
 */
const softmaxTaylor = anyRule((c) => {
  const { op, b, node, attrs, x, y, g } = c;
  const axis = b.ints([(attrs as { readonly axis?: number }).axis ?? -1]);
  const total = op.ReduceSum(g, axis);
  const part =
    node.opType === 'LogSoftmax'
      ? op.Mul(x[0]!, op.Sub(quotient(op, g, y), op.Mul(op.Exp(y), op.ReduceSum(quotient(op, g, y), axis))))
      : op.Mul(x[0]!, op.Sub(g, op.Mul(y, total)));
  // Masked scores are -inf or close to it: 0 * inf must be 0.
  const kept = node.opType === 'LogSoftmax' ? part : op.Where(op.Equal(y, 0), 0, part);
  c.absorb('bias', () => op.Sub(everything(c, g), everything(c, kept)));
  return [kept];
});

/** Attention weights as constants: nothing goes through queries and keys. Ali et al. 2022, section 3.2. */
const softmaxConstant = anyRule((c) => {
  c.absorb('dropped', () => c.g);
  return [null];
});

/**
 * Normalization with its spread held constant: y = scale (x − μ)/σ + bias is linear then, and R_x = x ∘ (h − mean h)/σ with
 * h = scale ∘ R/y. The root-mean-square form has no μ and no bias. R: [B,T,D]. Ali et al. 2022, section 3.3; Achtibat et al. 2024,
 * proposition 3.4.
 */
const normalization = (epsilon: number): AnyRule =>
  anyRule((c) => {
    const { op, b, node, attrs, x: operands, y, g } = c;
    const [x, scale] = operands as readonly [Value, Value];
    const { axis = -1, epsilon: added = 1e-5 } = attrs as { readonly axis?: number; readonly epsilon?: number };
    const rank = x.type.shape?.length ?? c.fail('has an input of unknown rank');
    const over = b.ints(Array.from({ length: rank }, (_, i) => i).slice(axis < 0 ? axis + rank : axis));
    const isLayer = node.opType === 'LayerNormalization';
    const s = epsilon === 0 ? quotient(op, g, y) : op.Div(g, stabilized(op, y, epsilon));
    const h = op.Mul(s, scale);
    const from = isLayer ? op.Sub(x, op.ReduceMean(x, over)) : x;
    const inverse = op.Reciprocal(op.Sqrt(op.Add(op.ReduceMean(op.Mul(from, from), over), added)));
    const part = op.Mul(x, op.Mul(isLayer ? op.Sub(h, op.ReduceMean(h, over)) : h, inverse));
    c.absorb('bias', () => op.Sub(everything(c, op.Mul(s, y)), everything(c, part)));
    c.absorb('stabilizer', () => op.Sub(g, op.Mul(s, y)));
    return [part, null, null];
  });

/** Whether a value is the result of a softmax, moved, selected and scaled at most. */
function isWeights(c: AnyContext, v: Value | undefined): boolean {
  const made = v && c.b.producer(v);
  if (made === undefined) return false;
  if (made.opType === 'Softmax') return true;
  const kind = kindByOperator(made);
  if (kind !== 'routing' && kind !== 'scale') return false;
  // A choice between numbers and weights is weights; a mask over heads scales them.
  return (made.opType === 'Where' ? made.inputs.slice(1) : made.inputs).some((w) => isWeights(c, w));
}

/** A product of attention weights and values, as a dense layer with constant weights. */
const valuesOnly = (epsilon: number, otherwise: AnyRule): AnyRule =>
  anyRule((c) => {
    const { op, x, y, g, needs } = c;
    const weights = x.findIndex((v, i) => needs(i) && isWeights(c, v));
    if (weights < 0 || kindOf(c as never) !== 'product') return otherwise(c as never);
    const s = epsilon === 0 ? quotient(op, g, y) : op.Div(g, stabilized(op, y, epsilon));
    const backs = vjpOf(c)({ ...c, g: s, gs: [s] } as never);
    c.absorb('stabilizer', () => op.Sub(g, op.Mul(s, y)));
    return x.map((v, i) => (v !== undefined && i !== weights && needs(i) && backs[i] ? op.Mul(v, backs[i]) : null));
  });

const NORMALIZATIONS = new Set(['LayerNormalization', 'RMSNormalization', 'SimplifiedLayerNormalization']);
const PRODUCTS = new Set(['MatMul', 'Einsum', 'Mul', 'Gemm']);

/** What a transformer adds to the rules for layers, sums and activations, `base`. */
export function attentionRules(kind: 'attn-lrp' | 'cp-lrp', epsilon: number, base: RuleSet): RuleSet {
  const norm = normalization(epsilon);
  return firstOf((node) => {
    if (node.opType === 'Softmax' || node.opType === 'LogSoftmax')
      return kind === 'cp-lrp' && node.opType === 'Softmax' ? softmaxConstant : softmaxTaylor;
    if (NORMALIZATIONS.has(node.opType)) return norm;
    if (kind !== 'cp-lrp' || !PRODUCTS.has(node.opType)) return undefined;
    const otherwise = base(node);
    return otherwise === undefined || 'joint' in otherwise ? undefined : valuesOnly(epsilon, otherwise);
  }, base);
}

/** The rule that an operator of a transformer gets, by name: those of `attentionRules`, then `otherwise`. */
export const attentionRuleNames =
  (kind: 'attn-lrp' | 'cp-lrp', otherwise: (node: Pick<Node, 'opType' | 'name'>) => string | undefined) =>
  (node: Pick<Node, 'opType' | 'name'>): string | undefined => {
    if (node.opType === 'Softmax') return kind === 'cp-lrp' ? 'constant' : 'taylor';
    if (node.opType === 'LogSoftmax') return 'taylor';
    return NORMALIZATIONS.has(node.opType) ? 'constant spread' : otherwise(node);
  };
