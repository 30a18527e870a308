import { seenIn, type Image, type Segmentation } from '@vitrine/data';
import { tensorOf, type Tensor } from '@vitrine/ir';
import { floats } from '../arithmetic.js';
import { ExplainError } from '../error.js';
import type { Inquiry } from '../inquiry.js';
import { isChannelLast } from '../layout.js';
import { labelled, type Part, type Partition } from './partition.js';

/** Divides pictures by what they show. `segment` is asked about each picture as the model sees it. */
export const superpixels =
  <O>(name: string, segment: (image: Image, options: O) => Segmentation) =>
  ({ x, pictures }: Pick<Inquiry, 'x' | 'pictures'>, options: O, value: string | undefined): Partition | undefined => {
    if (value !== undefined) return undefined;
    return {
      of: `${name} superpixel`,
      parts: [...x].flatMap(([at, tensor]) => {
        const seen = pictures.get(at) ?? stretched(tensor);
        if (seen === undefined)
          throw new ExplainError(
            'bad-option',
            `parts=${name} divides pictures of 1 or 3 channels, and ${at} has shape [${tensor.dims.join(',')}]: use grid=RxC, axis=K or a .npy file of labels`,
          );
        const found = segment(seen, options);
        const dims = isChannelLast(tensor.dims) ? [found.height, found.width, 1] : [found.height, found.width];
        const middles = middlesOf(found);
        const { parts } = labelled(new Map([[at, tensor]]), new Map([[at, tensorOf('int32', dims, found.labels)]]));
        return parts.map((part, k): Part => ({ ...part, name: `${x.size > 1 ? `${at} ` : ''}${k} at ${middles[k]}` }));
      }),
    };
  };

/** A picture of which nothing is known but its numbers, brought to 0 to 1. */
function stretched(tensor: Tensor): Image | undefined {
  let [low, high] = [Infinity, -Infinity];
  for (const v of floats(tensor)) [low, high] = [Math.min(low, v), Math.max(high, v)];
  return seenIn(tensor, isChannelLast(tensor.dims) ? 'NHWC' : 'NCHW', { scale: high - low || 1, mean: [-low] });
}

/** Where regions lie: the mean of their places, as x,y. */
function middlesOf({ width, count, labels }: Segmentation): readonly string[] {
  const sums = new Float64Array(3 * count);
  labels.forEach((region, i) => {
    sums[3 * region]! += i % width;
    sums[3 * region + 1]! += Math.floor(i / width);
    sums[3 * region + 2]!++;
  });
  return Array.from({ length: count }, (_, k) => {
    const [x, y, size] = sums.subarray(3 * k, 3 * k + 3) as unknown as readonly [number, number, number];
    return `${Math.round(x / size)},${Math.round(y / size)}`;
  });
}
