import type { Point } from '../../inquiry.js';
import type { Partition } from '../partition.js';
import { bands } from './bands.js';
import { channels } from './channels.js';
import { points } from './points.js';
import { segments } from './segments.js';
import { timelines, type Argument, type SeriesLayout, type Timeline } from './timeline.js';
import { windows } from './windows.js';

/** How a series is divided, from what stands behind the name. @throws ExplainError 'bad-option' */
type Row = (lines: readonly Timeline[], argument: Argument, x: Point) => Partition;

/** Ways to divide series, by name. */
export const seriesPartitions = { points, windows, segments, channels, bands } as const satisfies { readonly [name: string]: Row };

/** `windows`, `windows=0.5s/0.25s:channels`: the partition that is meant, if one of these is. */
export function seriesPartition(given: string, x: Point, series: ReadonlyMap<string, SeriesLayout>): Partition | undefined {
  const [, name = '', text = '', of] = /^(\w+)(?:=([^:]*))?(:channels)?$/.exec(given) ?? [];
  if (!Object.hasOwn(seriesPartitions, name)) return undefined;
  const row: Row = seriesPartitions[name as keyof typeof seriesPartitions];
  return row(timelines(x, series), { text, byChannel: of !== undefined }, x);
}
