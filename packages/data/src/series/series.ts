import type { Tensor } from '@vitrine/ir';
import { DataError } from '../error.js';

/** Channels over time, evenly spaced. */
export interface Series {
  /** One for each channel. */
  readonly names: readonly string[];
  /** [C,T], finite. */
  readonly data: Tensor<'float32'> | Tensor<'float64'>;
  /** Samples in a second, where it is known. */
  readonly rateHz?: number | undefined;
  /** Of the values. */
  readonly unit?: string | undefined;
  /** What the file says that it is an example of. */
  readonly label?: string | undefined;
  /** Where it stands, for messages: a file, or a file and a line. */
  readonly source?: string | undefined;
  /** Channels are of one sound, whose mean is a channel of it. */
  readonly isSound?: boolean | undefined;
  /** What was done to make it so, in sentences. */
  readonly notes?: readonly string[] | undefined;
}

/** 35 minutes of sound at 16 kHz: what is explained is far shorter. */
export const MAX_VALUES = 2 ** 25;
export const MAX_CHANNELS = 4096;

/** @throws DataError where memory should not hold so much */
export function checkSize(channels: number, samples: number, name: string): void {
  if (channels > MAX_CHANNELS)
    throw new DataError('too-large', `${name} has ${channels.toLocaleString('en')} channels, and at most ${MAX_CHANNELS} are read`);
  if (channels * samples > MAX_VALUES)
    throw new DataError(
      'too-large',
      `${name} holds ${(channels * samples).toLocaleString('en')} values, and at most ${MAX_VALUES.toLocaleString('en')} are read: cut out what is to be explained`,
    );
}

/** How many samples each channel has. */
export const samplesOf = ({ data }: Pick<Series, 'data'>): number => data.dims[1]!;

/** The samples of one channel, not copied. */
export const channelOf = ({ data }: Pick<Series, 'data'>, c: number): Float32Array | Float64Array => {
  const samples = data.dims[1]!;
  return data.data.subarray(c * samples, (c + 1) * samples);
};

/** What a text says for a number that is not there. */
const MISSING = /^(\?|na|n\/a|nan|null|none|)$/i;

/** A cell of a file of numbers; NaN where it is missing, undefined where it is no number. */
export function numberIn(text: string, decimal: '.' | ',' = '.'): number | undefined {
  const cell = text.trim();
  if (MISSING.test(cell)) return Number.NaN;
  const value = Number(decimal === ',' ? cell.replace(',', '.') : cell);
  return Number.isFinite(value) ? value : undefined;
}

/**
 * A series of rows of numbers, one for each channel; what is missing (NaN) lies on a straight line between its neighbours, and at an
 * end is as the nearest sample. @throws DataError where a channel has no number at all
 */
export function seriesOf(rows: readonly ArrayLike<number>[], names: readonly string[], name: string, more: Partial<Series> = {}): Series {
  const samples = rows[0]?.length ?? 0;
  if (samples === 0) throw new DataError('malformed', `${name} holds no samples`);
  checkSize(rows.length, samples, name);
  const data = new Float64Array(rows.length * samples);
  let filled = 0;
  rows.forEach((row, c) => {
    const channel = data.subarray(c * samples, (c + 1) * samples);
    channel.set(row);
    const gaps = fillGaps(channel);
    if (gaps === samples) throw new DataError('malformed', `${name} has no number in channel ${names[c]}: all are missing`);
    filled += gaps;
  });
  const notes = [
    ...(more.notes ?? []),
    ...(filled > 0
      ? [`${filled} missing value${filled === 1 ? ' was' : 's were'} filled in, on a straight line between their neighbours in time`]
      : []),
  ];
  return { source: name, ...more, names, data: { dtype: 'float64', dims: [rows.length, samples], data }, notes };
}

/** Fills NaN in place; how many there were. */
function fillGaps(values: Float64Array): number {
  let [count, before] = [0, -1];
  for (let i = 0; i <= values.length; i++) {
    if (i < values.length && Number.isNaN(values[i])) {
      count++;
      continue;
    }
    interpolate(values, before, i);
    before = i;
  }
  return count;
}

/** Puts a straight line between two samples, not counting them; from an end of the series, the other one. */
export function interpolate(values: Float64Array | Float32Array, before: number, after: number): void {
  const [from, to] = [before < 0 ? values[after]! : values[before]!, after >= values.length ? values[before]! : values[after]!];
  for (let i = before + 1; i < after; i++) values[i] = before < 0 ? to : from + ((to - from) * (i - before)) / (after - before);
}
