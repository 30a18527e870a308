import { readFile, stat } from 'node:fs/promises';
import { DataError } from '../error.js';
import { pictureFormat } from './format.js';
import type { Image } from './image.js';

export interface DecodeLimits {
  /** Most pixels that are decoded; 50 million unless given. */
  readonly pixels?: number;
  /** Largest file that is read, in bytes; 256 MB unless given. */
  readonly bytes?: number;
}

const MILLION = 1e6;
const MEGABYTE = 2 ** 20;

/**
 * Decodes PNG, JPEG, WebP, TIFF, GIF or AVIF: 8 and 16 bits, grey, palette and CMYK. Orientation is applied, embedded colour profiles
 * are brought to sRGB, transparency is laid on white, of an animation the first picture is taken.
 * Sizes are checked before anything is decoded. @throws DataError naming the file
 */
export async function decodeImage(file: string, { pixels, bytes = 256 * MEGABYTE }: DecodeLimits = {}): Promise<Image> {
  const unreadable = (cause: NodeJS.ErrnoException): never => {
    const what = cause.code === 'ENOENT' ? `there is no file ${file}` : `${file} cannot be read (${cause.code})`;
    throw new DataError('unreadable', what, { cause });
  };
  const about = await stat(file).catch(unreadable);
  if (!about.isFile()) throw new DataError('unreadable', `${file} is ${about.isDirectory() ? 'a folder' : 'no file'}, not a picture`);
  if (about.size > bytes)
    throw new DataError(
      'too-large',
      `${file} has ${megabytes(about.size)} MB, more than the ${megabytes(bytes)} MB that are read: make it smaller first`,
    );
  return decodeBytes(await readFile(file).catch(unreadable), file, pixels === undefined ? {} : { pixels });
}

const megabytes = (bytes: number): number => Math.ceil((10 * bytes) / MEGABYTE) / 10;

/** The same for bytes in memory; `name` stands for them in messages. */
export async function decodeBytes(content: Uint8Array, name: string, { pixels = 50 * MILLION }: DecodeLimits = {}): Promise<Image> {
  const format = pictureFormat(content);
  if (format === undefined)
    throw new DataError('unsupported', `${name} is not a picture that can be read: give PNG, JPEG, WebP, TIFF, GIF or AVIF`);
  // Loaded when first needed: most commands decode nothing.
  const { default: sharp } = await import('sharp');
  sharp.cache(false);
  const damaged = (cause: unknown): never => {
    const [line] = (cause instanceof Error ? cause.message : String(cause)).split('\n');
    throw new DataError('malformed', `${name} is damaged or no ${format}: ${line}`, { cause });
  };
  const { width, height, depth, space, channels, hasAlpha } = await sharp(content, { limitInputPixels: false }).metadata().catch(damaged);
  if (width * height > pixels)
    throw new DataError(
      'too-large',
      `${name} has ${width} × ${height} pixels, more than the ${pixels / MILLION} million that are decoded: make it smaller first`,
    );
  const deep = depth === 'ushort';
  if ((!deep && depth !== 'uchar') || channels > 4 + Number(space === 'cmyk'))
    throw new DataError(
      'unsupported',
      `${name} has ${channels} channels of type ${depth}, and pictures have 8 or 16 bits: give it as .npy`,
    );
  const grey = space === 'b-w' || space === 'grey16';
  const { data, info } = await sharp(content, { limitInputPixels: false, failOn: 'error' })
    .autoOrient()
    // Grey with alpha goes by way of colour: of a grey picture sharp keeps the first channel only.
    .toColourspace(grey && !hasAlpha ? (deep ? 'grey16' : 'b-w') : deep ? 'rgb16' : 'srgb')
    .raw({ depth: deep ? 'ushort' : 'uchar' })
    .toBuffer({ resolveWithObject: true })
    .catch(damaged);
  const samples = deep ? new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2) : data;
  return { width: info.width, height: info.height, ...onWhite(samples, info.channels, grey ? 1 : 3, deep ? 65_535 : 255) };
}

/** Samples [H,W,given] in grey or RGB, with alpha as the last of an even number. */
function onWhite(samples: Uint16Array | Uint8Array, given: number, channels: 1 | 3, most: number): Pick<Image, 'channels' | 'data'> {
  const count = samples.length / given;
  const data = new Float32Array(count * channels);
  for (let i = 0; i < count; i++) {
    const alpha = given % 2 === 1 ? 1 : samples[(i + 1) * given - 1]! / most;
    for (let c = 0; c < channels; c++) data[i * channels + c] = (samples[i * given + c]! / most) * alpha + (1 - alpha);
  }
  return { channels, data };
}
