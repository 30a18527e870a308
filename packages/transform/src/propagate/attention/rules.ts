import type { Node, Value } from '@vitrine/ir';
import { RuleError } from '../../error.js';
import { firstOf, type AnyRule, type RuleSet } from '../../rule.js';
import { kindByOperator, kindOf } from '../kind.js';
import { isMadeBy } from '../behind.js';
import { anyRule, divided, quotient, vjpOf, type AnyContext } from '../lrp.js';

const axisOf = ({ b, attrs }: AnyContext): Value => b.ints([(attrs as { readonly axis?: number }).axis ?? -1]);

/**
 * Softmax s(x) by its Taylor expansion at x: R_i = x_i (R_i − s_i Σ_j R_j). What is left stays with the expansion's constant term.
 * R: […,K]. Achtibat et al. 2024, proposition 3.1.
 */
const softmaxTaylor = anyRule((c) => {
  const { op, x, y, g } = c;
  const part = op.Mul(x[0]!, op.Sub(g, op.Mul(y, op.ReduceSum(g, axisOf(c)))));
  // Masked scores are -inf or close to it: 0 * inf must be 0.
  const kept = op.Where(op.Equal(y, 0), 0, part);
  // The expansion's constant at unit j is s_j − Σ_i s_j (δ_ij − s_i) x_i.
  c.absorb('bias', () => {
    const scores = op.Where(op.Equal(y, 0), 0, x[0]!);
    return op.Mul(g, op.Add(op.Sub(1, scores), op.ReduceSum(op.Mul(y, scores), axisOf(c))));
  });
  return [kept];
});

/** The same for log s(x): R_i = x_i (r_i − s_i Σ_j r_j), r = R / log s. */
const logSoftmaxTaylor = anyRule((c) => {
  const { op, x, y, g } = c;
  const r = quotient(op, g, y);
  const part = op.Mul(x[0]!, op.Sub(r, op.Mul(op.Exp(y), op.ReduceSum(r, axisOf(c)))));
  c.absorb('bias', () => op.Mul(r, op.Add(op.Sub(y, x[0]!), op.ReduceSum(op.Mul(op.Exp(y), x[0]!), axisOf(c)))));
  return [part];
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
    const s = divided(op, g, y, epsilon);
    const h = op.Mul(s, scale);
    const from = isLayer ? op.Sub(x, op.ReduceMean(x, over)) : x;
    const inverse = op.Reciprocal(op.Sqrt(op.Add(op.ReduceMean(op.Mul(from, from), over), added)));
    const part = op.Mul(x, op.Mul(isLayer ? op.Sub(h, op.ReduceMean(h, over)) : h, inverse));
    const shift = operands[2];
    if (shift !== undefined) c.absorb('bias', () => op.Mul(s, shift));
    c.absorb('stabilizer', () => op.Sub(g, op.Mul(s, y)));
    return [part, null, null];
  });

/** Whether a value is the result of a softmax, moved, selected and scaled at most, as by a mask over heads. */
const isWeights = (c: AnyContext, v: Value | undefined): boolean => isMadeBy(c, v, (node) => kindByOperator(node) === 'softmax');

/** A product of attention weights and values, as a dense layer with constant weights. */
const valuesOnly = (epsilon: number, otherwise: AnyRule): AnyRule =>
  anyRule((c) => {
    const { op, x, y, g, needs } = c;
    const weights = x.findIndex((v, i) => needs(i) && isWeights(c, v));
    if (weights < 0 || kindOf(c as never) !== 'product') return otherwise(c as never);
    const s = divided(op, g, y, epsilon);
    const backs = vjpOf(c)({ ...c, g: s, gs: [s] } as never);
    c.absorb('stabilizer', () => op.Sub(g, op.Mul(s, y)));
    return x.map((v, i) => (v !== undefined && i !== weights && needs(i) && backs[i] ? op.Mul(v, backs[i]) : null));
  });

/** A softmax that weighs nothing cannot be held constant: relevance would end there. */
const noAttention = ({ opType, name, inputs }: Node): AnyRule =>
  anyRule(() => {
    throw new RuleError(
      'missing-rule',
      `${opType} (at ${name}) is no attention, and cp-lrp holds attention constant: explain what it is given with --target value:${inputs[0]?.name ?? ''},…, or use attn-lrp`,
    );
  });

const PRODUCTS = new Set(['MatMul', 'Einsum', 'Mul', 'Gemm']);

type Method = 'attn-lrp' | 'cp-lrp';

/** A rule of one operator, by name. */
interface Named {
  readonly name: string;
  readonly rule: AnyRule;
}

/** Operators of transformers that have rules of their own. */
const rulesFor = (kind: Method, epsilon: number): { readonly [opType: string]: Named } => {
  const norm = { name: 'constant spread', rule: normalization(epsilon) };
  return {
    Softmax: kind === 'cp-lrp' ? { name: 'constant', rule: softmaxConstant } : { name: 'taylor', rule: softmaxTaylor },
    LogSoftmax: { name: 'taylor', rule: logSoftmaxTaylor },
    LayerNormalization: norm,
    RMSNormalization: norm,
    SimplifiedLayerNormalization: norm,
  };
};

/**
 * What a transformer adds to the rules for layers, sums and activations, `base`. `weighs` tells which softmax weighs another value; by
 * `cp-lrp` one that does not has no rule.
 */
export function attentionRules(kind: Method, epsilon: number, base: RuleSet, weighs: (node: Node) => boolean = () => true): RuleSet {
  const own = rulesFor(kind, epsilon);
  return firstOf((node) => {
    if (kind === 'cp-lrp' && kindByOperator(node) === 'softmax' && !weighs(node)) return noAttention(node);
    if (Object.hasOwn(own, node.opType)) return own[node.opType]!.rule;
    if (kind !== 'cp-lrp' || !PRODUCTS.has(node.opType)) return undefined;
    const otherwise = base(node);
    return otherwise === undefined || 'joint' in otherwise ? undefined : valuesOnly(epsilon, otherwise);
  }, base);
}

/** The rule that an operator of a transformer gets, by name: those of `attentionRules`, then `otherwise`. */
export const attentionRuleNames = (
  kind: Method,
  otherwise: (node: Pick<Node, 'opType' | 'name'>) => string | undefined,
): ((node: Pick<Node, 'opType' | 'name'>) => string | undefined) => {
  const own = rulesFor(kind, 0);
  return (node) => (Object.hasOwn(own, node.opType) ? own[node.opType]!.name : otherwise(node));
};
