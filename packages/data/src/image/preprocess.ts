import type { Tensor } from '@vitrine/ir';
import { DataError } from '../error.js';
import { toGrey, toRgb, type Image } from './image.js';
import { badOption, type Preprocess, type Size } from './preprocessOptions.js';
import { resample } from './resample.js';

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
  const last = layout === 'NHWC' || (layout === undefined && isChannels(shape[3]) && !isChannels(shape[1]));
  const [channels, height, width] = (last ? [shape[3], shape[1], shape[2]] : shape.slice(1)).map(fixed);
  if (channels !== undefined && channels !== 1 && channels !== 3)
    throw new DataError('bad-input', `input ${name} has ${channels} channels, and pictures have 1 or 3: give it as .npy`);
  return { layout: last ? 'NHWC' : 'NCHW', channels, width, height };
}

const fixed = (d: number | string | undefined): number | undefined => (typeof d === 'number' ? d : undefined);
const isChannels = (d: number | string | undefined): boolean => d === 1 || d === 3;

/** A narrow strip with its shorter side enlarged would fill the memory. */
const MAX_PIXELS = 50e6;

/** A picture as a model's input, and where each of its pixels came from. @throws DataError 'bad-option' when picture, options and model do not fit */
export function preprocess(image: Image, options: Preprocess, wanted: Wanted): Preprocessed {
  const { interpolation = 'bilinear', antialias = true } = options;
  const grey = options.channels === 'grey' || (options.channels === undefined && wanted.channels === 1);
  const source = grey ? toGrey(image) : toRgb(image);
  const size = resized(source, options, wanted);
  const cut = options.crop === undefined ? size : sizeOf(options.crop);
  check(source.channels, size, cut, options, wanted);
  const small = resample(source, size.width, size.height, interpolation, antialias);
  const [left, top] = [halfEven(size.width - cut.width), halfEven(size.height - cut.height)];
  const [scaleX, scaleY] = [image.width / size.width, image.height / size.height];
  const shape = [source.channels, cut.height, cut.width];
  return {
    tensor: {
      dtype: 'float32',
      dims: wanted.layout === 'NHWC' ? [1, ...shape.slice(1), source.channels] : [1, ...shape],
      data: elements({ ...small, channels: source.channels }, cut, left, top, options, wanted.layout),
    },
    layout: wanted.layout,
    geometry: { offsetX: left * scaleX, offsetY: top * scaleY, scaleX, scaleY, ...cut },
  };
}

const sizeOf = (size: number | Size): Size =>
  typeof size === 'number' ? { width: size, height: size } : { width: size.width, height: size.height };

/** Half of it, rounded as Python rounds: torchvision's crops of odd margins lie so. */
function halfEven(margin: number): number {
  const half = Math.floor(margin / 2);
  return margin % 2 === 1 && half % 2 === 1 ? half + 1 : half;
}

function resized(image: Size, { resize, crop }: Preprocess, wanted: Wanted): Size {
  if (typeof resize === 'object') return sizeOf(resize);
  if (typeof resize === 'number') {
    // As torchvision does: the longer side is cut, not rounded.
    const short = Math.min(image.width, image.height);
    return { width: Math.floor((resize * image.width) / short), height: Math.floor((resize * image.height) / short) };
  }
  if (crop !== undefined) return sizeOf(image);
  return { width: wanted.width ?? image.width, height: wanted.height ?? image.height };
}

function check(channels: number, size: Size, cut: Size, { mean, std }: Preprocess, wanted: Wanted): void {
  if (wanted.channels !== undefined && wanted.channels !== channels)
    badOption(`the model takes ${wanted.channels} channels, the options make ${channels}: set channels`);
  if (size.width * size.height > MAX_PIXELS)
    badOption(`the options resize this picture to ${size.width} × ${size.height} pixels: give resize a width and a height`);
  if (cut.width > size.width || cut.height > size.height)
    badOption(`a crop of ${cut.width} × ${cut.height} does not fit a picture of ${size.width} × ${size.height}: resize it larger first`);
  if ((wanted.width ?? cut.width) !== cut.width || (wanted.height ?? cut.height) !== cut.height)
    badOption(
      `the model takes ${wanted.width ?? 'any'} × ${wanted.height ?? 'any'} pixels, the options make ${cut.width} × ${cut.height}: set resize and crop`,
    );
  for (const [name, list] of Object.entries({ mean, std }))
    if (list !== undefined && list.length !== 1 && list.length !== channels)
      badOption(`${name} has ${list.length} numbers: a picture of ${channels === 1 ? '1 channel takes 1' : '3 channels takes 1 or 3'}`);
}

function elements(
  { width, channels, data: pixels }: Image,
  cut: Size,
  left: number,
  top: number,
  { channels: order, scale = 1, mean = [0], std = [1] }: Preprocess,
  layout: Wanted['layout'],
): Float32Array<ArrayBuffer> {
  const data = new Float32Array(cut.width * cut.height * channels);
  for (let c = 0; c < channels; c++) {
    const from = order === 'BGR' ? channels - 1 - c : c;
    const [m, s] = [mean[mean.length === 1 ? 0 : c]!, std[std.length === 1 ? 0 : c]!];
    for (let y = 0; y < cut.height; y++) {
      for (let x = 0; x < cut.width; x++) {
        // A bicubic curve overshoots; a picture cannot.
        const value = Math.min(1, Math.max(0, pixels[((y + top) * width + x + left) * channels + from]!));
        const to = layout === 'NHWC' ? (y * cut.width + x) * channels + c : (c * cut.height + y) * cut.width + x;
        data[to] = (value * scale - m) / s;
      }
    }
  }
  return data;
}
