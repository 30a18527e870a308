import type { Value } from '@vitrine/ir';
import type { Config } from './config.js';
import type { Net } from './net.js';

/** The picture, an input pixel_values [B,C,H,W], in patches that a convolution reads: [B,N,D], N from left to right and from top to bottom. Dosovitskiy et al. 2021, section 3.1. */
export function patches(net: Net, name: string): Value {
  const { op, b, config } = net;
  const [[height, width], patch] = [config.pair('image_size', 224), config.pair('patch_size', 16)];
  const channels = config.size('num_channels', 3);
  if (height < patch[0] || width < patch[1])
    config.refuse(`a patch of ${patch.join(' × ')} does not fit a picture of ${height} × ${width}`);
  const pixels = net.input('pixel_values', { dtype: 'float32', shape: ['batch', channels, height, width] });
  const size = config.size('hidden_size');
  const bias = net.has(`${name}.bias`) ? net.weight(`${name}.bias`, [size]) : undefined;
  const grid = op.Conv(pixels, net.weight(`${name}.weight`, [size, channels, ...patch]), bias, { kernel_shape: patch, strides: patch });
  return op.Transpose(op.Reshape(grid, b.ints([0, size, -1])), { perm: [0, 2, 1] });
}

/** How many patches there are. */
export function patchCount(config: Config): number {
  const [[height, width], [down, across]] = [config.pair('image_size', 224), config.pair('patch_size', 16)];
  return Math.floor(height / down) * Math.floor(width / across);
}

/** The same token [D] before each example's [B,N,D]: [B,N+1,D]. */
export function withFirst({ op, b }: Net, token: Value, x: Value): Value {
  const shape = op.Concat(op.Shape(x, { start: 0, end: 1 }), b.ints([1, 1]), { axis: 0 });
  return op.Concat(op.Expand(token, shape), x, { axis: 1 });
}
