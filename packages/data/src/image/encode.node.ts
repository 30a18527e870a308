import type { Pixels } from './image.js';

/** Pixels as PNG: the same pixels, the same bytes. */
export async function encodePng({ width, height, rgba }: Pixels): Promise<Uint8Array> {
  const { default: sharp } = await import('sharp');
  return sharp(rgba, { raw: { width, height, channels: 4 } })
    .png({ compressionLevel: 6, adaptiveFiltering: false })
    .toBuffer();
}
