import type { Tensor } from '@vitrine/ir';
import { DataError } from '../error.js';
import { toGrey, toRgb, type Image } from './image.js';
import { resample, type Interpolation } from './resample.js';

/** How a picture becomes a model's input. What is left out follows from the model's input shape. */
export interface Preprocess {
  /** First the shorter side, or both sides, are brought to these pixels. */
  readonly resize?: number | { readonly width: number; readonly height: number };
  /** Then the middle is cut out. */
  readonly crop?: number | { readonly width: number; readonly height: number };
  readonly interpolation?: Interpolation;
  readonly antialias?: boolean;
  readonly layout?: 'NCHW' | 'NHWC';
  readonly channels?: 'RGB' | 'BGR' | 'grey';
  /** Values from 0 to this; 1 unless said otherwise. */
  readonly scale?: number;
  /** Subtracted after scaling, then divided by, for each channel. */
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

/** Where the model's pixels lie on the picture: picture = offset + model × scale, in pixels. */
export interface Geometry {
  readonly offsetX: number;
  readonly offsetY: number;
  readonly scaleX: number;
  readonly scaleY: number;
  /** What the model sees, in its pixels. */
  readonly width: number;
  readonly height: number;
}

export interface Preprocessed {
  /** [1,C,H,W] or [1,H,W,C]. */
  readonly tensor: Tensor<'float32'>;
  readonly layout: 'NCHW' | 'NHWC';
  readonly geometry: Geometry;
}

const bad = (message: string): never => {
  throw new DataError('bad-option', message);
};

type Size = { readonly width: number; readonly height: number };
const fields: { readonly [name in keyof Preprocess]-?: (value: unknown) => boolean } = {
  resize: (v) => isSide(v) || isSize(v),
  crop: (v) => isSide(v) || isSize(v),
  interpolation: (v) => v === 'nearest' || v === 'bilinear' || v === 'bicubic',
  antialias: (v) => typeof v === 'boolean',
  layout: (v) => v === 'NCHW' || v === 'NHWC',
  channels: (v) => v === 'RGB' || v === 'BGR' || v === 'grey',
  scale: (v) => typeof v === 'number' && v > 0 && Number.isFinite(v),
  mean: (v) => isNumbers(v),
  std: (v) => isNumbers(v) && (v as number[]).every((s) => s > 0),
};
const expected: { readonly [name in keyof Preprocess]-?: string } = {
  resize: 'a number of pixels or {"width": …, "height": …}',
  crop: 'a number of pixels or {"width": …, "height": …}',
  interpolation: 'nearest, bilinear or bicubic',
  antialias: 'true or false',
  layout: 'NCHW or NHWC',
  channels: 'RGB, BGR or grey',
  scale: 'a positive number',
  mean: 'a list of numbers',
  std: 'a list of positive numbers',
};
const isSide = (v: unknown): v is number => typeof v === 'number' && Number.isInteger(v) && v >= 1 && v <= 65_535;
const isSize = (v: unknown): v is Size =>
  typeof v === 'object' && v !== null && isSide((v as Size).width) && isSide((v as Size).height) && Object.keys(v).length === 2;
const isNumbers = (v: unknown): boolean => Array.isArray(v) && v.length > 0 && v.every((n) => typeof n === 'number' && Number.isFinite(n));

/** Checks options from a JSON file: `{ "preset": "imagenet", "crop": 299 }`. @throws DataError 'bad-option' naming file and option */
export function readPreprocess(value: unknown, name: string): Preprocess {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return bad(`${name} must hold an object of preprocessing options`);
  const { preset, ...own } = value as { readonly preset?: unknown; readonly [option: string]: unknown };
  for (const [option, given] of Object.entries(own)) {
    if (!Object.hasOwn(fields, option))
      bad(`${name}: there is no preprocessing option ${option}: use ${Object.keys(fields).join(', ')} or preset`);
    if (!fields[option as keyof Preprocess](given))
      bad(`${name}: ${option} must be ${expected[option as keyof Preprocess]}, not ${JSON.stringify(given)}`);
  }
  return { ...(preset === undefined ? {} : presetNamed(preset)), ...own };
}

/** @throws DataError 'bad-option' */
export function presetNamed(name: unknown): Preprocess {
  return typeof name === 'string' && Object.hasOwn(presets, name)
    ? presets[name as PresetName]
    : bad(`there is no preset called ${String(name)}: use ${Object.keys(presets).join(', ')}`);
}

/** What a model's input [N,C,H,W] or [N,H,W,C] says of the pictures it takes; undefined where an extent is free. */
export interface Wanted {
  readonly layout: 'NCHW' | 'NHWC';
  readonly channels: number | undefined;
  readonly width: number | undefined;
  readonly height: number | undefined;
}

/** @throws DataError 'bad-input' when the shape is no picture's */
export function wantedBy(shape: readonly (number | string)[], layout: 'NCHW' | 'NHWC' | undefined, name: string): Wanted {
  if (shape.length !== 4)
    throw new DataError('bad-input', `input ${name} has shape [${shape.join(',')}], which is not a picture's: give it as .npy`);
  const number = (d: number | string | undefined): number | undefined => (typeof d === 'number' ? d : undefined);
  const last = layout === 'NHWC' || (layout === undefined && isChannels(shape[3]) && !isChannels(shape[1]));
  const [channels, height, width] = (last ? [shape[3], shape[1], shape[2]] : shape.slice(1)).map(number);
  if (channels !== undefined && channels !== 1 && channels !== 3)
    throw new DataError('bad-input', `input ${name} has ${channels} channels, and pictures have 1 or 3: give it as .npy`);
  return { layout: last ? 'NHWC' : 'NCHW', channels, width, height };
}

const isChannels = (d: number | string | undefined): boolean => d === 1 || d === 3;

/** A picture as a model's input, and where each of its pixels came from. @throws DataError */
export function preprocess(image: Image, options: Preprocess, wanted: Wanted): Preprocessed {
  const { interpolation = 'bilinear', antialias = true, scale = 1, mean = [0], std = [1] } = options;
  const grey = options.channels === 'grey' || (options.channels === undefined && wanted.channels === 1);
  const source = grey ? toGrey(image) : toRgb(image);
  if (wanted.channels !== undefined && wanted.channels !== source.channels)
    bad(`the model takes ${wanted.channels} channels, the options make ${source.channels}`);
  const size = resized(source, options, wanted);
  const cut = options.crop === undefined ? size : sizeOf(options.crop);
  if (cut.width > size.width || cut.height > size.height)
    bad(`a crop of ${cut.width} × ${cut.height} does not fit a picture of ${size.width} × ${size.height}: resize it larger first`);
  if ((wanted.width !== undefined && wanted.width !== cut.width) || (wanted.height !== undefined && wanted.height !== cut.height))
    bad(
      `the model takes ${wanted.width ?? 'any'} × ${wanted.height ?? 'any'} pixels, the options make ${cut.width} × ${cut.height}: set resize and crop`,
    );
  if (mean.length !== 1 && mean.length !== source.channels) bad(`mean has ${mean.length} numbers for ${source.channels} channels`);
  if (std.length !== 1 && std.length !== source.channels) bad(`std has ${std.length} numbers for ${source.channels} channels`);

  const small = resample(source, size.width, size.height, interpolation, antialias);
  const [left, top] = [Math.round((size.width - cut.width) / 2), Math.round((size.height - cut.height) / 2)];
  const { channels } = source;
  const data = new Float32Array(cut.width * cut.height * channels);
  for (let y = 0; y < cut.height; y++) {
    for (let x = 0; x < cut.width; x++) {
      for (let c = 0; c < channels; c++) {
        const from = options.channels === 'BGR' ? channels - 1 - c : c;
        const value = small.data[((y + top) * size.width + x + left) * channels + from]! * scale;
        const to = wanted.layout === 'NHWC' ? (y * cut.width + x) * channels + c : (c * cut.height + y) * cut.width + x;
        data[to] = (value - mean[mean.length === 1 ? 0 : c]!) / std[std.length === 1 ? 0 : c]!;
      }
    }
  }
  const dims = wanted.layout === 'NHWC' ? [1, cut.height, cut.width, channels] : [1, channels, cut.height, cut.width];
  const [scaleX, scaleY] = [image.width / size.width, image.height / size.height];
  return {
    tensor: { dtype: 'float32', dims, data },
    layout: wanted.layout,
    geometry: { offsetX: left * scaleX, offsetY: top * scaleY, scaleX, scaleY, width: cut.width, height: cut.height },
  };
}

const sizeOf = (size: number | Size): Size => (typeof size === 'number' ? { width: size, height: size } : size);

function resized(image: Image, { resize, crop }: Preprocess, wanted: Wanted): Size {
  if (typeof resize === 'object') return resize;
  if (typeof resize === 'number') {
    // As torchvision does: the longer side is cut, not rounded.
    const short = Math.min(image.width, image.height);
    return { width: Math.floor((resize * image.width) / short), height: Math.floor((resize * image.height) / short) };
  }
  if (crop !== undefined) return image;
  return { width: wanted.width ?? image.width, height: wanted.height ?? image.height };
}
