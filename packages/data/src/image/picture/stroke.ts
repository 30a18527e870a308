import type { Pixels } from '../image.js';
import type { Rgb } from './colour.js';

export type Point = readonly [x: number, y: number];

export interface Pen {
  readonly colour: Rgb;
  /** In pixels. */
  readonly width: number;
}

/** Dark seam beside a line, so that it reads on bright ground: as a share of the line's width, and how much it darkens. */
const SEAM = 0.5;
const SEAM_COVER = 0.5;

/** Draws lines with soft edges and a dark seam, in place. Where lines meet they are not laid on one another. */
export function stroke({ width, height, rgba }: Pixels, segments: readonly (readonly [Point, Point])[], pen: Pen): void {
  const reach = pen.width / 2 + SEAM * pen.width + 1;
  const distances = new Float32Array(width * height).fill(Infinity);
  for (const [[x0, y0], [x1, y1]] of segments) {
    const [dx, dy] = [x1 - x0, y1 - y0];
    const length = dx * dx + dy * dy || 1;
    const [right, bottom] = [Math.min(width, Math.max(x0, x1) + reach), Math.min(height, Math.max(y0, y1) + reach)];
    for (let y = Math.max(0, Math.floor(Math.min(y0, y1) - reach)); y < bottom; y++) {
      for (let x = Math.max(0, Math.floor(Math.min(x0, x1) - reach)); x < right; x++) {
        const t = Math.max(0, Math.min(1, ((x + 0.5 - x0) * dx + (y + 0.5 - y0) * dy) / length));
        const distance = Math.hypot(x + 0.5 - x0 - t * dx, y + 0.5 - y0 - t * dy);
        if (distance < distances[y * width + x]!) distances[y * width + x] = distance;
      }
    }
  }
  distances.forEach((distance, at) => {
    if (distance > reach) return;
    const line = soft(pen.width / 2 - distance);
    const seam = SEAM_COVER * soft(pen.width / 2 + SEAM * pen.width - distance);
    for (let c = 0; c < 3; c++) {
      const ground = rgba[4 * at + c]! * (1 - seam);
      rgba[4 * at + c] = ground + line * (pen.colour[c]! - ground);
    }
  });
}

/** 1 well inside, 0 well outside, a pixel's share in between. */
const soft = (inside: number): number => Math.max(0, Math.min(1, inside + 0.5));
