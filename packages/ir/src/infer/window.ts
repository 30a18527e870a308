import { repeated } from '../tensor.js';
import type { Dim, Shape } from '../graph.js';
import type { InferContext } from './context.js';

/** The attributes that Conv, ConvTranspose and the pools share. */
export interface WindowAttrs {
  readonly auto_pad?: string | undefined;
  readonly ceil_mode?: number | undefined;
  readonly dilations?: readonly number[] | undefined;
  readonly pads?: readonly number[] | undefined;
  readonly strides?: readonly number[] | undefined;
}

/** A sliding window along one axis, in elements. */
export interface Window {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly padBegin: number;
  readonly padEnd: number;
}

export const span = ({ kernel, dilation }: Pick<Window, 'kernel' | 'dilation'>): number => (kernel - 1) * dilation + 1;

/** The windows of a node over its spatial axes, auto_pad resolved. Extents matter for SAME_* only. @throws through `c.fail` on impossible attributes */
export function windows(c: Pick<InferContext, 'fail'>, attrs: WindowAttrs, kernel: readonly number[], extents: Shape): readonly Window[] {
  const n = kernel.length;
  const per = (list: readonly number[] | undefined, fallback: number, length: number, name: string, least: number): readonly number[] => {
    if (list === undefined || list.length === 0) return repeated(length, fallback);
    if (list.length !== length || list.some((v) => !Number.isInteger(v) || v < least))
      c.fail(`${name} [${list.join(',')}] do not fit ${n} spatial axes`);
    return list;
  };
  if (extents.length !== n) c.fail(`a kernel of ${n} axes does not fit ${extents.length} spatial axes`);
  const strides = per(attrs.strides, 1, n, 'strides', 1);
  const dilations = per(attrs.dilations, 1, n, 'dilations', 1);
  const pads = per(attrs.pads, 0, 2 * n, 'pads', -Infinity);
  const mode = attrs.auto_pad ?? 'NOTSET';
  return kernel.map((k, i) => {
    if (!(k >= 1)) c.fail(`kernel_shape [${kernel.join(',')}] must be positive`);
    const window = { kernel: k, stride: strides[i]!, dilation: dilations[i]!, padBegin: pads[i]!, padEnd: pads[n + i]! };
    if (mode === 'NOTSET' || mode === '') return window;
    if (mode === 'VALID') return { ...window, padBegin: 0, padEnd: 0 };
    if (mode !== 'SAME_UPPER' && mode !== 'SAME_LOWER') c.fail(`auto_pad ${mode} is not one that ONNX defines`);
    const extent = extents[i]!;
    if (typeof extent === 'string') {
      // Only stride 1 pads alike whatever the extent.
      if (window.stride !== 1) return { ...window, padBegin: NaN, padEnd: NaN };
      return { ...window, ...split(span(window) - 1, mode) };
    }
    const total = Math.max(0, (Math.ceil(extent / window.stride) - 1) * window.stride + span(window) - extent);
    return { ...window, ...split(total, mode) };
  });
}

const split = (total: number, mode: string): { padBegin: number; padEnd: number } => {
  const small = Math.floor(total / 2);
  return mode === 'SAME_UPPER' ? { padBegin: small, padEnd: total - small } : { padBegin: total - small, padEnd: small };
};

/** Number of window positions along an axis. ceil_mode keeps a last window that starts inside the input or its left pad. */
export function positions(c: Pick<InferContext, 'fail' | 'fresh'>, extent: Dim, window: Window, attrs: WindowAttrs): Dim {
  const { stride, padBegin, padEnd } = window;
  const mode = attrs.auto_pad;
  if (typeof extent === 'string') return stride === 1 && padBegin + padEnd === span(window) - 1 ? extent : c.fresh();
  if (mode === 'SAME_UPPER' || mode === 'SAME_LOWER') return Math.ceil(extent / stride);
  const room = extent + padBegin + padEnd - span(window);
  if (room < 0) return c.fail(`a window of ${span(window)} does not fit an extent of ${extent} with pads ${padBegin} and ${padEnd}`);
  if (!attrs.ceil_mode) return Math.floor(room / stride) + 1;
  const count = Math.ceil(room / stride) + 1;
  return (count - 1) * stride >= extent + padBegin ? count - 1 : count;
}
