import { readFile, stat } from 'node:fs/promises';
import { DataError } from '../error.js';
import type { Image } from './image.js';

export interface DecodeLimits {
  /** Most pixels that are decoded. */
  readonly pixels?: number;
  /** Largest file that is read, in bytes. */
  readonly bytes?: number;
}

const MEGAPIXELS = 1e6;

/**
 * Decodes PNG, JPEG, WebP, TIFF, GIF or AVIF: 8 and 16 bits, grey, palette and CMYK. Orientation is applied, transparency laid on white,
 * of an animation the first picture taken. Sizes are checked before anything is decoded. @throws DataError naming the file
 */
export async function decodeImage(file: string, { pixels = 50 * MEGAPIXELS, bytes = 2 ** 28 }: DecodeLimits = {}): Promise<Image> {
  const size = await stat(file).catch((cause: NodeJS.ErrnoException) => {
    throw new DataError('unreadable', cause.code === 'ENOENT' ? `there is no file ${file}` : `${file} cannot be read (${cause.code})`, {
      cause,
    });
  });
  if (size.isDirectory()) throw new DataError('unreadable', `${file} is a folder, not a picture`);
  if (size.size > bytes)
    throw new DataError(
      'too-large',
      `${file} has ${Math.round(size.size / 2 ** 20)} MB, more than the ${Math.round(bytes / 2 ** 20)} MB that are read: make it smaller first`,
    );
  return decodeBytes(await readFile(file), file, { pixels });
}

/** The same for bytes in memory. */
export async function decodeBytes(content: Uint8Array, name: string, { pixels = 50 * MEGAPIXELS }: DecodeLimits = {}): Promise<Image> {
  // Loaded when first needed: most commands decode nothing.
  const { default: sharp } = await import('sharp');
  sharp.cache(false);
  const unreadable = (cause: unknown): never => {
    throw new DataError(
      'malformed',
      `${name} is not a picture that can be read (PNG, JPEG, WebP, TIFF): ${(cause instanceof Error ? cause.message : String(cause)).split('\n')[0]}`,
      { cause },
    );
  };
  const about = await sharp(content, { limitInputPixels: false }).metadata().catch(unreadable);
  const { width, height } = about;
  if (width * height > pixels)
    throw new DataError(
      'too-large',
      `${name} has ${width} × ${height} pixels, more than the ${Math.round(pixels / MEGAPIXELS)} million that are decoded: make it smaller first`,
    );
  const grey = about.space === 'b-w' || about.space === 'grey16';
  const deep = about.depth === 'ushort' || about.depth === 'short';
  const { data, info } = await sharp(content, { limitInputPixels: pixels, failOn: 'error' })
    .autoOrient()
    .flatten({ background: '#ffffff' })
    .toColourspace(grey ? (deep ? 'grey16' : 'b-w') : deep ? 'rgb16' : 'srgb')
    .raw({ depth: deep ? 'ushort' : 'uchar' })
    .toBuffer({ resolveWithObject: true })
    .catch(unreadable);
  const samples = deep ? new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2) : data;
  const channels = info.channels >= 3 ? 3 : 1;
  const scale = 1 / (deep ? 65535 : 255);
  const values = new Float32Array(info.width * info.height * channels);
  for (let i = 0; i < info.width * info.height; i++)
    for (let c = 0; c < channels; c++) values[i * channels + c] = samples[i * info.channels + c]! * scale;
  return { width: info.width, height: info.height, channels, data: values };
}
