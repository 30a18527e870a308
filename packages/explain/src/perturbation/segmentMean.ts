import { sizeOf, type Tensor } from '@vitrine/ir';
import { floats, mapped } from '../arithmetic.js';
import { ExplainError } from '../error.js';
import { isChannelLast } from '../layout.js';
import type { Partition } from './partition.js';
import type { Removing } from './removal.js';

/** Each part as one colour: the mean of each channel over it, as in the code of Ribeiro et al. 2016. */
export const segmentMean: Removing<Record<never, never>> = {
  doc: "each part's own mean colour",
  options: {},
  always: true,
  standIn({ x }, _, partition) {
    const flat = new Map([...x].map(([name, tensor]) => [name, flattened(name, tensor, partition)]));
    return () => flat;
  },
};

function flattened(name: string, tensor: Tensor, { parts }: Partition): Tensor {
  const { dims } = tensor;
  if (dims.length < 3)
    throw new ExplainError(
      'bad-option',
      `baseline=segment-mean is for pictures and series, and ${name} has shape [${dims.join(',')}]: use zero, a number or a .npy file`,
    );
  const last = isChannelLast(dims);
  const channels = dims[last ? dims.length - 1 : 1]!;
  const inner = last ? 1 : sizeOf(dims.slice(2));
  const values = floats(tensor);
  const [mean, times] = [new Float64Array(values.length), new Uint16Array(values.length)];
  for (const { runs } of parts) {
    const [sums, counts] = [new Float64Array(channels), new Float64Array(channels)];
    const each = (visit: (e: number, channel: number) => void): void => {
      for (const [start, end] of runs.get(name) ?? []) for (let e = start; e < end; e++) visit(e, Math.floor(e / inner) % channels);
    };
    each((e, c) => {
      sums[c]! += values[e]!;
      counts[c]!++;
    });
    each((e, c) => {
      mean[e]! += sums[c]! / counts[c]!;
      times[e]!++;
    });
  }
  return mapped(tensor, (e) => (times[e] === 0 ? values[e]! : mean[e]! / times[e]!));
}
