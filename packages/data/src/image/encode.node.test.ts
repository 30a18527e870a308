import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { DataError } from '../error.js';
import { decodeBytes } from './decode.node.js';
import { encodePng } from './encode.node.js';
import type { Pixels } from './image.js';

const anyPixels = fc
  .record({ width: fc.integer({ min: 1, max: 12 }), height: fc.integer({ min: 1, max: 12 }) })
  .chain(({ width, height }) =>
    fc
      .uint8ClampedArray({ minLength: width * height * 4, maxLength: width * height * 4 })
      .map((rgba): Pixels => ({ width, height, rgba: Uint8ClampedArray.from(rgba) })),
  );

test('pixels come back, laid on white, and the bytes are the same each time', () =>
  fc.assert(
    fc.asyncProperty(anyPixels, async (pixels) => {
      const png = await encodePng(pixels);
      expect(Uint8Array.from(png)).toEqual(Uint8Array.from(await encodePng(pixels)));
      const image = await decodeBytes(png, 'x');
      expect([image.width, image.height, image.channels]).toEqual([pixels.width, pixels.height, 3]);
      image.data.forEach((v, i) => {
        const [p, c] = [Math.floor(i / 3), i % 3];
        const alpha = pixels.rgba[4 * p + 3]! / 255;
        expect(v).toBeCloseTo((pixels.rgba[4 * p + c]! / 255) * alpha + 1 - alpha, 6);
      });
    }),
    { seed: 1, numRuns: 40 },
  ));

test('pixels that do not fill the picture are refused', async () => {
  const short: Pixels = { width: 2, height: 2, rgba: new Uint8ClampedArray(12) };
  await expect(encodePng(short)).rejects.toThrow(
    new DataError('bad-input', '12 bytes do not fill a picture of 2 × 2 pixels, which takes 16'),
  );
});
