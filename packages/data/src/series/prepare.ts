import { sizeOf, type Tensor } from '@vitrine/ir';
import { DataError } from '../error.js';
import { axesFor, channelsIn, checkShape, type SeriesAxes } from './axes.js';
import { samplesIn, type SeriesOptions } from './options.js';
import { resampled } from './resample.js';
import { channelOf, samplesOf, type Series } from './series.js';

/** What a model's input says of the series it takes. */
export interface SeriesWanted {
  readonly name: string;
  readonly shape: readonly (number | string)[] | undefined;
  readonly dtype: string;
}

/** A series as it is fed, and as it is shown. */
export interface SeriesShown {
  readonly names: readonly string[];
  readonly unit: string | undefined;
  /** Of the samples that are fed. */
  readonly rateHz: number | undefined;
  /** How many samples lie before the first that is fed. */
  readonly start: number;
  readonly axes: SeriesAxes;
  /** [C,T] in the file's units. */
  readonly values: readonly Float64Array[];
  /** How many of the samples are the file's; the others fill up. */
  readonly given: number;
}

export interface PreparedSeries {
  /** Shaped as the model's input, one example. */
  readonly tensor: Tensor;
  readonly shown: SeriesShown;
  /** What was done to the series, in sentences. */
  readonly notes: readonly string[];
}

/** A series as a model's input: channels picked, resampled, cut or filled up, standardised, laid out. @throws DataError naming the series */
export function prepareSeries(series: Series, options: SeriesOptions, wanted: SeriesWanted): PreparedSeries {
  const shape = checkShape(wanted.shape, wanted.name);
  const name = series.source ?? 'the series';
  const picked = picking(series, options, shape, wanted.name, name);
  const rateHz = options.rateHz ?? series.rateHz;
  const factor = series.rateHz === undefined || rateHz === undefined || same(series.rateHz, rateHz) ? 1 : rateHz / series.rateHz;
  const all = factor === 1 ? samplesOf(series) : Math.ceil(samplesOf(series) * factor);
  const axes = axesFor(shape, picked.channels.length, options.length ?? all, options.layout)!;
  const extent = shape[axes.time];
  const length = typeof extent === 'number' ? extent : options.length;
  const { start, count, total } = stretch(all, length, options, rateHz, name, wanted.name);
  const values = picked.channels.map((channel): Float64Array => {
    const own = factor === 1 ? channel.subarray(start, start + count) : resampled(channel, series.rateHz!, rateHz!, start, count);
    const filled = new Float64Array(total);
    filled.set(own);
    return filled;
  });
  const { mean = [0], std = [1] } = options;
  checkList('mean', mean, values.length, name);
  checkList('std', std, values.length, name);
  const fed = values.map((channel, c) => {
    const [m, s] = [mean[mean.length === 1 ? 0 : c]!, std[std.length === 1 ? 0 : c]!];
    const scaled = channel.map((v) => (v - m) / s);
    scaled.fill(options.pad === 'edge' ? scaled[count - 1]! : (options.pad ?? 0), count);
    channel.fill(options.pad === 'edge' ? channel[count - 1]! : m + (options.pad ?? 0) * s, count);
    return scaled;
  });
  return {
    tensor: laidOut(fed, axes, shape, wanted.dtype),
    shown: { names: picked.names, unit: options.unit ?? series.unit, rateHz, start, axes, values, given: count },
    notes: [
      ...(series.notes ?? []),
      ...picked.notes,
      ...(factor === 1 ? [] : [`${name} was resampled from ${hertz(series.rateHz!)} to ${hertz(rateHz!)}`]),
      ...(count < all
        ? [`of ${all.toLocaleString('en')} samples the model reads ${count.toLocaleString('en')}, from ${start.toLocaleString('en')} on`]
        : []),
      ...(total > count
        ? [
            `the series has ${count.toLocaleString('en')} samples and was filled up to ${total.toLocaleString('en')}, with ${options.pad === 'edge' ? 'its last value' : options.pad}`,
          ]
        : []),
    ],
  };
}

const same = (a: number, b: number): boolean => Math.abs(a - b) < 1e-6 * b;
const hertz = (rate: number): string => `${Number(rate.toPrecision(6)).toLocaleString('en')} Hz`;

interface Picked {
  readonly channels: readonly (Float32Array | Float64Array)[];
  readonly names: readonly string[];
  readonly notes: readonly string[];
}

/** The channels that a model takes, in its order. */
function picking(
  series: Series,
  { names, layout }: SeriesOptions,
  shape: readonly (number | string)[],
  input: string,
  name: string,
): Picked {
  const own = series.names.map((one, c) => [one, channelOf(series, c)] as const);
  const all = (called: readonly string[]): Picked => ({ channels: own.map(([, channel]) => channel), names: called, notes: [] });
  if (names !== undefined && names.every((one) => series.names.includes(one)))
    return { channels: names.map((one) => own.find(([called]) => called === one)![1]), names, notes: [] };
  const isNamed = !series.names.every((one) => NO_NAME.test(one));
  if (names !== undefined && (isNamed || names.length !== own.length)) {
    const missing = names.find((one) => !series.names.includes(one))!;
    throw new DataError('bad-input', `${name} has no channel ${missing}: it has ${series.names.join(', ')}`);
  }
  if (axesFor(shape, own.length, samplesOf(series), layout) !== undefined) return all(names ?? series.names);
  const wanted = channelsIn(shape, layout);
  if (series.isSound && own.length > 1 && axesFor(shape, 1, samplesOf(series), layout) !== undefined) {
    const mean = new Float64Array(samplesOf(series));
    for (const [, channel] of own) channel.forEach((v: number, t: number) => (mean[t]! += v / own.length));
    return { channels: [mean], names: ['sound'], notes: [`the mean of the ${own.length} channels is fed: the model takes one`] };
  }
  throw new DataError(
    'bad-input',
    `${name} has ${own.length} channel${own.length === 1 ? '' : 's'} (${series.names.slice(0, 8).join(', ')}${own.length > 8 ? ', …' : ''}), and input ${input} [${shape.join(',')}] takes ${wanted.join(' or ')}${own.length > Math.min(...wanted) ? ': say which with --signals NAME,NAME' : ''}`,
  );
}

/** Names that the file did not give. */
const NO_NAME = /^(channel \d+|value|sound|left|right)$/;

/** What is read of a series of `all` samples. @throws DataError where it is too long or too short and nothing says what to do */
function stretch(
  all: number,
  length: number | undefined,
  { from, pad }: SeriesOptions,
  rateHz: number | undefined,
  name: string,
  input: string,
): { readonly start: number; readonly count: number; readonly total: number } {
  const start = from === undefined ? 0 : samplesIn(from, rateHz, 'from');
  const inTime = (samples: number): string =>
    `${samples.toLocaleString('en')} samples${rateHz === undefined ? '' : ` (${Number((samples / rateHz).toPrecision(3))} s)`}`;
  if (start >= all)
    throw new DataError('bad-option', `${name} has ${inTime(all)}, so that it cannot be read from sample ${start.toLocaleString('en')} on`);
  const rest = all - start;
  if (length === undefined) return { start, count: rest, total: rest };
  if (rest > length && from === undefined)
    throw new DataError(
      'bad-input',
      `${name} has ${inTime(all)} and input ${input} takes ${inTime(length)}: say where to begin, with --from 0`,
    );
  if (rest < length && pad === undefined)
    throw new DataError(
      'bad-input',
      `${name} has ${inTime(rest)}${start === 0 ? '' : ` from there on`} and input ${input} takes ${inTime(length)}: say what fills it up, with --pad 0 or --pad edge`,
    );
  return { start, count: Math.min(rest, length), total: length };
}

function checkList(what: string, list: readonly number[], channels: number, name: string): void {
  if (list.length !== 1 && list.length !== channels)
    throw new DataError(
      'bad-option',
      `${what} has ${list.length} numbers, and ${name} ${channels === 1 ? 'has 1 channel' : `has ${channels} channels: give 1 or ${channels}`}`,
    );
}

/** Channels as the input has them; free axes take what there is, others have one element. */
function laidOut(
  channels: readonly Float64Array[],
  { time, channel }: SeriesAxes,
  shape: readonly (number | string)[],
  dtype: string,
): Tensor {
  const samples = channels[0]!.length;
  const dims = shape.map((_, axis) => (axis === time ? samples : axis === channel ? channels.length : 1));
  const data = new (dtype === 'float64' ? Float64Array : Float32Array)(sizeOf(dims));
  const [byTime, byChannel] = [sizeOf(dims.slice(time + 1)), channel === undefined ? 0 : sizeOf(dims.slice(channel + 1))];
  channels.forEach((values, c) => values.forEach((v, t) => (data[c * byChannel + t * byTime] = v)));
  return { dtype: dtype === 'float64' ? 'float64' : 'float32', dims, data } as Tensor;
}
