import { contours } from 'd3-contour';
import { toGrey, toRgb, type Image, type Pixels } from '../image.js';
import type { Geometry } from '../preprocess.js';
import { resample } from '../resample.js';
import { diverging, sequential, type Rgb } from './colour.js';
import { normalised, smoothed, type Plane } from './plane.js';

/** What is drawn: an attribution plane over a picture. */
export interface Drawing {
  readonly plane: Plane;
  readonly image: Image;
  /** Where the plane lies on the picture. */
  readonly geometry: Geometry;
  /** Whether values below zero mean something. */
  readonly signed: boolean;
}

/** The plane over the whole picture, at its resolution: values in [-1,1], NaN where the model saw nothing. */
function spread({ plane, image, geometry }: Pick<Drawing, 'plane' | 'image' | 'geometry'>): Float32Array {
  const [cellX, cellY] = [(geometry.width * geometry.scaleX) / plane.width, (geometry.height * geometry.scaleY) / plane.height];
  const [left, top] = [Math.round(geometry.offsetX), Math.round(geometry.offsetY)];
  const [width, height] = [Math.max(1, Math.round(plane.width * cellX)), Math.max(1, Math.round(plane.height * cellY))];
  const { data } = resample({ ...normalised(plane), channels: 1 }, width, height, 'bilinear', false);
  const result = new Float32Array(image.width * image.height).fill(NaN);
  for (let y = Math.max(0, top); y < Math.min(image.height, top + height); y++) {
    for (let x = Math.max(0, left); x < Math.min(image.width, left + width); x++)
      result[y * image.width + x] = data[(y - top) * width + (x - left)]!;
  }
  return result;
}

const UNSEEN = 0.25;

function drawn(image: Image, colour: (i: number) => Rgb): Pixels {
  const rgba = new Uint8ClampedArray(image.width * image.height * 4);
  for (let i = 0; i < image.width * image.height; i++) rgba.set([...colour(i), 255], 4 * i);
  return { width: image.width, height: image.height, rgba };
}

const mix = (a: Rgb, b: Rgb, t: number): Rgb => [a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1]), a[2] + t * (b[2] - a[2])];
const grey = (v: number): Rgb => [255 * v, 255 * v, 255 * v];
const colourOf = (v: number, signed: boolean): Rgb => (signed ? diverging(v) : sequential(Math.max(0, v)));

/** The attribution alone, as colours. What the model did not see is grey. */
export function heatmap(drawing: Drawing): Pixels {
  const values = spread(drawing);
  return drawn(drawing.image, (i) => (Number.isNaN(values[i]!) ? grey(0.5) : colourOf(values[i]!, drawing.signed)));
}

/** Colour over the picture in grey, stronger where it counts more. */
export function overlay(drawing: Drawing): Pixels {
  const values = spread({ ...drawing, plane: smoothed(drawing.plane, 0.006) });
  const { data } = toGrey(drawing.image);
  return drawn(drawing.image, (i) => {
    const [v, photo] = [values[i]!, data[i]!];
    if (Number.isNaN(v)) return grey(photo * UNSEEN);
    // A little contrast is taken from the photograph, so that the colours read.
    return mix(grey(0.15 + 0.7 * photo), colourOf(v, drawing.signed), Math.min(0.85, 1.1 * Math.abs(v) ** 0.7));
  });
}

/** Shares of the mass that speaks for the target, inside each line. */
const LEVELS = [0.2, 0.5, 0.8];
const LINES: readonly Rgb[] = [
  [255, 255, 255],
  [253, 184, 99],
  [230, 97, 1],
];

/** The picture in its colours, with lines around the places that hold 20, 50 and 80 % of what speaks for the target. */
export function contour(drawing: Drawing): Pixels {
  const { image } = drawing;
  const values = spread({ ...drawing, plane: smoothed(drawing.plane, 0.035) }).map((v) => (Number.isNaN(v) ? 0 : Math.max(0, v)));
  const { data } = toRgb(image);
  const seen = spread(drawing);
  const photo = drawn(image, (i) => {
    const dim = Number.isNaN(seen[i]!) ? UNSEEN : 0.9;
    return [255 * dim * data[3 * i]!, 255 * dim * data[3 * i + 1]!, 255 * dim * data[3 * i + 2]!];
  });
  const thresholds = thresholdsFor(values);
  const width = Math.max(1, Math.min(image.width, image.height) / 160);
  contours()
    .size([image.width, image.height])
    .thresholds(thresholds.toReversed())(Array.from(values))
    .forEach(({ coordinates }, level) => {
      const colour = LINES[level % LINES.length]!;
      for (const polygon of coordinates)
        for (const ring of polygon)
          for (let k = 0; k + 1 < ring.length; k++)
            stroke(photo, ring[k] as [number, number], ring[k + 1] as [number, number], width, colour);
    });
  return photo;
}

/** Values above which each share of the mass lies. */
function thresholdsFor(values: Float32Array): readonly number[] {
  const sorted = values.toSorted().toReversed();
  const total = sorted.reduce((a, b) => a + b, 0);
  return LEVELS.map((share) => {
    let sum = 0;
    const at = sorted.findIndex((v) => (sum += v) >= share * total);
    return sorted[Math.max(0, at)]!;
  });
}

/** A line with soft edges. */
function stroke(
  { width, height, rgba }: Pixels,
  [x0, y0]: readonly [number, number],
  [x1, y1]: readonly [number, number],
  thickness: number,
  colour: Rgb,
): void {
  const reach = thickness + 1;
  const [dx, dy] = [x1 - x0, y1 - y0];
  const length = dx * dx + dy * dy || 1;
  for (let y = Math.max(0, Math.floor(Math.min(y0, y1) - reach)); y < Math.min(height, Math.max(y0, y1) + reach); y++) {
    for (let x = Math.max(0, Math.floor(Math.min(x0, x1) - reach)); x < Math.min(width, Math.max(x0, x1) + reach); x++) {
      const t = Math.max(0, Math.min(1, ((x + 0.5 - x0) * dx + (y + 0.5 - y0) * dy) / length));
      const distance = Math.hypot(x + 0.5 - x0 - t * dx, y + 0.5 - y0 - t * dy);
      const cover = Math.max(0, Math.min(1, thickness / 2 + 0.5 - distance));
      if (cover === 0) continue;
      const at = 4 * (y * width + x);
      for (let c = 0; c < 3; c++) rgba[at + c] = rgba[at + c]! + cover * (colour[c]! - rgba[at + c]!);
    }
  }
}
