import { explainerNamed, inTime, type Attribution, type Explanation, type Parts } from '@vitrine/explain';
import { signed } from '@vitrine/audit';
import type { SeriesShown } from '@vitrine/data';
import { numbers, sizeOf } from '@vitrine/ir';
import type { Exam } from '../exam.js';
import { csv } from '../layers.js';

/** An attribution of a series. */
export interface ToldSeries {
  readonly shown: SeriesShown;
  readonly signed: boolean;
  /** [C,T] */
  readonly values: readonly Float64Array[];
  /** What was taken away, where something was. */
  readonly parts: Parts | undefined;
}

/** An attribution as channels over time; undefined where it is of something else. */
export function toldSeries({ inputs }: Exam, { method, parts }: Explanation, { at, tensor }: Attribution): ToldSeries | undefined {
  const input = inputs.get(at);
  const shown = input?.series;
  if (shown === undefined || tensor.dims.join() !== input!.tensor.dims.join()) return undefined;
  const { time, channel } = shown.axes;
  const all = numbers(tensor) as ArrayLike<number>;
  const step = (axis: number): number => sizeOf(tensor.dims.slice(axis + 1));
  return {
    shown,
    signed: explainerNamed(method).signed,
    parts: parts !== undefined && parts.values.every(({ runs }) => runs.has(at)) ? parts : undefined,
    values: shown.values.map((line, c) =>
      Float64Array.from(line, (_, t) => all[t * step(time) + (channel === undefined ? 0 : c * step(channel))]!),
    ),
  };
}

/** As many stretches as are looked at for one that stands out. */
const FINE = 64;
const HALF = 0.5;

interface Stretch {
  readonly channel: number;
  readonly from: number;
  readonly to: number;
  readonly sum: number;
}

/** Where one channel speaks most: around the highest mean over a 64th of the series, as long as the mean is half as high. */
function peak(values: readonly Float64Array[], sign: 1 | -1): Stretch | undefined {
  let best: { readonly channel: number; readonly at: number; readonly means: Float64Array } | undefined;
  values.forEach((line, channel) => {
    const means = smoothed(line, sign);
    const at = means.reduce((top, v, t) => (v > means[top]! ? t : top), 0);
    if (means[at]! > (best?.means[best.at] ?? 0)) best = { channel, at, means };
  });
  if (best === undefined) return undefined;
  const { channel, at, means } = best;
  let [from, to] = [at, at + 1];
  while (from > 0 && means[from - 1]! >= HALF * means[at]!) from--;
  while (to < means.length && means[to]! >= HALF * means[at]!) to++;
  return { channel, from, to, sum: values[channel]!.slice(from, to).reduce((a, b) => a + b, 0) };
}

function smoothed(line: Float64Array, sign: 1 | -1): Float64Array {
  const reach = Math.floor(line.length / FINE / 2);
  const sums = new Float64Array(line.length + 1);
  line.forEach((v, t) => (sums[t + 1] = sums[t]! + Math.max(0, sign * v)));
  return line.map((_, t) => {
    const [from, to] = [Math.max(0, t - reach), Math.min(line.length, t + reach + 1)];
    return (sums[to]! - sums[from]!) / (to - from);
  });
}

/** Where and what speaks most for a target, and most against it, in sentences. */
export function seriesWords({ shown, values, signed: isSigned, parts }: ToldSeries, target: string): readonly string[] {
  const verb = isSigned ? 'speaks most for' : 'counts most for';
  if (parts !== undefined) {
    const sorted = parts.values.toSorted((a, b) => b.value - a.value);
    const [first, last] = [sorted[0]!, sorted.at(-1)!];
    return [
      first.value > 0 ? `${capital(first.name)} ${verb} ${target} (${signed(first.value)}).` : `No ${parts.of} speaks for ${target}.`,
      ...(isSigned && last.value < 0 ? [`${capital(last.name)} speaks most against it (${signed(last.value)}).`] : []),
    ];
  }
  const [pro, con] = [peak(values, 1), isSigned ? peak(values, -1) : undefined];
  const place = ({ from, to, channel }: Stretch): string =>
    `${inTime(from, to, shown)}${values.length > 1 ? ` of ${shown.names[channel]}` : ''}`;
  const share = ({ sum }: Stretch, sign: 1 | -1): string => {
    const all = values.reduce((total, line) => line.reduce((a, v) => a + Math.max(0, sign * v), total), 0);
    return `${Math.round((100 * sign * sum) / all)} % of all that ${isSigned ? 'does' : 'counts'}`;
  };
  return [
    pro === undefined ? `No moment speaks for ${target}.` : `${capital(place(pro))} ${verb} ${target}: ${share(pro, 1)}.`,
    ...(con === undefined ? [] : [`${capital(place(con))} speaks most against it: ${share(con, -1)}.`]),
  ];
}

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

const MOST_ROWS = 2 ** 20;

/** A row for each sample of each channel: when, which, its value and what it counts; undefined where there are more than a table should have. */
export function seriesCsv({ shown, values }: ToldSeries): Uint8Array | undefined {
  const { names, rateHz, start, values: own } = shown;
  if (names.length * own[0]!.length > MOST_ROWS) return undefined;
  return csv([
    [rateHz === undefined ? 'sample' : 'time', 'channel', 'value', 'attribution'],
    ...own.flatMap((line, c) =>
      Array.from(line, (v, t) => [
        rateHz === undefined ? start + t : Number(((start + t) / rateHz).toPrecision(12)),
        names[c]!,
        v,
        values[c]![t]!,
      ]),
    ),
  ]);
}
