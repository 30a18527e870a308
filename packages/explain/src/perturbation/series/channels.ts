import type { Partition } from '../partition.js';
import type { Timeline } from './timeline.js';

/** Each channel whole. */
export const channels = (lines: readonly Timeline[]): Partition => ({
  of: 'channel',
  parts: lines.flatMap((line) =>
    Array.from({ length: line.channels }, (_none, c) => ({
      name: lines.length > 1 ? `${line.at} ${line.channelName(c)}` : line.channelName(c),
      runs: line.runs(0, line.samples, c),
    })),
  ),
});
