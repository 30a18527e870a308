import type { AttrValue, Builder, Node, Value } from '@vitrine/ir';
import { attrsOf, dtypes, isFloat } from '@vitrine/ir';
import type { AnyRule, JointRule, RuleSet } from '../../rule.js';
import type { AnyContext } from '../lrp.js';
import { backThrough, minus, plus } from '../lrp.js';
import { apart, change, inputAt, moves, movingInputs, plainly } from './lift.js';
import type { Reference } from './reference.js';

/** Δv in two parts: what raises v, and what lowers it. */
interface Parts {
  readonly plus: Value;
  readonly minus: Value;
}
type Attributes = { readonly [name: string]: AttrValue };

/** Parts below this are rounding: their multiplier is the derivative at x. */
const SLIGHT = 1e-6;

type Role = 'mixing' | 'bending' | 'adding' | 'shifting' | 'other';
/** What an operator does to the two parts where one operand moves, at this position, and where several do. */
type RoleOf = (at: number, several: boolean) => Role;

const mixing: RoleOf = (at, several) => (several || at > 1 ? 'other' : 'mixing');
const bending: RoleOf = (at, several) => (several || at > 0 ? 'other' : 'bending');
/** Moves, or adds up with weights that are not negative. */
const adding: RoleOf = () => 'adding';

const roles: { readonly [opType: string]: RoleOf } = {
  ...each('Conv ConvTranspose Gemm MatMul', mixing),
  ...each(
    'Abs Atan Celu Clip Elu Erf Exp Gelu HardSigmoid HardSwish LeakyRelu Mish Relu Selu Sigmoid Softplus Softsign Tanh ThresholdedRelu',
    bending,
  ),
  ...each('AveragePool GlobalAveragePool Mean ReduceMean ReduceSum Sum', adding),
  Add: (_, several) => (several ? 'adding' : 'shifting'),
  Sub: (at, several) => (several || at > 0 ? 'other' : 'shifting'),
};

function each(names: string, role: RoleOf): { readonly [opType: string]: RoleOf } {
  return Object.fromEntries(names.split(' ').map((name) => [name, role]));
}

function roleOf(node: Node, at: Reference): Role {
  const [first, ...others] = movingInputs({ node }, at);
  return first === undefined || !Object.hasOwn(roles, node.opType) ? 'other' : roles[node.opType]!(first, others.length > 0);
}

/** Finds the two parts of Δv from how v is made. Shrikumar et al. 2017, sections 3.3 and 3.5. */
function partsOf(b: Builder, at: Reference): (v: Value) => Parts {
  const { op } = b;
  const found = new Map<Value, Parts>();
  const bySign = (v: Value): Parts => {
    const d = change(op, { x: v, x0: at(v) });
    return { plus: plus(op, d), minus: minus(op, d) };
  };
  const make = (v: Value): Parts => {
    const node = b.producer(v);
    if (node === undefined) return bySign(v);
    const again = (inputs: readonly (Value | undefined)[]): Value => b.node(node.opType, inputs, attrsOf(node) as Attributes)[0]!;
    const [data] = movingInputs({ node }, at);
    switch (roleOf(node, at)) {
      case 'shifting':
        return parts(node.inputs[data!]!);
      case 'mixing': {
        // Δy⁺ = W⁺ Δx⁺ + W⁻ Δx⁻ by the sign of each wΔx, without the bias.
        const d = change(op, { x: node.inputs[data!]!, x0: at(node.inputs[data!]!) });
        const w = node.inputs[1 - data!]!;
        const through = (dx: Value, weight: Value): Value => again(data === 0 ? [dx, weight] : [weight, dx]);
        const [risen, fallen, up, down] = [plus(op, d), minus(op, d), plus(op, w), minus(op, w)];
        // Not as what the other leaves of Δy: a part that is 0 must be 0.
        return { plus: op.Add(through(risen, up), through(fallen, down)), minus: op.Add(through(risen, down), through(fallen, up)) };
      }
      case 'adding': {
        const signed = node.inputs.map((x) => (x === undefined || !moves(at, x) ? undefined : bySign(x)));
        const side = (which: keyof Parts): Value =>
          again(node.inputs.map((x, i) => signed[i]?.[which] ?? (x && i < summands(node) ? op.Mul(x, 0) : x)));
        return { plus: side('plus'), minus: side('minus') };
      }
      case 'bending': {
        // Each part's effect alone and on top of the other, averaged.
        const x0 = at(node.inputs[0]!);
        const p = parts(node.inputs[0]!);
        const f = (x: Value): Value => again([x, ...node.inputs.slice(1)]);
        const [up, down] = [f(op.Add(x0, p.plus)), f(op.Add(x0, p.minus))];
        const half = (alone: Value, other: Value): Value => op.Mul(op.Add(op.Sub(alone, at(v)), op.Sub(v, other)), 0.5);
        return { plus: half(up, down), minus: half(down, up) };
      }
      case 'other':
        return bySign(v);
    }
  };
  const parts = (v: Value): Parts => {
    let made = found.get(v);
    if (made === undefined) found.set(v, (made = make(v)));
    return made;
  };
  return parts;
}

const summands = ({ opType, inputs }: Node): number => (['Add', 'Mean', 'Sum'].includes(opType) ? inputs.length : 1);

/**
 * DeepLIFT with RevealCancel: two lanes, the multipliers of Δx⁺ and of Δx⁻. Layers between send each the way its sign goes;
 * operators without two parts pass what `rescale` says. Shrikumar et al. 2017, section 3.5.3 and appendix.
 */
export function revealCancel(at: Reference, rescale: RuleSet): RuleSet {
  let parts: ((v: Value) => Parts) | undefined;
  return (node) => {
    const plain = rescale(node);
    if (plain === undefined || !node.outputs.some((v) => moves(at, v))) return plain;
    const joint: JointRule['joint'] = (given) => {
      const cs = given as unknown as readonly [AnyContext, AnyContext];
      const c = cs[0];
      parts ??= partsOf(c.b, at);
      const [data] = movingInputs(c, at);
      const both = (list: readonly (Value | null | undefined)[]): readonly (readonly (Value | null | undefined)[])[] => [list, list];
      const only = (signal: Value): readonly (Value | null)[] => node.inputs.map((_, i) => (i === data ? signal : null));
      switch (roleOf(node, at)) {
        case 'shifting':
          return cs.map(({ g }) => only(g));
        case 'mixing':
          return both(only(mixed(cs, at, data!)));
        case 'adding': {
          const [up, down] = cs.map((lane) => plainly(lane)) as [readonly Value[], readonly Value[]];
          return both(node.inputs.map((v, i) => (moves(at, v) && up[i] ? bySign(c, inputAt(c, at, i), up[i], down[i]!) : null)));
        }
        case 'bending': {
          const [p, q] = [parts(node.inputs[0]!), parts(node.outputs[0]!)];
          return cs.map((lane, i) => {
            const { op, g } = lane;
            const [dx, dy] = i === 0 ? [p.plus, q.plus] : [p.minus, q.minus];
            return only(op.Where(apart(op, dx, SLIGHT), op.Mul(g, op.Div(dy, dx)), plainly(lane)[0]!));
          });
        }
        case 'other':
          return both((plain as AnyRule)(merged(cs, at) as never));
      }
    };
    return { joint };
  };
}

/** Of two multipliers, that of the part that Δx is; their mean where it is 0. */
function bySign({ op }: Pick<AnyContext, 'op'>, v: Parameters<typeof change>[1], up: Value, down: Value): Value {
  if (up === down) return up;
  const real = (w: Value): Value => (isFloat(w.type.dtype) ? w : op.Cast(w, { to: dtypes[up.type.dtype as 'float32'].code }));
  const d = change(op, { x: real(v.x), x0: real(v.x0) });
  return op.Where(op.Greater(d, 0), up, op.Where(op.Less(d, 0), down, op.Mul(op.Add(up, down), 0.5)));
}

/** Both lanes as one, for outputs whose Δ has one sign only. */
function merged([first, second]: readonly [AnyContext, AnyContext], at: Reference): AnyContext {
  const { node } = first;
  const gs = first.gs.map((g, i) => {
    const y = node.outputs[i];
    return g === undefined || y === undefined ? g : bySign(first, { x: y, x0: at(y) }, g, second.gs[i]!);
  });
  return { ...first, gs, g: gs[0]! };
}

/** w m⁺ where w Δx > 0, w m⁻ where it is < 0, half of each where it is 0. */
function mixed([first, second]: readonly [AnyContext, AnyContext], at: Reference, data: number): Value {
  const { op, x, y } = first;
  const w = x[1 - data]!;
  const back = (g: Value, weight: Value): Value => {
    const operands = data === 0 ? [x[0], weight] : [weight, x[1]];
    return backThrough(first, operands, y, g, data);
  };
  if (first.g === second.g) return back(first.g, w);
  const [raising, lowering] = [plus(op, w), minus(op, w)];
  const up = op.Add(back(first.g, raising), back(second.g, lowering));
  const down = op.Add(back(first.g, lowering), back(second.g, raising));
  return bySign(first, inputAt(first, at, data), up, down);
}

/** The multiplier of an attributed value, from its two. */
export const mergedMultiplier = (b: Builder, at: Reference, v: Value, [up, down]: readonly [Value, Value]): Value =>
  bySign(b, { x: v, x0: at(v) }, up, down);
