import { DataError } from '../error.js';
import type { Pixels } from './image.js';

/** Pixels as PNG: the same pixels, the same bytes. @throws DataError 'bad-input' when they do not fill the picture */
export async function encodePng({ width, height, rgba }: Pixels): Promise<Uint8Array> {
  if (rgba.length !== width * height * 4)
    throw new DataError(
      'bad-input',
      `${rgba.length} bytes do not fill a picture of ${width} × ${height} pixels, which takes ${width * height * 4}`,
    );
  const { default: sharp } = await import('sharp');
  return sharp(rgba, { raw: { width, height, channels: 4 } })
    .png({ compressionLevel: 6, adaptiveFiltering: false })
    .toBuffer();
}
