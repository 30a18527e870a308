import { axesOf, samplesIn, type SeriesAxes } from '@vitrine/data';
import { sizeOf } from '@vitrine/ir';
import { ExplainError } from '../../error.js';
import type { Point } from '../../inquiry.js';
import { boxRuns, merged, type Part, type Run } from '../partition.js';

/** How a value that is a series lies, and what its channels and samples are. */
export interface SeriesLayout {
  readonly axes: SeriesAxes;
  readonly names?: readonly string[];
  /** Samples a second. */
  readonly rateHz?: number | undefined;
  /** Samples that lie before the first. */
  readonly start?: number;
}

type Layouts = ReadonlyMap<string, SeriesLayout>;

/** The axes that means over time go along. */
export const timeAxes = (series: Layouts): ReadonlyMap<string, readonly number[]> =>
  new Map([...series].map(([name, { axes }]) => [name, [axes.time]]));

/** How a value lies; unless it is told, time is the longer axis. @throws ExplainError where it is no series */
export function layoutOf(at: string, dims: readonly number[], series: Layouts): SeriesLayout {
  const known = series.get(at);
  if (known !== undefined) return known;
  const axes = axesOf(dims);
  if (axes === undefined)
    throw new ExplainError('bad-option', `${at} has shape [${dims.join(',')}] and is no series: use parts=elements, axis=K or grid=RxC`);
  return { axes };
}

/** Elements of each channel in time. */
export function linesOf(at: string, dims: readonly number[], series: Layouts): readonly (readonly number[])[] {
  const {
    axes: { time, channel },
  } = layoutOf(at, dims, series);
  const step = (axis: number): number => sizeOf(dims.slice(axis + 1));
  const channels = channel === undefined ? 1 : dims[channel]!;
  return Array.from({ length: channels }, (_, c) =>
    Array.from({ length: dims[time]! }, (__, t) => t * step(time) + (channel === undefined ? 0 : c * step(channel))),
  );
}

/** One of the attributed values as a series. */
export interface Timeline {
  readonly at: string;
  readonly layout: SeriesLayout;
  readonly samples: number;
  readonly channels: number;
  /** Each channel's elements, in time. */
  readonly lines: readonly (readonly number[])[];
  /** All channels, or one, between two samples. */
  readonly runs: (from: number, to: number, channel?: number) => Part['runs'];
  /** What people call them. */
  readonly named: (from: number, to: number, channel?: number) => string;
  readonly channelName: (channel: number) => string;
}

export function timelines(x: Point, series: Layouts): readonly Timeline[] {
  return [...x].map(([at, { dims }]) => {
    const layout = layoutOf(at, dims, series);
    const { time, channel } = layout.axes;
    const channels = channel === undefined ? 1 : dims[channel]!;
    const channelName = (c: number): string => layout.names?.[c] ?? `channel ${c}`;
    return {
      at,
      layout,
      samples: dims[time]!,
      channels,
      lines: linesOf(at, dims, series),
      runs: (from, to, c) => {
        const bounds = (axis: number): Run =>
          axis === time ? [from, to] : axis === channel && c !== undefined ? [c, c + 1] : [0, dims[axis]!];
        const all = dims.map((_, axis) => bounds(axis));
        return new Map(
          [...boxRuns(at, dims, { from: all.map(([a]) => a), to: all.map(([, b]) => b) })].map(([name, runs]) => [name, merged(runs)]),
        );
      },
      named: (from, to, c) =>
        `${x.size > 1 ? `${at} ` : ''}${inTime(from, to, layout)}${c === undefined || channels === 1 ? '' : ` of ${channelName(c)}`}`,
      channelName,
    };
  });
}

/** A stretch of time for people: `0.42–0.61 s`, or samples where no rate is known. */
export function inTime(from: number, to: number, { rateHz, start = 0 }: Pick<SeriesLayout, 'rateHz' | 'start'>): string {
  if (rateHz === undefined) return to - from === 1 ? `sample ${start + from}` : `samples ${start + from}–${start + to - 1}`;
  // As many digits as tell one sample from the next.
  const digits = Math.max(0, Math.ceil(Math.log10(rateHz)));
  const seconds = (t: number): string => ((start + t) / rateHz).toFixed(digits);
  return to - from === 1 ? `${seconds(from)} s` : `${seconds(from)}–${seconds(to)} s`;
}

/** What stands behind a partition's name: sizes, and whether each channel is divided by itself. */
export interface Argument {
  readonly text: string;
  readonly byChannel: boolean;
}

/** A length in samples, given as `64` or `0.5s`. @throws ExplainError 'bad-option' */
export function lengthIn(text: string, { layout, samples, at }: Timeline, what: string): number {
  if (!/^\d+(\.\d+)?s$|^[1-9]\d*$/.test(text))
    throw new ExplainError('bad-option', `${what} must be samples, as 64, or seconds, as 0.5s, not ${text}`);
  const length = samplesIn(text, layout.rateHz, what);
  if (length < 1 || length > samples)
    throw new ExplainError('bad-option', `${what} ${text} is ${length} samples, and ${at} has ${samples}: give from 1 to ${samples}`);
  return length;
}

/** Stretches of time as parts: of all channels together, or of each. */
export const stretches = (line: Timeline, cuts: readonly Run[], byChannel: boolean): readonly Part[] =>
  (byChannel ? Array.from({ length: line.channels }, (_, c) => c) : [undefined]).flatMap((channel) =>
    cuts.map(([from, to]) => ({ name: line.named(from, to, channel), runs: line.runs(from, to, channel) })),
  );
