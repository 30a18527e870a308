import { normal } from '@vitrine/data';
import { sizeOf, type Tensor } from '@vitrine/ir';
import { floats, mapped } from '../arithmetic.js';
import { ExplainError } from '../error.js';
import { number } from '../field.js';
import { isChannelLast, spatialAxes } from '../layout.js';
import type { Presence } from './coalition.js';
import { fillIn } from './fillIn.js';
import type { Partition } from './partition.js';
import type { Removing } from './removal.js';

const options = {
  noise: number(0.01, 'standard deviation of the noise that is laid over it, in those of the channel', { min: 0, max: 10 }),
};

/** Noisy linear imputation: what is missing is the weighted mean of its neighbours. Rong et al. 2022 (ROAD), section 4.2 and appendix. */
export const inpaint: Removing<typeof options> = {
  doc: 'filled in smoothly from what is left around it',
  paper: 'Rong et al. 2022, arXiv:2202.00449',
  options,
  standIn({ x, random }, { noise }, partition) {
    const values = [...x].map(([name, tensor]) => {
      const draw = normal(random(`inpaint/${name}`));
      return { name, tensor, layout: layoutOf(name, tensor), noise: Float32Array.from({ length: sizeOf(tensor.dims) }, draw) };
    });
    return (presence) =>
      new Map(
        values.map(({ name, tensor, layout, noise: drawn }) => {
          const left = whatIsLeft(name, layout, partition, presence);
          return [name, filled(tensor, layout, left, drawn, noise)];
        }),
      );
  },
};

/** A picture or a series as planes of places. Element of channel c at place p: c · channel + p · place. */
interface Layout {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly channel: number;
  readonly place: number;
}

function layoutOf(name: string, { dims }: Tensor): Layout {
  const extents = spatialAxes(dims).map((axis) => dims[axis]!);
  if (extents.length === 0 || extents.length > 2 || dims[0] !== 1)
    throw new ExplainError(
      'bad-option',
      `baseline=inpaint fills in pictures and series, and ${name} has shape [${dims.join(',')}]: use zero, mean, a number or a .npy file`,
    );
  const [height, width] = extents.length === 1 ? [1, extents[0]!] : (extents as [number, number]);
  const channels = sizeOf(dims) / (width * height);
  return isChannelLast(dims)
    ? { width, height, channels, channel: 1, place: channels }
    : { width, height, channels, channel: width * height, place: 1 };
}

/** Of each place 1 where all of it is there. */
function whatIsLeft(name: string, { width, height, channel, place }: Layout, { parts }: Partition, presence: Presence): Uint8Array {
  const left = new Uint8Array(width * height).fill(1);
  const placeOf = (e: number): number => (place === 1 ? e % channel : Math.floor(e / place));
  parts.forEach(({ runs }, i) => {
    if (presence[i] === 1) return;
    for (const [start, end] of runs.get(name) ?? []) for (let e = start; e < end; e++) left[placeOf(e)] = 0;
  });
  return left;
}

function filled(tensor: Tensor, layout: Layout, left: Uint8Array, drawn: Float32Array, noise: number): Tensor {
  const { width, height, channels, channel, place } = layout;
  const values = floats(tensor);
  const planes = Array.from({ length: channels }, (_, c) => {
    const plane = Float32Array.from({ length: width * height }, (__, p) => values[c * channel + p * place]!);
    return { filled: fillIn(plane, left, width, height), deviation: deviationOf(plane) };
  });
  return mapped(tensor, (e) => {
    const [c, p] = place === 1 ? [Math.floor(e / channel), e % channel] : [e % channels, Math.floor(e / channels)];
    const { filled: plane, deviation } = planes[c]!;
    return plane[p]! + noise * deviation * drawn[e]!;
  });
}

function deviationOf(plane: Float32Array): number {
  const mean = plane.reduce((s, v) => s + v, 0) / plane.length;
  return Math.sqrt(plane.reduce((s, v) => s + (v - mean) ** 2, 0) / plane.length);
}
