import { span, tensorOf, windows, type Builder, type Value, type Window } from '@vitrine/ir';
import { extents } from '../fit.js';
import type { RuleContext, RuleTable } from '../rule.js';

/** A convolution's geometry: windows over an input of these spatial extents, in channel groups. */
export interface Geometry {
  readonly windows: readonly Window[];
  readonly input: readonly number[];
  readonly output: readonly number[];
  readonly group: number;
}

/** The kernel [O, I/group, k…] as the backward convolution wants it, [I, O/group, k…], taps reversed. Constants: made once, when the session is created. */
function flipped(b: Builder, w: Value, group: number): Value {
  const { op } = b;
  const [out, perGroup, ...kernel] = w.type.shape as readonly number[];
  const axes = kernel.map((_, i) => i + 2).filter((axis) => kernel[axis - 2]! > 1);
  const reversed =
    axes.length === 0
      ? w
      : op.Slice(w, b.ints(axes.map(() => -1)), b.ints(axes.map(() => -(2 ** 31))), b.ints(axes), b.ints(axes.map(() => -1)));
  const spatial = kernel.map((_, i) => i + 2);
  if (group === 1) return op.Transpose(reversed, { perm: [1, 0, ...spatial] });
  if (perGroup === 1 && out === group) return reversed;
  const apart = op.Reshape(reversed, b.ints([group, out! / group, perGroup!, ...kernel]));
  const turned = op.Transpose(apart, { perm: [0, 2, 1, ...spatial.map((axis) => axis + 1)] });
  return op.Reshape(turned, b.ints([group * perGroup!, out! / group, ...kernel]));
}

/**
 * What a convolution with `w` [O, I/group, k…] passes back to its input from a signal g [N,O,…].
 * Without strides that is a convolution with the flipped kernel, the one form ONNX Runtime has fast kernels for.
 */
export function convBackward(b: Builder, g: Value, w: Value, { windows: spatial, input, output, group }: Geometry): Value {
  const { op } = b;
  const strided = spatial.some(({ stride }) => stride > 1);
  if (!strided) {
    const begins = spatial.map((s) => span(s) - 1 - s.padBegin);
    const ends = spatial.map((s, i) => input[i]! - (output[i]! + begins[i]!) + span(s) - 1);
    return padded(b, g, begins, ends, (x, pads) =>
      op.Conv(x, flipped(b, w, group), { pads, dilations: spatial.map((s) => s.dilation), group, kernel_shape: kernelOf(w) }),
    );
  }
  const extra = spatial.map((s, i) => input[i]! - ((output[i]! - 1) * s.stride - s.padBegin - s.padEnd + span(s)));
  const spread = op.ConvTranspose(g, w, {
    strides: spatial.map((s) => s.stride),
    dilations: spatial.map((s) => s.dilation),
    pads: [...spatial.map((s) => s.padBegin), ...spatial.map((s) => s.padEnd)],
    output_padding: extra,
    group,
    kernel_shape: kernelOf(w),
  });
  return blocked(b, spread);
}

/** Channels come in blocks of at most so many in the layout that convolutions run in. */
const BLOCK = 16;

/**
 * The same numbers, out of a convolution that computes nothing: a transposed one leaves the blocked layout, and what its result is added to
 * would follow, through all layers to the next. Reordering once costs less.
 */
function blocked(b: Builder, v: Value): Value {
  const shape = v.type.shape as readonly number[];
  if (shape.length !== 4 || shape[1]! % BLOCK !== 0 || v.type.dtype !== 'float32') return v;
  const ones = b.initializer(tensorOf('float32', [shape[1]!, 1, 1, 1], new Array(shape[1]).fill(1)), 'ones');
  return b.op.Conv(v, ones, { group: shape[1]!, kernel_shape: [1, 1] });
}

const kernelOf = (w: Value): readonly number[] => (w.type.shape as readonly number[]).slice(2);

/** Convolutions take no negative pads; those are cut off first. */
function padded(
  b: Builder,
  g: Value,
  begins: readonly number[],
  ends: readonly number[],
  conv: (x: Value, pads: readonly number[]) => Value,
): Value {
  const cut = [...begins, ...ends].map((p) => Math.min(p, 0));
  const n = begins.length;
  const x = cut.every((p) => p === 0) ? g : b.op.Pad(g, b.ints([0, 0, ...cut.slice(0, n), 0, 0, ...cut.slice(n)]));
  return conv(
    x,
    [...begins, ...ends].map((p) => Math.max(p, 0)),
  );
}

type Convolution = RuleContext<'Conv'>;

function geometry(c: Convolution): Geometry {
  const {
    node,
    x: [x, w],
    y,
    attrs,
  } = c;
  const [input, output] = [extents(x, node).slice(2), extents(y, node).slice(2)];
  return { windows: windows(c, attrs, extents(w, node).slice(2), input), input, output, group: attrs.group };
}

/** The signal at a kernel that depends on the input: x and g trade places, examples and channels too. */
function kernelSignal(c: Convolution, { windows: spatial, group }: Geometry): Value {
  const {
    op,
    b,
    node,
    x: [x, w],
    g,
  } = c;
  const turn = (v: Value): Value => op.Transpose(v, { perm: [1, 0, ...spatial.map((_, i) => i + 2)] });
  const parts = (v: Value): readonly Value[] =>
    group === 1 ? [v] : op.Split(v, b.ints(new Array(group).fill(extents(v, node)[1]! / group)), { axis: 1, outputs: group });
  const gs = parts(g);
  const signals = parts(x).map((part, i) => {
    const full = padded(
      b,
      turn(part),
      spatial.map((s) => s.padBegin),
      spatial.map((s) => s.padEnd),
      (v, pads) => op.Conv(v, turn(gs[i]!), { pads, strides: spatial.map((s) => s.dilation), dilations: spatial.map((s) => s.stride) }),
    );
    const kernel = kernelOf(w);
    return turn(op.Slice(full, b.ints(kernel.map(() => 0)), b.ints(kernel), b.ints(kernel.map((_, k) => k + 2))));
  });
  return signals.length === 1 ? signals[0]! : op.Concat(...signals, { axis: 0 });
}

const sumOverChannels = ({ op, b, node, g }: Pick<RuleContext, 'op' | 'b' | 'node' | 'g'>): Value =>
  op.ReduceSum(
    g,
    b.ints(
      extents(g, node)
        .map((_, i) => i)
        .filter((i) => i !== 1),
    ),
    { keepdims: 0 },
  );

const conv = (c: Convolution): readonly [Value | null, Value | null, Value | null] => {
  const shape = geometry(c);
  return [
    c.needs(0) ? convBackward(c.b, c.g, c.x[1], shape) : null,
    c.needs(1) ? kernelSignal(c, shape) : null,
    c.needs(2) ? sumOverChannels(c) : null,
  ];
};

/** A transposed convolution is a convolution's backward, so its backward is that convolution. */
const convTranspose = (c: RuleContext<'ConvTranspose'>): readonly [Value | null, Value | null, Value | null] => {
  const {
    op,
    b,
    node,
    x: [x, w],
    y,
    g,
    attrs,
    needs,
  } = c;
  const [input, output] = [extents(x, node).slice(2), extents(y, node).slice(2)];
  const spatial = transposedWindows(c, input, output);
  const strides = spatial.map((s) => s.stride);
  const dilations = spatial.map((s) => s.dilation);
  const forX = (): Value =>
    padded(
      b,
      g,
      spatial.map((s) => s.padBegin),
      spatial.map((s) => s.padEnd),
      (v, pads) => {
        const out = op.Conv(v, w, { pads, strides, dilations, group: attrs.group, kernel_shape: kernelOf(w) });
        return (out.type.shape as readonly number[]).slice(2).every((d, i) => d === input[i])
          ? out
          : op.Slice(out, b.ints(input.map(() => 0)), b.ints(input), b.ints(input.map((_, i) => i + 2)));
      },
    );
  const forW = (): Value =>
    kernelSignal({ ...c, x: [g, w], g: x, attrs: {} } as never, { windows: spatial, input: output, output: input, group: attrs.group });
  return [needs(0) ? forX() : null, needs(1) ? forW() : null, needs(2) ? sumOverChannels(c) : null];
};

/** Windows of the convolution that a ConvTranspose undoes; pads follow from the shapes, whatever attribute set them. */
function transposedWindows(c: RuleContext<'ConvTranspose'>, input: readonly number[], output: readonly number[]): readonly Window[] {
  const { attrs } = c;
  const kernel = kernelOf(c.x[1]);
  const plain = windows(c, { ...attrs, auto_pad: 'NOTSET' }, kernel, input);
  const automatic = attrs.auto_pad !== 'NOTSET' && attrs.auto_pad !== 'VALID';
  return plain.map((s, i) => {
    if (!automatic && !attrs.output_shape?.length) return attrs.auto_pad === 'VALID' ? { ...s, padBegin: 0, padEnd: 0 } : s;
    const total = Math.max(0, (input[i]! - 1) * s.stride + (attrs.output_padding?.[i] ?? 0) + span(s) - output[i]!);
    const [small, large] = [Math.floor(total / 2), total - Math.floor(total / 2)];
    return attrs.auto_pad === 'SAME_UPPER' ? { ...s, padBegin: small, padEnd: large } : { ...s, padBegin: large, padEnd: small };
  });
}

/** Convolutions. */
export const convolution = {
  Conv: conv,
  ConvTranspose: convTranspose,
} satisfies RuleTable;
