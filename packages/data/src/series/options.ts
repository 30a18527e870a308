import { DataError } from '../error.js';

/** How a series becomes a model's input. What is left out follows from the model's input shape. */
export interface SeriesOptions {
  /** Samples in a second of what the model was trained on: series of another rate are resampled. */
  readonly rateHz?: number;
  /** Subtracted, then divided by: one number, or one for each channel. */
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
  /** Samples that the model takes, where its input does not say. */
  readonly length?: number;
  /** What a series that is too short is filled up with, in the model's units, or `edge`: its last sample. */
  readonly pad?: number | 'edge';
  /** Channels before time, or time before channels. */
  readonly layout?: 'CT' | 'TC';
  /** The model's channels by name, in its order: columns of a table are picked by them. */
  readonly names?: readonly string[];
  /** Of the values. */
  readonly unit?: string;
  /** Where in a series that is too long to begin: samples at the model's rate, or seconds as `1.5s`. */
  readonly from?: number | string;
}

interface OptionField {
  readonly expected: string;
  readonly holds: (value: unknown) => boolean;
}

const isPositive = (v: unknown): boolean => Number.isFinite(v) && (v as number) > 0;
const isNumbers = (v: unknown): v is readonly number[] => Array.isArray(v) && v.length > 0 && v.every(Number.isFinite);
const isName = (v: unknown): boolean => typeof v === 'string' && v !== '';

const fields: { readonly [name in keyof SeriesOptions]-?: OptionField } = {
  rateHz: { expected: 'a positive number of samples a second', holds: isPositive },
  mean: { expected: 'a list of numbers', holds: isNumbers },
  std: { expected: 'a list of positive numbers', holds: (v) => isNumbers(v) && v.every(isPositive) },
  length: { expected: 'a whole number of samples above 0', holds: (v) => Number.isInteger(v) && (v as number) > 0 },
  pad: { expected: 'a number or "edge"', holds: (v) => Number.isFinite(v) || v === 'edge' },
  layout: { expected: 'CT (channels before time) or TC', holds: (v) => v === 'CT' || v === 'TC' },
  names: {
    expected: 'a list of different names',
    holds: (v) => Array.isArray(v) && v.length > 0 && v.every(isName) && new Set(v).size === v.length,
  },
  unit: { expected: 'a text', holds: isName },
  from: { expected: 'samples, as 1200, or seconds, as 1.5s', holds: (v) => isTime(v) },
};

const SECONDS = /^\d+(\.\d+)?s$/;
const isTime = (v: unknown): boolean =>
  (typeof v === 'string' && (SECONDS.test(v) || /^\d+$/.test(v))) || (Number.isInteger(v) && (v as number) >= 0);

/** A place or a length in time as samples. @throws DataError where seconds are given and nothing tells the rate */
export function samplesIn(given: number | string, rateHz: number | undefined, what: string): number {
  if (typeof given === 'number' || !given.endsWith('s')) return Number(given);
  if (rateHz === undefined)
    throw new DataError(
      'bad-option',
      `${what} is given in seconds, and nothing tells how many samples a second has: give samples, or --rate HZ`,
    );
  return Math.round(Number(given.slice(0, -1)) * rateHz);
}

/** Checks options from a JSON file: `{ "rateHz": 100, "mean": [0], "std": [1] }`. @throws DataError 'bad-option' naming file and option */
export function readSeriesOptions(value: unknown, name: string): SeriesOptions {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new DataError('bad-option', `${name}: series must be an object such as {"rateHz": 100, "mean": [0], "std": [1]}`);
  for (const [option, given] of Object.entries(value)) {
    const field = Object.hasOwn(fields, option) ? fields[option as keyof SeriesOptions] : undefined;
    if (field === undefined)
      throw new DataError('bad-option', `${name}: there is no option ${option} for series: use ${Object.keys(fields).join(', ')}`);
    if (!field.holds(given))
      throw new DataError('bad-option', `${name}: series: ${option} must be ${field.expected}, not ${JSON.stringify(given)}`);
  }
  return value as SeriesOptions;
}
