import type { AttrValue, Ops, Value } from '@vitrine/ir';
import { isMadeBy } from './behind.js';
import { vjps } from '../vjp/index.js';
import type { AnyRule, RuleContext } from '../rule.js';

/** A rule's context whatever the operator. */
export type AnyContext = Omit<RuleContext, 'x'> & { readonly x: readonly (Value | undefined)[] };
type Context = AnyContext;

/** A rule for operators that are told apart by kind, not by type. */
export const anyRule = (rule: (c: AnyContext) => readonly (Value | null | undefined)[]): AnyRule => rule as unknown as AnyRule;

/** How an operand is seen: as it is, its positive part, squared … */
export type Part = (op: Ops, v: Value) => Value;

/** A layer seen in one way: its operands changed, its result z counted with a sign. Undefined parts stay as they are; a bias of null is left out. */
export interface Term {
  readonly x?: Part;
  readonly w?: Part;
  readonly b?: Part | null;
  readonly sign?: 1 | -1;
}

/** Terms that share one denominator. */
export interface Group {
  readonly terms: readonly Term[];
  readonly scale?: number;
  /** Only where the layer's own result has this sign. */
  readonly where?: 'positive' | 'negative';
}

const zeroOf = (op: Ops, v: Value): Value => op.Mul(v, 0);
export const plus: Part = (op, v) => op.Relu(v);
export const minus: Part = (op, v) => op.Min(v, zeroOf(op, v));
export const ones: Part = (op, v) => op.Add(zeroOf(op, v), 1);
export const square: Part = (op, v) => op.Mul(v, v);

/** z + ε sign(z), with sign(0) = 1. */
const stabilized = (op: Ops, z: Value, epsilon: number): Value => op.Where(op.Less(z, 0), op.Sub(z, epsilon), op.Add(z, epsilon));

/** Division that gives 0 where the divisor is 0. */
export function quotient(op: Ops, a: Value, z: Value): Value {
  const zero = op.Equal(z, 0);
  return op.Where(zero, 0, op.Div(a, op.Where(zero, 1, z)));
}

/** R / (z + ε sign z); with an ε of 0, R / z where z is not 0, and 0 there. */
export const divided = (op: Ops, r: Value, z: Value, epsilon: number): Value =>
  epsilon === 0 ? quotient(op, r, z) : op.Div(r, stabilized(op, z, epsilon));

/** Positions of what a layer weighs, and of the bias. */
interface Roles {
  readonly data: number;
  readonly bias: number | undefined;
}

function rolesOf({ node, needs }: Pick<Context, 'node' | 'needs'>): Roles {
  const data = node.inputs.findIndex((_, i) => i < 2 && needs(i));
  return { data, bias: node.inputs[2] === undefined || node.opType === 'Einsum' ? undefined : 2 };
}

export const vjpOf = ({ node }: Context): AnyRule => vjps[node.opType as keyof typeof vjps] as unknown as AnyRule;

/** The layer's own backward pass of signal `s`, with other operands. */
export function backThrough(c: Context, operands: readonly (Value | undefined)[], y: Value, s: Value, to: number): Value {
  const parts = vjpOf(c)({ ...c, x: operands as never, y, ys: [y], g: s, gs: [s], needs: (i: number) => i === to } as never);
  return parts[to]!;
}

/** Each unit's signal times its bias; nothing where a term leaves the bias out. Conv's bias lies along axis 1, Gemm's is broadcast. */
function ofBias({ op, b, attrs }: Context, s: Value, bias: Value | undefined): Value {
  if (bias === undefined) return b.scalar(0, s.type.dtype as 'float32');
  const rank = s.type.shape!.length;
  const along = rank > 2 ? op.Reshape(bias, b.ints([-1, ...Array.from({ length: rank - 2 }, () => 1)])) : bias;
  const { beta = 1 } = attrs as { readonly beta?: number };
  return op.Mul(s, beta === 1 ? along : op.Mul(along, beta));
}

/** Sum of all elements. */
export const everything = (c: Pick<Context, 'op' | 'b'>, v: Value): Value =>
  c.op.ReduceSum(c.op.Reshape(v, c.b.ints([-1])), undefined, { keepdims: 0 });

/** What rules are told beside a layer. */
export interface Seeing {
  readonly epsilon: number;
  /** Whether a value is known to be nowhere negative: what concerns its negative part is left out. */
  readonly nonNegative?: ((v: Value) => boolean) | undefined;
}

/** A group for inputs without a negative part. */
const onlyPositive = (group: Group): Group => ({
  ...group,
  terms: group.terms.filter(({ x }) => x !== minus).map(({ x, ...rest }) => (x === undefined || x === plus ? rest : { x, ...rest })),
});

/**
 * A rule of layer-wise relevance propagation for a layer z = w x + b:
 * R_x = Σ_group scale Σ_term sign x_t ∘ vjp_t( R / stabilized(Σ_term sign z_t) ). Bach et al. 2015, equation 56 ff.
 */
export function lrp(all: readonly Group[], { epsilon, nonNegative }: Seeing): AnyRule {
  return anyRule((c) => {
    const { op, b, node, attrs, x, y, g } = c;
    const roles = rolesOf(c);
    const groups = nonNegative?.(x[roles.data]!) ? all.map(onlyPositive) : all;
    const parts = groups.map(({ terms, scale = 1, where }) => {
      const seen = terms.map((term) => {
        const operands = x.map((v, i) => {
          if (v === undefined) return undefined;
          if (i === roles.bias) return term.b === null ? undefined : (term.b?.(op, v) ?? v);
          return (i === roles.data ? term.x : term.w)?.(op, v) ?? v;
        });
        while (operands.at(-1) === undefined) operands.pop();
        const plain = operands.every((v, i) => v === x[i]) && operands.length === x.length;
        const z = plain ? y : b.node(node.opType, operands, attrs as { readonly [name: string]: AttrValue })[0]!;
        return { sign: term.sign ?? 1, operands, z, x: operands[roles.data]!, ones: term.x === ones };
      });
      const z = added(
        op,
        seen.map(({ sign, z: v }) => ({ sign, v })),
      );
      const masked = where === undefined ? g : op.Where(where === 'positive' ? op.Greater(y, 0) : op.Less(y, 0), g, 0);
      const s = divided(op, masked, z, epsilon);
      const shares = seen.map(({ sign, operands, z: own, x: data, ones: unweighted }) => {
        const back = backThrough(c, operands, own, s, roles.data);
        return { sign, v: unweighted ? back : op.Mul(data, back) };
      });
      const sum = added(op, shares);
      const part = scale === 1 ? sum : op.Mul(sum, scale);
      const total = (v: Value): Value => (scale === 1 ? everything(c, v) : op.Mul(everything(c, v), scale));
      if (roles.bias !== undefined)
        c.absorb('bias', () =>
          total(
            added(
              op,
              seen.map(({ sign, operands }) => ({ sign, v: everything(c, ofBias(c, s, operands[roles.bias!])) })),
            ),
          ),
        );
      c.absorb('stabilizer', () => total(op.Sub(masked, op.Mul(s, z))));
      return part;
    });
    const result = parts.reduce((a, v) => op.Add(a, v));
    return x.map((_, i) => (i === roles.data ? result : null));
  });
}

function added(op: Ops, parts: readonly { readonly sign: 1 | -1; readonly v: Value }[]): Value {
  const [first, ...rest] = parts;
  return rest.reduce((sum, { sign, v }) => (sign === 1 ? op.Add(sum, v) : op.Sub(sum, v)), first!.sign === 1 ? first!.v : op.Neg(first!.v));
}

const factorsOf = ({ x, needs }: Context): number => x.filter((v, i) => v !== undefined && needs(i)).length;

/** Products of single elements, whose shares are known without dividing: a quotient's relevance goes to what is divided. */
const elementwise: { readonly [opType: string]: (c: Context) => readonly (Value | null)[] } = {
  Mul: (c) => c.x.map((_, i) => (c.needs(i) ? c.op.Div(c.g, factorsOf(c)) : null)),
  Div: (c) => (c.needs(0) ? [c.g, null] : [null, c.g]),
};

/** Factors of a product share its relevance equally. Achtibat et al. 2024, section 3.3.1. */
export const uniform = (epsilon: number): AnyRule =>
  anyRule((c) => {
    const { op, node, x, y, g } = c;
    const known = Object.hasOwn(elementwise, node.opType) ? elementwise[node.opType] : undefined;
    if (known !== undefined) return known(c);
    const factors = factorsOf(c);
    const s = divided(op, g, y, epsilon);
    const part = op.Div(s, factors);
    const backs = vjpOf(c)({ ...c, g: part, gs: [part] } as never);
    c.absorb('stabilizer', () => op.Sub(g, op.Mul(s, y)));
    return x.map((v, i) => (v !== undefined && c.needs(i) && backs[i] ? op.Mul(v, backs[i]) : null));
  });

/** What opens and closes: its result weighs another value. */
const GATES = new Set(['Sigmoid', 'HardSigmoid']);

/** A gate only weighs, so its signal takes all. Arras et al. 2019, doi:10.1007/978-3-030-28954-6_11, section 11.3.3. Other products share equally. */
export const gated = (epsilon: number): AnyRule => {
  const equally = uniform(epsilon) as unknown as (c: AnyContext) => readonly (Value | null | undefined)[];
  return anyRule((c) => {
    const factors = c.x.flatMap((v, i) =>
      v !== undefined && c.needs(i) ? [{ i, gate: isMadeBy(c, v, ({ opType }) => GATES.has(opType)) }] : [],
    );
    const signals = factors.filter(({ gate }) => !gate);
    const plain = Object.hasOwn(elementwise, c.node.opType);
    return plain && signals.length === 1 && factors.length > 1 ? c.x.map((_, i) => (i === signals[0]!.i ? c.g : null)) : equally(c);
  });
};

/** Operators that add up: constants among their operands take a share. */
const ADDING = new Set(['Add', 'Sub', 'Sum', 'Mean']);

/** Each operand of a sum, and each element of an average, takes its share of the result. */
export const proportional = (epsilon: number): AnyRule =>
  anyRule((c) => {
    const { op, b, x, y, g } = c;
    const s = divided(op, g, y, epsilon);
    const backs = vjpOf(c)({ ...c, g: s, gs: [s] } as never);
    const parts = x.map((v, i) => (v !== undefined && c.needs(i) && backs[i] ? op.Mul(v, backs[i]) : null));
    // A mask of -inf takes no relevance: 0 * inf must be 0.
    const shared = (a: Value, v: Value): Value => op.Where(op.Equal(a, 0), 0, op.Mul(a, v));
    if (ADDING.has(c.node.opType))
      c.absorb('bias', () => {
        const all = vjpOf(c)({ ...c, g: s, gs: [s], needs: () => true } as never);
        const constants = x.flatMap((v, i) => (v !== undefined && !c.needs(i) && all[i] ? [everything(c, shared(all[i], v))] : []));
        return constants.reduce((a, v) => op.Add(a, v), b.scalar(0, g.type.dtype as 'float32'));
      });
    c.absorb('stabilizer', () => op.Sub(g, shared(s, y)));
    return parts;
  });

/** Relevance passes unchanged to the value an operator changes on its own. */
export const pass: AnyRule = anyRule(({ node, g, needs }) => {
  const data = node.inputs.findIndex((_, i) => needs(i));
  return node.inputs.map((_, i) => (i === data ? g : null));
});

/** Operators that put values together. */
const JOINING = new Set(['Concat', 'Where', 'Max', 'Min', 'ScatterElements', 'ScatterND']);

const PADDING = new Set(['Pad']);

/** Relevance goes back as a gradient does: for operators that only move or select, where that conserves it. */
export const routed: AnyRule = anyRule((c) => {
  const parts = vjpOf(c)(c as never) as readonly (Value | null)[];
  // What was given to padding is gone.
  if (PADDING.has(c.node.opType)) c.absorb('dropped', () => c.op.Sub(everything(c, c.g), everything(c, parts[0]!)));
  // What went to constants stays there: a class token beside patches, what a mask puts in.
  if (JOINING.has(c.node.opType))
    c.absorb('bias', () => {
      const all = vjpOf(c)({ ...c, needs: () => true } as never) as readonly (Value | null)[];
      const constants = all.flatMap((part, i) => (part && !c.needs(i) ? [everything(c, part)] : []));
      return constants.reduce((a, v) => c.op.Add(a, v), c.b.scalar(0, c.g.type.dtype as 'float32'));
    });
  return parts;
});
