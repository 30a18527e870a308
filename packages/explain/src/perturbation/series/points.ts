import type { Partition } from '../partition.js';
import { stretches, type Argument, type Timeline } from './timeline.js';

/** Each moment by itself. */
export const points = (lines: readonly Timeline[], { byChannel }: Argument): Partition => ({
  of: 'point in time',
  parts: lines.flatMap((line) =>
    stretches(
      line,
      Array.from({ length: line.samples }, (_, t) => [t, t + 1]),
      byChannel,
    ),
  ),
});
