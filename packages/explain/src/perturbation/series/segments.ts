import { byNoise, changePoints } from '@vitrine/data';
import { floats } from '../../arithmetic.js';
import { ExplainError } from '../../error.js';
import type { Point } from '../../inquiry.js';
import type { Partition, Run } from '../partition.js';
import { stretches, type Argument, type Timeline } from './timeline.js';

/** Unless a penalty is given it is raised until there are no more. */
const MOST = 32;

/**
 * Stretches between the moments where channels change their levels: PELT with squared distances (Killick et al. 2012), channels in units of
 * their noise. The penalty of a segment is 2 C ln T unless given, doubled while there are more than 32.
 */
export const segments = (lines: readonly Timeline[], { text, byChannel }: Argument, x: Point): Partition => {
  const given = text === '' ? undefined : Number(text);
  if (given !== undefined && !(given > 0))
    throw new ExplainError('bad-option', `segments=${text} must be a penalty above 0: the larger, the fewer segments`);
  return {
    of: 'segment',
    parts: lines.flatMap((line) => {
      const values = floats(x.get(line.at)!);
      const series = line.lines.map((elements) => byNoise(elements.map((e) => values[e]!)));
      if (!byChannel) return stretches(line, cutsOf(series, given), false);
      return series.flatMap((channel, c) =>
        cutsOf([channel], given).map(([from, to]) => ({ name: line.named(from, to, c), runs: line.runs(from, to, c) })),
      );
    }),
  };
};

function cutsOf(channels: readonly Float64Array[], given: number | undefined): readonly Run[] {
  const samples = channels[0]!.length;
  let penalty = given ?? 2 * channels.length * Math.log(Math.max(2, samples));
  let starts = changePoints(channels, penalty);
  const most = given === undefined ? MOST : Infinity;
  while (starts.length > most) starts = changePoints(channels, (penalty *= 2));
  return starts.map((start, i) => [start, starts[i + 1] ?? samples]);
}
