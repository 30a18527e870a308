import { readdirSync } from 'node:fs';
import path from 'node:path';
import { DataError } from '@vitrine/data';
import { decodeImage } from '@vitrine/data/node';
import type { Evidence } from '@vitrine/evaluate';
import { sizeOf } from '@vitrine/ir';
import { unreadable } from '../bytes.js';
import type { Exam } from '../exam.js';
import type { Item } from '../summary/source.js';

/**
 * Masks of pictures from a folder of pictures with the same names, endings aside: what is not black lies in the mask. They are as large as the
 * pictures, and are cut and scaled as those are. @throws DataError naming the file
 */
export function masksIn(folder: string): (exam: Exam, item: Item) => Promise<Evidence['mask']> {
  const files = new Map(filesIn(folder).map((file) => [stemOf(file), path.join(folder, file)]));
  return async (exam, { source, number }) => {
    if (source === undefined)
      throw new DataError('bad-input', `example ${number} has no name, and masks are found by name: give a folder of pictures`);
    const file = files.get(stemOf(source));
    if (file === undefined) throw new DataError('bad-input', `${folder} holds no mask for ${source}: name it ${stemOf(source)}.png`);
    const image = await decodeImage(file);
    return new Map(
      [...exam.inputs].flatMap(([name, { picture, tensor }]) => {
        if (picture === undefined) return [];
        const { image: own, geometry, layout } = picture;
        if (image.width !== own.width || image.height !== own.height)
          throw new DataError(
            'bad-input',
            `${file} has ${image.width} × ${image.height} pixels, and the picture has ${own.width} × ${own.height}: a mask is as large as its picture`,
          );
        const { width, height } = geometry;
        const inside = new Uint8Array(width * height);
        for (let y = 0; y < height; y++)
          for (let x = 0; x < width; x++) {
            const [column, row] = [
              Math.floor(geometry.offsetX + (x + 0.5) * geometry.scaleX),
              Math.floor(geometry.offsetY + (y + 0.5) * geometry.scaleY),
            ];
            const at = (Math.min(image.height - 1, row) * image.width + Math.min(image.width - 1, column)) * image.channels;
            inside[y * width + x] = image.data.subarray(at, at + image.channels).some((v) => v > 0) ? 1 : 0;
          }
        const channels = sizeOf(tensor.dims) / inside.length;
        const place = layout === 'NHWC' ? (e: number): number => Math.floor(e / channels) : (e: number): number => e % inside.length;
        return [[name, Uint8Array.from({ length: sizeOf(tensor.dims) }, (_, e) => inside[place(e)]!)] as const];
      }),
    );
  };
}

const stemOf = (file: string): string => path.basename(file).replace(/\.[^.]*$/, '');

function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (cause) {
    throw unreadable(folder, cause);
  }
}
