import { existsSync } from 'node:fs';
import path from 'node:path';
import { DataError, readPreprocess, type Preprocess } from '@vitrine/data';
import { readJson } from './input.js';

type Json = { readonly [key: string]: unknown };

/** The files that transformers says in how pictures are prepared, and the place in them. */
const FILES: readonly { readonly name: string; readonly within?: string }[] = [
  { name: 'preprocessor_config.json' },
  { name: 'processor_config.json', within: 'image_processor' },
];

/** Pillow's numbers of its filters. */
const FILTERS: { readonly [number: string]: NonNullable<Preprocess['interpolation']> } = { 0: 'nearest', 2: 'bilinear', 3: 'bicubic' };

/** Processors that bring both sides to one number, though they cut out the middle afterwards. */
const SQUARE = /^(Beit|DeiT|EfficientNet)/;

const isRecord = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

export const hasImageProcessor = (folder: string): boolean => FILES.some(({ name }) => existsSync(path.join(folder, name)));

/** How pictures are prepared, as a folder of transformers says it; undefined where it does not. @throws DataError naming the file */
export function imageProcessorIn(folder: string): Preprocess | undefined {
  for (const { name, within } of FILES) {
    const file = path.join(folder, name);
    if (!existsSync(file)) continue;
    const json = readJson(file) as Json;
    const said = within === undefined ? json : json[within];
    if (isRecord(said) && ['image_processor_type', 'image_mean', 'do_resize'].some((key) => key in said)) return preprocessOf(said, file);
  }
  return undefined;
}

function preprocessOf(said: Json, file: string): Preprocess {
  const refuse = (what: string): never => {
    throw new DataError('unsupported', `${file}: ${what}: say how pictures are prepared in a file, with --preprocess FILE`);
  };
  const does = (key: string, otherwise: boolean): boolean => (said[key] ?? otherwise) === true;
  if (does('do_pad', false)) refuse('pictures that are padded (do_pad) are not supported');
  const crops = does('do_center_crop', false);
  const resample = said['resample'] ?? 2;
  const interpolation = FILTERS[String(resample)];
  if (does('do_resize', true) && interpolation === undefined)
    refuse(`resample is ${JSON.stringify(resample)}, and only 0, 2 and 3 (nearest, bilinear, bicubic) are supported`);
  const type = String(said['image_processor_type'] ?? said['feature_extractor_type'] ?? '');
  const factor = does('do_rescale', true) ? (said['rescale_factor'] ?? 1 / 255) : 1;
  const options = {
    ...(does('do_resize', true) && {
      resize: sizeOf(said['size'], crops && !SQUARE.test(type)) ?? refuse(`size ${JSON.stringify(said['size'])} is not supported`),
    }),
    ...(crops && { crop: sizeOf(said['crop_size'], false) ?? refuse(`crop_size ${JSON.stringify(said['crop_size'])} is not supported`) }),
    ...(interpolation && { interpolation }),
    ...(does('do_flip_channel_order', false) && { channels: 'BGR' }),
    scale: typeof factor === 'number' ? scaleOf(factor) : factor,
    ...(does('do_normalize', true) && { mean: listOf(said['image_mean']), std: listOf(said['image_std']) }),
  };
  return readPreprocess(Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)), file);
}

/** 1 for the usual 1/255, however it is rounded. */
const scaleOf = (factor: number): number => (Math.abs(255 * factor - 1) < 1e-6 ? 1 : 255 * factor);

const listOf = (value: unknown): unknown => (typeof value === 'number' ? [value] : value);

/** As preprocessing options have it: a number is the shorter side. */
function sizeOf(size: unknown, shorter: boolean): unknown {
  if (typeof size === 'number') return shorter ? size : { width: size, height: size };
  if (Array.isArray(size) && size.length === 2) return { width: size[1] as unknown, height: size[0] as unknown };
  if (!isRecord(size)) return undefined;
  const keys = Object.keys(size).toSorted().join();
  if (keys === 'shortest_edge') return size['shortest_edge'];
  return keys === 'height,width' ? { width: size['width'], height: size['height'] } : undefined;
}
