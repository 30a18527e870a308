import { bandChart, seriesChart, type ChannelShown, type Mark } from '@vitrine/audit/series';
import type { Explanation } from '@vitrine/explain';
import type { Section } from '@vitrine/audit';
import { sizeOf } from '@vitrine/ir';
import type { ToldSeries } from './told.js';

/** Stretches that what counts is summed over, where no parts were taken away. */
const COLUMNS = 200;

/** Pictures of a series with what counts in it: channels over time, or bars over frequency. */
export function seriesCharts(told: ToldSeries, at: string, { method }: Explanation): Section['charts'] {
  const { shown, parts } = told;
  const label = `${method} of ${at}`;
  const bands = parts?.values.flatMap(({ band, value }) => (band === undefined ? [] : [{ low: band[0], high: band[1], value }])) ?? [];
  if (bands.length > 0)
    return [
      {
        caption: `${at}: what each band of frequencies counts; bars up speak for, bars down against`,
        svg: bandChart(bands, shown.rateHz === undefined ? 'cycles per sample' : 'Hz', label),
      },
    ];
  const { marks, together } = marksOf(told, at);
  const channels: readonly ChannelShown[] = shown.names.map((name, c) => ({ name, values: shown.values[c]!, marks: marks[c]! }));
  const what =
    parts === undefined ? 'what each moment counts' : `what each ${parts.of} counts${together ? ', of all channels together' : ''}`;
  return [
    {
      caption: `${at}: ${what}; bars up speak for, bars down against${channels.length > 8 ? '. Cells with a dash speak against; below, the three channels that count most' : ''}`,
      svg: seriesChart({ label, channels, rateHz: shown.rateHz, start: shown.start, signed: told.signed }),
    },
  ];
}

function marksOf(told: ToldSeries, at: string): { readonly marks: readonly (readonly Mark[])[]; readonly together: boolean } {
  const taken = told.parts && partMarks(told, at);
  if (taken !== undefined) return taken;
  const marks = told.values.map((line) => {
    const count = Math.min(COLUMNS, line.length);
    const cut = (k: number): number => Math.round((k * line.length) / count);
    return Array.from({ length: count }, (_, k) => ({
      from: cut(k),
      to: cut(k + 1),
      value: line.slice(cut(k), cut(k + 1)).reduce((a, b) => a + b, 0),
    }));
  });
  return { marks, together: false };
}

/** Parts as stretches of channels; undefined where they overlap or are no stretches. */
function partMarks({ shown, values, parts }: ToldSeries, at: string): ReturnType<typeof marksOf> | undefined {
  const { time, channel } = shown.axes;
  const [samples, channels] = [values[0]!.length, values.length];
  // Where the values lie is told by their axes: behind each other in time, or channel by channel.
  const isTimeLast = channel === undefined || time > channel;
  const placeOf = (e: number): readonly [c: number, t: number] =>
    isTimeLast ? [Math.floor(e / samples), e % samples] : [e % channels, Math.floor(e / channels)];
  const marks = values.map((): Mark[] => []);
  let together = false;
  let covered = 0;
  for (const { runs, value } of parts!.values) {
    const own = new Map<number, { from: number; to: number; count: number }>();
    for (const [start, end] of runs.get(at)!)
      for (let e = start; e < end; e++) {
        const [c, t] = placeOf(e);
        const found = own.get(c) ?? { from: t, to: t + 1, count: 0 };
        own.set(c, { from: Math.min(found.from, t), to: Math.max(found.to, t + 1), count: found.count + 1 });
      }
    if ([...own.values()].some(({ from, to, count }) => to - from !== count)) return undefined;
    together ||= own.size > 1;
    for (const [c, { from, to, count }] of own) {
      covered += count;
      marks[c]!.push({ from, to, value });
    }
  }
  return covered > sizeOf([samples, channels])
    ? undefined
    : { marks: marks.map((list) => list.toSorted((a, b) => a.from - b.from)), together };
}
