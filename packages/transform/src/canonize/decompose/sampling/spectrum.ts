import { numbersOf, tensorOf, type Value } from '@vitrine/ir';
import { extents } from '../../../fit.js';
import type { DecompositionContext, DecompositionTable } from '../../decomposition.js';

/** A discrete Fourier transform: from `given` elements, real or complex, of a signal of this length. */
interface Transform {
  readonly length: number;
  readonly given: number;
  /** 1 for real elements, 2 for complex ones. */
  readonly parts: number;
  readonly inverse: boolean;
  readonly onesided: boolean;
}

/** Frequencies of a real signal: the others are their conjugates. */
const half = (length: number): number => Math.floor(length / 2) + 1;

/** Every element's part in every result: [given × parts, results × parts], and how many results of how many parts there are. */
function matrixOf({ length, given, parts, inverse, onesided }: Transform): {
  readonly values: readonly number[];
  readonly results: number;
  readonly out: number;
} {
  // A one-sided spectrum goes back to a real signal: what is left out counts with its conjugate.
  const toReal = inverse && onesided;
  const results = onesided && !inverse ? half(length) : length;
  const out = toReal ? 1 : 2;
  const sign = inverse ? 1 : -1;
  const mirrored = (i: number): boolean => toReal && i > 0 && 2 * i !== length;
  const share = (i: number): number => (inverse ? 1 / length : 1) * (mirrored(i) ? 2 : 1);
  const values = Array.from({ length: given * parts }, (_, row) => {
    const [i, imaginary] = [Math.floor(row / parts), row % parts === 1];
    return Array.from({ length: results }, (__, k) => {
      // Whole turns are taken off first: large products lose digits.
      const angle = (2 * Math.PI * ((i * k) % length)) / length;
      const [re, im] = [share(i) * Math.cos(angle), share(i) * sign * Math.sin(angle)];
      return (imaginary ? [-im, re] : [re, im]).slice(0, out);
    }).flat();
  }).flat();
  return { values, results, out };
}

/** Transforms the axis before the last of x [..., given, parts]. */
function transformed(
  { op, b, node }: Pick<DecompositionContext, 'b' | 'node' | 'op'>,
  x: Value,
  transform: Omit<Transform, 'given' | 'parts'>,
): Value {
  const dims = extents(x, node);
  const [own, parts] = dims.slice(-2) as [number, number];
  const { inverse, onesided, length } = transform;
  const wanted = inverse && onesided ? half(length) : length;
  const given = Math.min(own, wanted);
  const used = given === own ? x : op.Slice(x, b.ints([0]), b.ints([given]), b.ints([-2]));
  const { values, results, out } = matrixOf({ ...transform, given, parts });
  const matrix = b.initializer(tensorOf(x.type.dtype as 'float32', [given * parts, results * out], values), 'fourier');
  const rest = dims.slice(0, -2);
  return op.Reshape(op.MatMul(op.Reshape(used, b.ints([...rest, given * parts])), matrix), b.ints([...rest, results, out]));
}

function dft(c: DecompositionContext<'DFT'>): readonly [Value] {
  const { op, node, x, attrs } = c;
  const dims = extents(x[0], node);
  const [at] = x[2] === undefined ? [-2] : (numbersOf(x[2]) ?? c.fail('has an axis that only running tells'));
  const axis = at! < 0 ? at! + dims.length : at!;
  const [inverse, onesided] = [attrs.inverse === 1, attrs.onesided === 1];
  const own = inverse && onesided ? 2 * (dims[axis]! - 1) : dims[axis]!;
  const [length] = x[1] === undefined ? [own] : (numbersOf(x[1]) ?? c.fail('has a dft_length that only running tells'));
  const order = dims.map((_, i) => i);
  const swapped = order.with(axis, dims.length - 2).with(dims.length - 2, axis);
  const isLast = axis === dims.length - 2;
  const y = transformed(c, isLast ? x[0] : op.Transpose(x[0], { perm: swapped }), { length: length!, inverse, onesided });
  return [isLast ? y : op.Transpose(y, { perm: swapped })];
}

/** Spectra of frames of a signal [N,T,1|2]. */
function stft(c: DecompositionContext<'STFT'>): readonly [Value] {
  const { op, b, node, x, attrs } = c;
  const [signal, step, window, frame] = x;
  const [, samples, parts] = extents(signal, node) as [number, number, number];
  if (parts === 2) c.fail('is of a complex signal, which ONNX Runtime 1.30 does not compute as the standard says');
  const [stride] = numbersOf(step) ?? c.fail('has a frame_step that only running tells');
  const known = frame === undefined ? undefined : (numbersOf(frame) ?? c.fail('has a frame_length that only running tells'))[0];
  const length = known ?? (window === undefined ? c.fail('has neither a window nor a frame_length') : extents(window, node)[0]!);
  const frames = Math.floor((samples - length) / stride!) + 1;
  const at = Array.from({ length: frames * length }, (_, i) => Math.floor(i / length) * stride! + (i % length));
  const cut = op.Gather(signal, op.Reshape(b.ints(at), b.ints([frames, length])), { axis: 1 });
  const seen = window === undefined ? cut : op.Mul(cut, op.Reshape(window, b.ints([length, 1])));
  return [transformed(c, seen, { length, inverse: false, onesided: attrs.onesided === 1 })];
}

/** Spectra, as products with constant sines and cosines. */
export const spectra = { DFT: dft, STFT: stft } satisfies DecompositionTable;
