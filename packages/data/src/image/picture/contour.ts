import { contours } from 'd3-contour';
import { blur } from '../../blur.js';
import { toRgb, type Pixels } from '../image.js';
import { resample } from '../resample.js';
import type { Rgb } from './colour.js';
import { smoothed, type Plane } from './plane.js';
import { painted, seenOf, UNSEEN, type Drawing, type Seen } from './spread.js';
import { stroke, type Point } from './stroke.js';

/** Shares of the mass that speaks for the target, inside each line, and their colours. */
const LEVELS: readonly (readonly [share: number, colour: Rgb])[] = [
  [0.8, [255, 255, 255]],
  [0.5, [253, 184, 99]],
  [0.2, [230, 97, 1]],
];
/** Lines are followed on at most this many cells along a side: finer ones look the same and take longer. */
const MAX_CELLS = 400;

/** Standard deviation of the blur that takes creases away, in cells of the plane. */
const CREASE = 0.45;

/** The picture in its colours, with lines around the places that hold 20, 50 and 80 % of what speaks for the target. */
export function contour(drawing: Drawing): Pixels {
  const { image, geometry } = drawing;
  const photo = toRgb(image).data;
  const pixels = painted(drawing, (at, v, colour) => {
    const light = 255 * (Number.isNaN(v) ? UNSEEN : 0.9);
    for (let c = 0; c < 3; c++) colour[c] = light * photo[3 * at + c]!;
  });
  const seen = seenOf(geometry);
  const grid = fine(smoothed(drawing.plane, 0.035), seen);
  const thresholds = thresholdsFor(grid.data);
  const width = Math.max(1.5, Math.min(image.width, image.height) / 170);
  LEVELS.forEach(([, colour], level) => stroke(pixels, segmentsOf(grid, thresholds[level]!, seen), { colour, width }));
  return pixels;
}

/** The plane's positive part, of a size to follow lines on, without the creases that interpolation leaves between coarse cells. */
function fine(plane: Plane, { width, height }: Seen): Plane {
  const scale = Math.min(1, MAX_CELLS / Math.max(width, height));
  const [across, down] = [Math.max(2, Math.round(width * scale)), Math.max(2, Math.round(height * scale))];
  const positive = { ...plane, data: plane.data.map((v) => Math.max(0, v)), channels: 1 };
  const { data } = resample(positive, across, down);
  const crease = CREASE * Math.max(1, Math.min(across / plane.width, down / plane.height));
  const smooth = blur({ dtype: 'float32', dims: [down, across], data: data as Float32Array<ArrayBuffer> }, crease, [0, 1]);
  return { width: across, height: down, data: smooth.data as Float32Array };
}

/** Values above which each share of the mass lies; infinite where there is none. */
function thresholdsFor(values: Float32Array): readonly number[] {
  const sorted = values.toSorted().toReversed();
  const total = sorted.reduce((a, b) => a + b, 0);
  return LEVELS.map(([share]) => {
    let sum = 0;
    return (total > 0 && sorted.find((v) => (sum += v) >= share * total)) || Infinity;
  });
}

/** Pieces of the lines at a threshold, in the picture's pixels. */
function segmentsOf(grid: Plane, threshold: number, { left, top, width, height }: Seen): readonly (readonly [Point, Point])[] {
  if (threshold === Infinity) return [];
  const [shape] = contours().size([grid.width, grid.height]).thresholds([threshold])(Array.from(grid.data));
  const place = ([x, y]: readonly number[]): Point => [left + (x! / grid.width) * width, top + (y! / grid.height) * height];
  return shape!.coordinates.flat().flatMap((ring) =>
    ring.slice(1).flatMap((b, k): (readonly [Point, Point])[] => {
      const a = ring[k]!;
      return onBorder(a[0]!, b[0]!, grid.width) || onBorder(a[1]!, b[1]!, grid.height) ? [] : [[place(a), place(b)]];
    }),
  );
}

/** Lines end at the border of what was seen: along it there is nothing to enclose. */
const onBorder = (a: number, b: number, most: number): boolean => Math.max(a, b) <= 0.5 || Math.min(a, b) >= most - 0.5;
