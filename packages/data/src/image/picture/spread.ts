import { DataError } from '../../error.js';
import type { Image, Pixels } from '../image.js';
import type { Geometry } from '../preprocess.js';
import { resample } from '../resample.js';
import type { Plane } from './plane.js';

/** What is drawn: an attribution plane over a picture. */
export interface Drawing {
  readonly plane: Plane;
  /** What the colours show, where it is not the plane: what parts of unlike size count, of which the plane holds shares. */
  readonly tones?: Plane;
  readonly image: Image;
  /** Where the plane lies on the picture. */
  readonly geometry: Geometry;
  /** Whether values below zero mean something. */
  readonly signed: boolean;
}

/** What the model saw of a picture, in whole pixels. */
export interface Seen {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export const seenOf = ({ offsetX, offsetY, scaleX, scaleY, width, height }: Geometry): Seen => ({
  left: Math.round(offsetX),
  top: Math.round(offsetY),
  width: Math.max(1, Math.round(width * scaleX)),
  height: Math.max(1, Math.round(height * scaleY)),
});

/**
 * Lets `paint` colour each pixel: (pixel, value of the plane there, NaN where the model saw nothing, colour to be set).
 * @throws DataError 'bad-input' on a plane that is empty, not full, or holds NaN
 */
export function painted(
  { plane, image, geometry }: Pick<Drawing, 'plane' | 'image' | 'geometry'>,
  paint: (at: number, value: number, colour: Float64Array) => void,
): Pixels {
  check(plane);
  const { left, top, width, height } = seenOf(geometry);
  const { data } = resample({ ...plane, channels: 1 }, width, height);
  const rgba = new Uint8ClampedArray(image.width * image.height * 4);
  const colour = new Float64Array(3);
  for (let y = 0, at = 0; y < image.height; y++) {
    const row = y >= top && y < top + height ? (y - top) * width - left : NaN;
    for (let x = 0; x < image.width; x++, at++) {
      // A row of NaN, and whatever lies beside the columns seen, has no value.
      paint(at, x >= left && x < left + width ? (data[row + x] ?? NaN) : NaN, colour);
      rgba[4 * at] = colour[0]!;
      rgba[4 * at + 1] = colour[1]!;
      rgba[4 * at + 2] = colour[2]!;
      rgba[4 * at + 3] = 255;
    }
  }
  return { width: image.width, height: image.height, rgba };
}

function check({ width, height, data }: Plane): void {
  if (data.length === 0 || data.length !== width * height)
    throw new DataError('bad-input', `${data.length} numbers are no plane of ${width} × ${height} that can be drawn`);
  if (data.some(Number.isNaN)) throw new DataError('bad-input', 'the plane to be drawn holds NaN, which has no colour');
}

/** How bright what the model did not see is left. */
export const UNSEEN = 0.45;
