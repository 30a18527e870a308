import type { Dim, TensorType } from '../graph.js';
import { axisOf, dtypeFrom, listOf, numbersOf, shapeOf, type InferContext, type InferTable } from './context.js';

/** Spectra, and the windows and filters they are taken with. Complex numbers are pairs in a last axis of 2. */
export const signal = {
  BlackmanWindow: (c) => [window(c)],
  HammingWindow: (c) => [window(c)],
  HannWindow: (c) => [window(c)],
  DFT: (c) => {
    const x = shapeOf(c.x[0]);
    const last = x.length - 1;
    const { inverse, onesided } = c.attrs;
    // Half a spectrum comes back as a real signal.
    const parts = inverse === 1 && onesided === 1 ? 1 : 2;
    // Without an axis it is the one before the pairs.
    const [at] = c.x[2] === undefined ? [-2] : (numbersOf(c.x[2]) ?? []);
    if (at === undefined) return [x.map((_, i) => (i === last ? parts : c.fresh()))];
    const axis = axisOf(c, at, x.length);
    const own = x[axis]!;
    const whole = parts === 2 ? own : typeof own === 'number' ? 2 * (own - 1) : c.fresh();
    const length = c.x[1] === undefined ? whole : (listOf(c.x[1])?.[0] ?? c.fresh());
    const bins = onesided === 1 && parts === 2 ? half(c, length) : length;
    return [x.map((dim, i) => (i === last ? parts : i === axis ? bins : dim))];
  },
  STFT: (c) => {
    const [signal_, step, frames, given] = c.x;
    const [batch, extent] = shapeOf(signal_) as readonly [Dim, Dim];
    const length = (given && listOf(given)?.[0]) ?? (frames && shapeOf(frames)[0]) ?? c.fresh();
    const [by] = numbersOf(step) ?? [];
    const all = [extent, length, by].every((v) => typeof v === 'number');
    const count = all ? Math.floor(((extent as number) - (length as number)) / by!) + 1 : c.fresh();
    return [[batch, count, c.attrs.onesided === 1 ? half(c, length) : length, 2]];
  },
  MelWeightMatrix: (c) => {
    const [bins, length] = [listOf(c.x[0])?.[0] ?? c.fresh(), listOf(c.x[1])?.[0] ?? c.fresh()];
    return [{ dtype: dtypeFrom(c, c.attrs.output_datatype), shape: [half(c, length), bins] }];
  },
} satisfies InferTable;

/** Frequencies of a real signal: the others mirror them. */
const half = (c: Pick<InferContext, 'fresh'>, length: Dim): Dim => (typeof length === 'number' ? Math.floor(length / 2) + 1 : c.fresh());

const window = (c: InferContext<'BlackmanWindow' | 'HammingWindow' | 'HannWindow'>): TensorType => ({
  dtype: dtypeFrom(c, c.attrs.output_datatype),
  shape: [listOf(c.x[0])?.[0] ?? c.fresh()],
});
