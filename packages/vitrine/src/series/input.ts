import { axesOf, prepareSeries, type Series, type SeriesOptions, type SeriesShown } from '@vitrine/data';
import { isFloat, numbers, type Tensor, type Value } from '@vitrine/ir';
import type { Loaded } from '../input.js';
import { isAboutSeries } from './given.js';

/** Samples that a model's input takes, where it says so. */
export function lengthOf({ type: { shape = [] } }: Value, { length }: SeriesOptions): number | undefined {
  const extents = shape.slice(1).filter((extent): extent is number => typeof extent === 'number');
  return length ?? (extents.length === shape.length - 1 ? Math.max(...extents) : undefined);
}

/** A series as an input of a model. @throws DataError naming the series */
export function loadedSeries(series: Series, { name, type }: Value, options: SeriesOptions): Loaded {
  const { tensor, shown, notes } = prepareSeries(series, options, { name, shape: type.shape, dtype: type.dtype });
  return { tensor, file: series.source, series: shown, notes };
}

/** A row [1,T] with more elements than this is a series and no table. */
const LONGEST_ROW = 512;

/** An array as the series it is, if it is one: [1,C,T] and its like, a long row, or whatever the model's options for series are about. */
export function arraySeries({ dtype, dims, data }: Tensor, options: SeriesOptions): SeriesShown | undefined {
  const axes = isFloat(dtype) ? axesOf(dims, options.layout) : undefined;
  if (axes === undefined) return undefined;
  const samples = dims[axes.time]!;
  const channels = axes.channel === undefined ? 1 : dims[axes.channel]!;
  const isDeclared = isAboutSeries(options);
  if (samples < 2 || !(isDeclared || dims.length === 3 || (dims.length < 3 && channels === 1 && samples > LONGEST_ROW))) return undefined;
  const values = numbers({ dtype, dims, data } as Tensor) as ArrayLike<number>;
  const step = (axis: number): number => dims.slice(axis + 1).reduce((a, b) => a * b, 1);
  const [byTime, byChannel] = [step(axes.time), axes.channel === undefined ? 0 : step(axes.channel)];
  return {
    names:
      options.names?.length === channels
        ? options.names
        : channels === 1
          ? ['value']
          : Array.from({ length: channels }, (_, c) => `channel ${c}`),
    unit: options.unit,
    rateHz: options.rateHz,
    start: 0,
    axes,
    values: Array.from({ length: channels }, (_, c) =>
      Float64Array.from({ length: samples }, (__, t) => values[c * byChannel + t * byTime]!),
    ),
    given: samples,
  };
}
