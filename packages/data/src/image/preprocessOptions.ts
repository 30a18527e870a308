import { DataError } from '../error.js';
import type { Interpolation } from './resample.js';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** How a picture becomes a model's input. What is left out follows from the model's input shape. */
export interface Preprocess {
  /** First the shorter side, or both sides, are brought to these pixels. */
  readonly resize?: number | Size;
  /** Then the middle is cut out. */
  readonly crop?: number | Size;
  /** 'bilinear' unless given. */
  readonly interpolation?: Interpolation;
  /** Whether shrinking averages over all pixels it merges, as Pillow does; true unless given. */
  readonly antialias?: boolean;
  readonly layout?: 'NCHW' | 'NHWC';
  readonly channels?: 'RGB' | 'BGR' | 'grey';
  /** Values from 0 to this; 1 unless said otherwise. */
  readonly scale?: number;
  /** Subtracted after scaling, then divided by: one number, or one for each channel in the order of `channels`. */
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
}

/** Common recipes, by name. */
export const presets = {
  imagenet: { resize: 256, crop: 224, channels: 'RGB', mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  tf: { scale: 255, mean: [127.5], std: [127.5] },
  'zero-one': {},
} as const satisfies { readonly [name: string]: Preprocess };

export type PresetName = keyof typeof presets;

export const badOption = (message: string): never => {
  throw new DataError('bad-option', message);
};

interface OptionField {
  readonly expected: string;
  readonly holds: (value: unknown) => boolean;
}

const MAX_SIDE = 65_535;
const isSide = (v: unknown): v is number => Number.isInteger(v) && (v as number) >= 1 && (v as number) <= MAX_SIDE;
const isNumbers = (v: unknown): v is readonly number[] => Array.isArray(v) && v.length > 0 && v.every(Number.isFinite);
const pixels: OptionField = {
  expected: `a number of pixels or {"width": …, "height": …}, each from 1 to ${MAX_SIDE}`,
  holds: (v) =>
    isSide(v) ||
    (typeof v === 'object' && v !== null && Object.keys(v).toSorted().join() === 'height,width' && Object.values(v).every(isSide)),
};
const oneOf = (...names: readonly string[]): OptionField => ({
  expected: `${names.slice(0, -1).join(', ')} or ${names.at(-1)!}`,
  holds: (v) => names.includes(v as string),
});

const fields: { readonly [name in keyof Preprocess]-?: OptionField } = {
  resize: pixels,
  crop: pixels,
  interpolation: oneOf('nearest', 'bilinear', 'bicubic'),
  antialias: { expected: 'true or false', holds: (v) => typeof v === 'boolean' },
  layout: oneOf('NCHW', 'NHWC'),
  channels: oneOf('RGB', 'BGR', 'grey'),
  scale: { expected: 'a positive number', holds: (v) => Number.isFinite(v) && (v as number) > 0 },
  mean: { expected: 'a list of numbers', holds: isNumbers },
  std: { expected: 'a list of positive numbers', holds: (v) => isNumbers(v) && v.every((s) => s > 0) },
};

/** Checks options from a JSON file: `{ "preset": "imagenet", "crop": 299 }`. @throws DataError 'bad-option' naming file and option */
export function readPreprocess(value: unknown, name: string): Preprocess {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return badOption(`${name} must hold an object of preprocessing options`);
  const { preset, ...own } = value as { readonly preset?: unknown; readonly [option: string]: unknown };
  for (const [option, given] of Object.entries(own)) {
    const field = Object.hasOwn(fields, option) ? fields[option as keyof Preprocess] : undefined;
    if (field === undefined)
      return badOption(`${name}: there is no preprocessing option ${option}: use ${Object.keys(fields).join(', ')} or preset`);
    if (!field.holds(given)) return badOption(`${name}: ${option} must be ${field.expected}, not ${JSON.stringify(given)}`);
  }
  return { ...(preset === undefined ? {} : presetNamed(preset, `${name}: `)), ...own };
}

/** @throws DataError 'bad-option'; `where` goes before its message */
export function presetNamed(name: unknown, where = ''): Preprocess {
  return typeof name === 'string' && Object.hasOwn(presets, name)
    ? presets[name as PresetName]
    : badOption(
        `${where}there is no preset called ${typeof name === 'string' ? name : JSON.stringify(name)}: use ${Object.keys(presets).join(', ')}`,
      );
}
