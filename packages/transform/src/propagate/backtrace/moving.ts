import { sizeOf, span, tensorOf, windows, type Value, type Window } from '@vitrine/ir';
import { extents } from '../../fit.js';
import { vjps } from '../../vjp/index.js';
import { convBackward } from '../../vjp/conv.js';
import { everything, type AnyContext } from '../lrp.js';
import { keepConstants, type Family, type Parts } from './family.js';

/** A function of one value, element by element or row by row: it takes all. Activations, normalizations, factors. Section 1.5. */
export const passing: Family = {
  single({ node, g, fail }, { carries }) {
    const takers = node.inputs.flatMap((_, i) => (carries(i) ? [i] : []));
    if (takers.length > 1) fail('depends on the input by more than one operand, for which DL-Backtrace has no rule');
    return node.inputs.map((_, i) => (i === takers[0] ? g : null));
  },
};

/** Operators that only move elements: relevance goes back the way they came. Section 1.5. */
export const routing: Family = {
  single(c, place) {
    return keepConstants(c, place, asGradient(c));
  },
};

/** Of what counts as constants beside it the first operand takes all. */
export const firstOnly: Family = { single: ({ g }) => [g] };

/** Padding and masking: what is filled in is a constant. */
export const filling: Family = {
  single(c) {
    const [inside] = asGradient(c) as readonly [Value, ...Parts];
    c.absorb('bias', () => c.op.Sub(everything(c, c.g), everything(c, inside)));
    return [inside];
  },
};

/** The parts of a gradient, for all inputs. */
function asGradient(c: AnyContext): Parts {
  const rule = vjps[c.node.opType as 'Reshape'] as unknown as (c: unknown) => Parts;
  return rule({ ...c, needs: (i: number) => c.node.inputs[i] !== undefined });
}

/** Every maximum of all places takes an equal share. Section 1.4. */
export const globalMaximum: Family = {
  single(c) {
    const { op, b, node, x, y, g } = c;
    const hit = asSignal(c, op.Equal(x[0]!, y));
    const spatial = extents(x[0]!, node).slice(2);
    return [op.Mul(hit, op.Div(g, op.ReduceSum(hit, b.ints(spatial.map((_, i) => i + 2)))))];
  },
};

/** Every maximum of a window takes an equal share. Section 1.4. */
export const maximum: Family = {
  single(c) {
    const { op, b, node, x, y, g } = c;
    const v = x[0]!;
    const dims = extents(v, node);
    const [n, channels, ...input] = dims as readonly [number, number, ...number[]];
    const output = extents(y, node).slice(2);
    const spatial = windows(c as never, c.attrs as never, (c.attrs as { kernel_shape: readonly number[] }).kernel_shape, input);
    // ceil_mode lets the last window run over the end.
    const reach = spatial.map((s, i) => Math.max(s.padBegin + input[i]! + s.padEnd, (output[i]! - 1) * s.stride + span(s)));
    const rows = b.ints([n * channels, 1, ...input]);
    const before = spatial.map((s) => s.padBegin);
    const after = reach.map((size, i) => size - input[i]! - before[i]!);
    const padded = [...before, ...after].some((p) => p > 0)
      ? op.Pad(op.Reshape(v, rows), b.ints([0, 0, ...before, 0, 0, ...after]), b.scalar(LEAST, v.type.dtype as 'float32'))
      : op.Reshape(v, rows);
    // One output channel for each tap: every window beside the others, [N C, taps, …].
    const bare = spatial.map((s): Window => ({ ...s, padBegin: 0, padEnd: 0 }));
    const taps = b.initializer(
      eye(
        spatial.map((s) => s.kernel),
        g.type.dtype as 'float32',
      ),
      'taps',
    );
    const apart = op.Conv(padded, taps, {
      strides: spatial.map((s) => s.stride),
      dilations: spatial.map((s) => s.dilation),
      kernel_shape: spatial.map((s) => s.kernel),
    });
    const column = (u: Value): Value => op.Reshape(u, b.ints([n * channels, 1, ...output]));
    const hit = asSignal(c, op.Equal(apart, column(y)));
    const share = op.Mul(hit, op.Div(column(g), op.ReduceSum(hit, b.ints([1]))));
    const whole = convBackward(b, share, taps, { windows: bare, input: reach, output, group: 1 });
    const axes = b.ints(input.map((_, i) => i + 2));
    const inside = op.Slice(whole, b.ints(before), b.ints(before.map((p, i) => p + input[i]!)), axes);
    return [op.Reshape(inside, b.ints(dims))];
  },
};

/** Below every activation, and finite: 0 times it is 0. */
const LEAST = -3e38;

const asSignal = ({ op, g }: AnyContext, condition: Value): Value => op.CastLike(condition, g);

/** A kernel [K,1,k…] whose channel t is 1 at tap t. */
function eye(kernel: readonly number[], dtype: 'float32' | 'float64') {
  const size = sizeOf(kernel);
  return tensorOf(
    dtype,
    [size, 1, ...kernel],
    Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 1 : 0)),
  );
}
