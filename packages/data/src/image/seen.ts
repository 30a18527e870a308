import { numbers, type Tensor } from '@vitrine/ir';
import type { Image } from './image.js';
import type { Preprocess } from './preprocessOptions.js';

/** A model's input [1,C,H,W] or [1,H,W,C] as the picture it was made of, in its pixels: what `preprocess` did to values is undone. */
export function seenIn(
  tensor: Tensor,
  layout: 'NCHW' | 'NHWC',
  { channels: order, scale = 1, mean = [0], std = [1] }: Preprocess = {},
): Image | undefined {
  const [channels, height, width] = (layout === 'NHWC' ? [tensor.dims[3], tensor.dims[1], tensor.dims[2]] : tensor.dims.slice(1)) as [
    number,
    number,
    number,
  ];
  if (tensor.dims.length !== 4 || tensor.dims[0] !== 1 || (channels !== 1 && channels !== 3)) return undefined;
  const values = numbers(tensor);
  const data = new Float32Array(width * height * channels);
  for (let c = 0; c < channels; c++) {
    const to = order === 'BGR' ? channels - 1 - c : c;
    const [m, s] = [mean[mean.length === 1 ? 0 : c]!, std[std.length === 1 ? 0 : c]!];
    for (let p = 0; p < width * height; p++) {
      const v = values[layout === 'NHWC' ? p * channels + c : c * width * height + p]!;
      data[p * channels + to] = Math.min(1, Math.max(0, (v * s + m) / scale));
    }
  }
  return { width, height, channels, data };
}
