import { DataError } from '../error.js';
import { readDelimited, type DelimitedOptions } from './delimited.js';
import type { Series } from './series.js';
import { readSktime } from './sktime.js';
import { readWav } from './wav.js';

type Reader = (bytes: Uint8Array, name: string, options: DelimitedOptions) => Iterable<Series | DataError>;

/** How the series of a file are read, by its ending. */
const readers: { readonly [ending: string]: Reader } = {
  '.wav': (bytes, name) => [readWav(bytes, name)],
  '.ts': readSktime,
  '.csv': readDelimited,
  '.tsv': readDelimited,
};

const endingOf = (name: string): string => /\.[^./\\]*$/.exec(name)?.[0].toLowerCase() ?? '';

/** Whether a file's ending says that it holds series: sound, `.ts`, or a table that may be one. */
export const isSeriesFile = (name: string): boolean => Object.hasOwn(readers, endingOf(name));

/** Whether a file is a table: of columns over time, of rows that are series, or of rows that are no series. */
export const isDelimited = (name: string): boolean => /^\.(csv|tsv)$/.test(endingOf(name));

/** The series of a file, one after the other; a fault stands for one that cannot be read. @throws DataError naming the file */
export function readSeries(bytes: Uint8Array, name: string, options: DelimitedOptions = {}): Iterable<Series | DataError> {
  const reader = readers[endingOf(name)];
  if (reader === undefined) throw new DataError('unsupported', `${name}: series are read from ${Object.keys(readers).join(', ')} and .npy`);
  return reader(bytes, name, options);
}
