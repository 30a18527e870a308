import { dtypes, tensorOf, type Value } from '@vitrine/ir';
import type { DecompositionContext } from '../../decomposition.js';

export type Making = Pick<DecompositionContext, 'b' | 'op'>;

/** What stands outside of the input: nothing, its border, or its mirror image. */
export type Outside = 'border' | 'reflection' | 'zeros';

/** The elements along one axis that make up the value at each position: where they are and what they count, [..., taps]. */
export interface Taps {
  /** int64, all inside. */
  readonly at: Value;
  readonly weight: Value;
}

/** Keys' kernel with the parameter that PyTorch and ONNX use. */
const CUBIC = -0.75;

/** Positions of an axis folded back between low and high, as in a pair of mirrors. */
export function reflected({ op }: Making, position: Value, low: number, high: number): Value {
  const span = high - low;
  if (span === 0) return op.Add(op.Mul(position, 0), low);
  const travelled = op.Mod(op.Abs(op.Sub(position, low)), 2 * span, { fmod: 1 });
  return op.Add(op.Sub(span, op.Abs(op.Sub(travelled, span))), low);
}

interface Axis {
  readonly extent: number;
  readonly outside: Outside;
  /** Where mirrors stand. */
  readonly edge: readonly [number, number];
}

/** Taps at whole offsets from `base` [...], each with its weight [..., taps]; what falls outside is moved in or counts nothing. */
function tapsAt(c: Making, base: Value, offsets: readonly number[], weight: Value, { extent, outside, edge }: Axis): Taps {
  const { op, b } = c;
  const dtype = base.type.dtype as 'float32';
  const steps = b.initializer(tensorOf(dtype, [offsets.length], offsets), 'offsets');
  const raw = op.Add(op.Unsqueeze(base, b.ints([-1])), steps);
  const index = (v: Value): Value => op.Cast(op.Clip(v, 0, extent - 1), { to: dtypes.int64.code });
  if (outside === 'reflection') return { at: index(op.Round(reflected(c, raw, ...edge))), weight };
  if (outside === 'border') return { at: index(raw), weight };
  const inside = op.And(op.GreaterOrEqual(raw, 0), op.LessOrEqual(raw, extent - 1));
  return { at: index(raw), weight: op.Where(inside, weight, 0) };
}

/** How values between elements come about, by ONNX's name: taps for positions [...] along an axis. */
export const interpolations: { readonly [mode: string]: (c: Making, position: Value, axis: Axis) => Taps } = {
  nearest: (c, position, axis) => {
    const base = c.op.Round(position);
    const one = c.b.initializer(tensorOf(position.type.dtype as 'float32', [1], [1]), 'one');
    return tapsAt(c, base, [0], one, axis);
  },
  linear: (c, position, axis) => {
    const { op, b } = c;
    const base = op.Floor(position);
    const part = op.Unsqueeze(op.Sub(position, base), b.ints([-1]));
    return tapsAt(c, base, [0, 1], op.Concat(op.Sub(1, part), part, { axis: -1 }), axis);
  },
  /** Keys 1981, eq. 4, at distances 1 + t, t, 1 − t and 2 − t. */
  cubic: (c, position, axis) => {
    const { op, b } = c;
    const base = op.Floor(position);
    const part = op.Unsqueeze(op.Sub(position, base), b.ints([-1]));
    // Horner's scheme, the highest power first.
    const polynomial = (d: Value, [lead, ...rest]: readonly [number, ...number[]]): Value =>
      rest.reduce((sum, k, i) => (i === 0 ? op.Add(sum, k) : op.Add(op.Mul(sum, d), k)), op.Mul(d, lead));
    const near = (d: Value): Value => polynomial(d, [CUBIC + 2, -(CUBIC + 3), 0, 1]);
    const far = (d: Value): Value => polynomial(d, [CUBIC, -5 * CUBIC, 8 * CUBIC, -4 * CUBIC]);
    const rest = op.Sub(1, part);
    const weight = op.Concat(far(op.Add(part, 1)), near(part), near(rest), far(op.Add(rest, 1)), { axis: -1 });
    return tapsAt(c, base, [-1, 0, 1, 2], weight, axis);
  },
};

/** Taps along several axes as taps in the flat input: every combination, [..., taps × taps …]. */
export function combined({ op, b }: Making, axes: readonly Taps[], extents: readonly number[]): Taps {
  return axes.slice(1).reduce<Taps>((sum, { at, weight }, i) => {
    const pairs = (x: Value, y: Value, join: (x: Value, y: Value) => Value): Value => {
      const joint = join(op.Unsqueeze(x, b.ints([-1])), op.Unsqueeze(y, b.ints([-2])));
      return op.Reshape(joint, b.ints([...(joint.type.shape as readonly number[]).slice(0, -2), -1]));
    };
    return {
      at: pairs(sum.at, at, (x, y) => op.Add(op.Mul(x, extents[i + 1]!), y)),
      weight: pairs(sum.weight, weight, (x, y) => op.Mul(x, y)),
    };
  }, axes[0]!);
}

/** Σ over taps of weight · row: rows [positions, C], taps [..., taps] give [..., C]. */
export function sampled({ op, b }: Making, rows: Value, { at, weight }: Taps): Value {
  const picked = op.Gather(rows, at, { axis: 0 });
  return op.Squeeze(op.MatMul(op.Unsqueeze(weight, b.ints([-2])), picked), b.ints([-2]));
}
