import { DataError, isDelimited, isSeriesFile, readSeries, type Reading, type Series, type SeriesOptions } from '@vitrine/data';
import type { Value } from '@vitrine/ir';
import { bytesOf } from '../bytes.js';
import type { Given } from '../input.js';

/** Means and deviations may be those of pictures. */
export const isAboutSeries = (options: SeriesOptions): boolean => Object.keys(options).some((name) => name !== 'mean' && name !== 'std');

/** Series of a file, some of its rows, or all. */
export interface SeriesGiven {
  readonly series: string;
  /** What one series of a table is; unless given what fits the model. */
  readonly by?: Reading | undefined;
  /** Which of them, from 0: first and last of each stretch. */
  readonly rows?: Rows | undefined;
}

export type Rows = readonly (readonly [first: number, last: number])[];

/** A series of several, and its number. */
export interface Numbered {
  readonly number: number;
  readonly series: Series | DataError;
}

export const isSeries = (given: Given): given is Series => typeof given === 'object' && 'names' in given && 'data' in given;
export const isSeriesGiven = (given: Given): given is SeriesGiven => typeof given === 'object' && 'series' in given;

/** The file that holds series for an input; undefined where what is given is something else: a table of rows is read elsewhere. */
export function seriesFile(given: Given, { type }: Value, options: SeriesOptions): SeriesGiven | undefined {
  if (isSeriesGiven(given)) return given;
  if (typeof given !== 'string' || !isSeriesFile(given)) return undefined;
  const takesSeries = (type.shape?.length ?? 0) > 2 || isAboutSeries(options);
  return !isDelimited(given) || takesSeries ? { series: given } : undefined;
}

/** Whether a file may hold more series than one. */
export const mayHoldSeveral = ({ series, by }: SeriesGiven): boolean => /\.ts$/i.test(series) || by === 'rows';

/** The series of a file that were asked for, one after the other. @throws DataError naming the file */
export async function* seriesIn({ series: file, by, rows }: SeriesGiven, length?: number): AsyncGenerator<Numbered, undefined> {
  let number = -1;
  const last = rows === undefined ? Infinity : Math.max(...rows.map(([, to]) => to));
  for (const series of readSeries(await bytesOf(file), file, { by, length })) {
    number++;
    if (rows === undefined || rows.some(([from, to]) => number >= from && number <= to)) yield { number, series };
    if (number >= last) return;
  }
  if (last !== Infinity)
    throw new DataError('bad-option', `${file} holds ${number + 1} series, numbered from 0: there is no ${Math.max(last, number + 1)}`);
}

/** The only series of a file. @throws DataError where it holds several */
export async function onlySeries(given: SeriesGiven, length?: number): Promise<Series> {
  const found: Numbered[] = [];
  for await (const one of seriesIn(given, length)) if (found.push(one) > 1) break;
  const [first] = found;
  if (first === undefined) throw new DataError('malformed', `${given.series} holds no series`);
  if (found.length > 1)
    throw new DataError('bad-input', `${given.series} holds several series: choose one with --row N, or explain each with examineEach`);
  if (first.series instanceof DataError) throw first.series;
  return first.series;
}
