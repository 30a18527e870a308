import { Option, type Command } from 'commander';
import { isDelimited, isSeriesFile, readSeriesOptions, type Reading, type SeriesOptions } from '@vitrine/data';
import { ExplainError } from '@vitrine/explain';
import type { Given } from '../input.js';
import type { Rows } from '../series/given.js';

export interface OfSeries {
  readonly series?: Reading;
  readonly row?: Rows;
  readonly rows?: Rows;
  readonly rate?: number;
  readonly from?: string;
  readonly pad?: number | 'edge';
  readonly signals?: readonly string[];
}

const bad = (message: string): never => {
  throw new ExplainError('bad-option', message);
};

/** Numbers and stretches of them, as 3 or 0-9,12. */
export function rowsIn(text: string): Rows {
  return text.split(',').map((part) => {
    const [, first, last = first] =
      /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(part.trim()) ?? bad(`--rows must be numbers from 0, as 0-9,12, not ${text}`);
    return Number(first) <= Number(last) ? [Number(first), Number(last)] : bad(`--rows ${part} ends before it begins`);
  });
}

/** Options of commands that read series. */
export const ofSeries = (command: Command): Command =>
  command
    .addOption(
      new Option('--series <by>', 'a .csv or .tsv is a series whose channels are its columns, or one series in each of its rows').choices([
        'columns',
        'rows',
      ]),
    )
    .option('--row <n>', 'of a file of several series, the one of this number, from 0', (text) =>
      /^\d{1,9}$/.test(text) ? rowsIn(text) : bad(`--row must be one number from 0, not ${text}`),
    )
    .option('--rows <numbers>', 'of a file of several series, those of these numbers, as 0-9,12 (default: all)', rowsIn)
    .option('--rate <hz>', 'samples a second that the model reads: a series of another rate is resampled', (text) =>
      Number(text) > 0 ? Number(text) : bad(`--rate must be samples a second, as 16000, not ${text}`),
    )
    .option('--from <time>', 'where in a series that is too long to begin: samples, as 1200, or seconds, as 1.5s')
    .option('--pad <value>', 'what fills up a series that is too short: a number, or edge for its last value', (text) =>
      text === 'edge'
        ? text
        : text.trim() !== '' && Number.isFinite(Number(text))
          ? Number(text)
          : bad(`--pad must be a number or edge, not ${text}`),
    )
    .option('--signals <names>', 'channels of a series that the model reads, in its order, with commas between them', (text) =>
      text.split(',').map((name) => name.trim()),
    );

/** What the options say of series. @throws DataError 'bad-option' */
export const seriesOptionsOf = ({
  rate,
  from,
  pad,
  signals,
  layout,
  mean,
  std,
}: OfSeries & {
  readonly layout?: string | undefined;
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
}): SeriesOptions =>
  readSeriesOptions(
    {
      ...(rate !== undefined && { rateHz: rate }),
      ...(from !== undefined && { from }),
      ...(pad !== undefined && { pad }),
      ...(signals !== undefined && { names: signals }),
      ...((layout === 'CT' || layout === 'TC') && { layout }),
      ...(mean !== undefined && { mean }),
      ...(std !== undefined && { std }),
    },
    'the command line',
  );

/** Inputs with which rows of a file are meant, and what one series of a table is. @throws ExplainError where nothing has rows */
export function withRows(inputs: ReadonlyMap<string, Given>, { series: by, row, rows }: OfSeries): ReadonlyMap<string, Given> {
  if (row !== undefined && rows !== undefined) bad('--row and --rows both choose series: give one of them');
  const chosen = row ?? rows;
  if (by === undefined && chosen === undefined) return inputs;
  const holds = (given: Given): given is string =>
    typeof given === 'string' && isSeriesFile(given) && (by !== undefined ? isDelimited(given) : true);
  if (![...inputs.values()].some(holds))
    bad(
      by === undefined
        ? '--row and --rows choose series of a file: give a .ts, .csv or .tsv as --input'
        : '--series is about a table of series: give a .csv or .tsv as --input',
    );
  return new Map([...inputs].map(([name, given]) => [name, holds(given) ? { series: given, by, rows: chosen } : given]));
}
