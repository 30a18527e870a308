import type { SeriesJson } from './page/seriesPage.js';
import type { SeriesChart } from './page/seriesPlots.js';

/** Numbers of a kind that a page holds: of more points, fewer stand for several samples each. */
const MOST = 60_000;
const DIGITS = 5;
const rounded = (value: number): number => Number(value.toPrecision(DIGITS));

/**
 * A series for its page. `counts` are what its samples count, channel by channel, where no stretches were taken away. Too long ones keep the
 * least and the greatest value of each stretch, in their order, and what its two halves count.
 */
export function seriesJson(chart: SeriesChart, counts: readonly ArrayLike<number>[] | undefined): SeriesJson {
  const samples = chart.channels[0]!.values.length;
  const step = Math.ceil((samples * chart.channels.length) / MOST);
  const points = Math.floor(samples / step);
  return {
    ...chart,
    ...(step > 1 && { step, start: Math.round(chart.start / step) }),
    channels: chart.channels.map(({ name, values, marks }, c) => ({
      name,
      values: (step === 1 ? Array.from(values) : extremes(values, points, step)).map(rounded),
      ...(counts === undefined
        ? {
            marks: marks.map(({ from, to, value }) => ({
              from: Math.floor(from / step),
              to: Math.min(points, Math.ceil(to / step)),
              value,
            })),
          }
        : {
            counts: Array.from({ length: points }, (_, p) =>
              rounded(sum(counts[c]!, p * step, p === points - 1 ? samples : (p + 1) * step)),
            ),
          }),
    })),
  };
}

const sum = (values: ArrayLike<number>, from: number, to: number): number => {
  let all = 0;
  for (let t = from; t < to; t++) all += values[t]!;
  return all;
};

/** Two points of each two stretches: the least and the greatest, whichever comes first. */
function extremes(values: ArrayLike<number>, points: number, step: number): readonly number[] {
  const kept: number[] = [];
  for (let p = 0; p < points; p += 2) {
    let [least, greatest] = [p * step, p * step];
    for (let t = p * step; t < Math.min(values.length, (p + 2) * step); t++) {
      if (values[t]! < values[least]!) least = t;
      if (values[t]! > values[greatest]!) greatest = t;
    }
    kept.push(values[Math.min(least, greatest)]!, values[Math.max(least, greatest)]!);
  }
  return kept.slice(0, points);
}
