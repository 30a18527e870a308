import { dtypes, isFloat, type Node, type Value } from '@vitrine/ir';
import type { DecompositionContext } from '../../canonize/decomposition.js';

type Common = Pick<DecompositionContext, 'b' | 'fail' | 'op'>;
type Step = (c: Common, u: Value, v: Value, node: Node) => Value;

const real = ({ op }: Common, w: Value): Value => (isFloat(w.type.dtype) ? w : op.Cast(w, { to: dtypes.float32.code }));
const not = ({ op }: Common, s: Value): Value => op.Sub(1, s);
/** 1, 0 or −1 as p is above, at or below q. */
const sign = (c: Common, p: Value, q: Value): Value => c.op.Sign(c.op.Sub(real(c, p), real(c, q)));
const above: Step = (c, p, q) => c.op.Relu(sign(c, p, q));
/** The operator on the step, for those that only lay it out otherwise. */
const laidOut: Step = (c, u, _, { opType, inputs, attrs }) => c.b.node(opType, [step(c, u), ...inputs.slice(1)], attrs)[0]!;

const steps: { readonly [opType: string]: Step } = {
  And: (c, u, v) => c.op.Mul(step(c, u), step(c, v)),
  Cast: (c, u) => (u.type.dtype === 'bool' ? step(c, u) : c.op.Abs(c.op.Sign(real(c, u)))),
  Equal: (c, u, v, node) => (u.type.dtype === 'bool' ? unknown(c, node) : not(c, c.op.Abs(sign(c, u, v)))),
  Expand: laidOut,
  Greater: above,
  GreaterOrEqual: (c, u, v, node) => not(c, above(c, v, u, node)),
  Identity: laidOut,
  Less: (c, u, v, node) => above(c, v, u, node),
  LessOrEqual: (c, u, v, node) => not(c, above(c, u, v, node)),
  Not: (c, u) => not(c, step(c, u)),
  Or: (c, u, v) => not(c, c.op.Mul(not(c, step(c, u)), not(c, step(c, v)))),
  Reshape: laidOut,
  Squeeze: laidOut,
  Transpose: laidOut,
  Unsqueeze: laidOut,
};

/** 1 where the condition holds, else 0, as arithmetic: what it hangs on takes its part of Δ. @throws RuleError */
export function step(c: Common, condition: Value): Value {
  const made = c.b.producer(condition);
  if (made === undefined) return real(c, condition);
  const [u, v] = made.inputs;
  return Object.hasOwn(steps, made.opType) ? steps[made.opType]!(c, u!, v!, made) : unknown(c, made);
}

const unknown = (c: Common, { opType, name }: Node): never =>
  c.fail(
    `chooses by ${opType} (at ${name}), whose truth depends on what is explained in a way that DeepLIFT cannot follow: explain from a value behind this node`,
  );

/** Operators with poles, and the operand that makes them. */
const POLES: ReadonlyMap<string, number> = new Map([
  ['Div', 1],
  ['Log', 0],
  ['Pow', 0],
  ['Reciprocal', 0],
  ['Sqrt', 0],
]);

/** A branch whose operand is 1 where it is not chosen: at a pole its value would count at the other point. */
export function guarded({ op, b }: Common, chosen: Value, branch: Value, when: boolean): Value {
  const made = b.producer(branch);
  const pole = made && POLES.get(made.opType);
  if (made === undefined || pole === undefined) return branch;
  const inputs = made.inputs.map((v, i) => (i !== pole ? v : when ? op.Where(chosen, v!, 1) : op.Where(chosen, 1, v!)));
  return b.node(made.opType, inputs, made.attrs)[0]!;
}
