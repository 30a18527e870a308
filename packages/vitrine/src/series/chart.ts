import { bandChart, seriesChart, seriesJson, type ChannelShown, type Mark } from '@vitrine/audit/series';
import type { Explanation } from '@vitrine/explain';
import type { Section } from '@vitrine/audit';
import type { Sheet } from '@vitrine/evaluate';
import { sizeOf } from '@vitrine/ir';
import type { ToldSeries } from './told.js';

/** Stretches that what counts is summed over, where no parts were taken away. */
const COLUMNS = 200;
/** More are in the files of --save only. */
const MOST_SAMPLES = 10_000;

/** Pictures of a series with what counts in it: channels over time, or bars over frequency. */
export function seriesCharts(told: ToldSeries, at: string, { method, rule, contrast }: Explanation): Section['charts'] {
  const { shown, parts } = told;
  const label = `${method} of ${at}`;
  const bars =
    contrast !== undefined
      ? 'bars up are more, bars down less'
      : rule !== undefined
        ? 'bars are what the rule asks for'
        : 'bars up speak for, bars down against';
  const bands = parts?.values.flatMap(({ band, value }) => (band === undefined ? [] : [{ low: band[0], high: band[1], value }])) ?? [];
  if (bands.length > 0)
    return [
      {
        caption: `${at}: what each band of frequencies counts; ${bars}`,
        svg: bandChart(bands, shown.rateHz === undefined ? 'cycles per sample' : 'Hz', label),
      },
    ];
  const taken = told.parts && partMarks(told, at);
  const isTaken = taken !== undefined;
  const { marks, together } = taken ?? { marks: columnsOf(told), together: false };
  const channels: readonly ChannelShown[] = shown.names.map((name, c) => ({ name, values: shown.values[c]!, marks: marks[c]! }));
  const each = contrast === undefined ? 'what each moment counts' : 'how far each moment moves';
  const what = parts === undefined ? each : `what each ${parts.of} counts${together ? ', of all channels together' : ''}`;
  const chart = { label, channels, rateHz: shown.rateHz, start: shown.start, signed: told.signed };
  return [
    {
      caption: `${at}: ${what}; ${bars}${channels.length > 8 ? '. Cells with a dash speak against; below, the three channels that count most' : ''}`,
      svg: seriesChart(chart),
      series: seriesJson(chart, isTaken ? undefined : told.values),
      sheets: sheetsOf(told, channels, isTaken, method),
    },
  ];
}

/** The stretches, those that count most first, and every sample. */
function sheetsOf({ shown, values }: ToldSeries, channels: readonly ChannelShown[], isTaken: boolean, method: string): readonly Sheet[] {
  const { rateHz, start } = shown;
  const timeOf = (sample: number): number => (rateHz === undefined ? start + sample : Number(((start + sample) / rateHz).toPrecision(12)));
  const when = rateHz === undefined ? 'sample' : 'time';
  const stretches = channels.flatMap(({ name, marks }) => marks.map((mark) => ({ name, ...mark })));
  return [
    {
      name: `${method}.stretches`,
      title: isTaken ? 'What was taken away, as a table' : 'Stretches, as a table',
      columns: ['channel', `from_${when}`, `to_${when}`, 'attribution'],
      rows: stretches
        .toSorted((a, b) => Math.abs(b.value) - Math.abs(a.value))
        .map(({ name, from, to, value }) => [name, timeOf(from), timeOf(to), value]),
    },
    ...(channels.length * values[0]!.length > MOST_SAMPLES
      ? []
      : [
          {
            name: `${method}.series`,
            title: 'Every sample, as a table',
            columns: [when, 'channel', 'value', 'attribution'],
            rows: channels.flatMap(({ name, values: own }, c) => Array.from(own, (value, t) => [timeOf(t), name, value, values[c]![t]!])),
          },
        ]),
  ];
}

/** What moments count, added up in columns. */
const columnsOf = ({ values }: ToldSeries): readonly (readonly Mark[])[] =>
  values.map((line) => {
    const count = Math.min(COLUMNS, line.length);
    const cut = (k: number): number => Math.round((k * line.length) / count);
    return Array.from({ length: count }, (_, k) => ({
      from: cut(k),
      to: cut(k + 1),
      value: line.slice(cut(k), cut(k + 1)).reduce((a, b) => a + b, 0),
    }));
  });

/** Parts as stretches of channels; undefined where they overlap or are no stretches. */
function partMarks(
  { shown, values, parts }: ToldSeries,
  at: string,
): { readonly marks: readonly (readonly Mark[])[]; readonly together: boolean } | undefined {
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
