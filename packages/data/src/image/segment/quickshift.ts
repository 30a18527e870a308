import type { Image } from '../image.js';
import { labOf } from './lab.js';
import { numbered, type Segmentation } from './segmentation.js';

export interface QuickshiftOptions {
  /** Standard deviation of the kernel that density is estimated with, in pixels. */
  readonly kernel: number;
  /** The longest step to a denser pixel: longer ones start a region. */
  readonly distance: number;
  /** What a step in colour, L* from 0 to 100, counts in pixels. */
  readonly ratio: number;
  /** Blur beforehand, in pixels. */
  readonly sigma: number;
}

type Three = readonly [Float32Array, Float32Array, Float32Array];

/** How far a kernel reaches, in standard deviations. */
const REACH = 3;
/** exp(−t) in a table over t from 0 to this, by as many steps. */
const [FARTHEST, STEPS] = [16, 16_384];

/** Trees of steps from each pixel to the nearest denser one; each tree is a region. Vedaldi and Soatto 2008, ECCV, section 3. */
export function quickshift(image: Image, { kernel, distance, ratio, sigma }: QuickshiftOptions): Segmentation {
  const { width, height } = image;
  const lab = labOf(image, sigma).map((plane) => plane.map((v) => ratio * v));
  const none = new Float32Array(width * height);
  const planes: Three = [lab[0]!, lab[1] ?? none, lab[2] ?? none];
  const reach = Math.ceil(REACH * kernel);
  const density = densityOf(planes, width, height, kernel, reach);
  const parents = parentsOf(planes, width, height, density, reach, distance * distance);
  return numbered(width, height, roots(parents, density));
}

/** Calls back for each pair of pixels at most `reach` apart along each side, once, a row at a time: pixels from `start` and those `offset` behind, in pairs. */
function eachPair(
  width: number,
  height: number,
  reach: number,
  visit: (start: number, count: number, offset: number, apart: number) => void,
): void {
  for (let dy = 0; dy <= Math.min(reach, height - 1); dy++)
    for (let dx = dy === 0 ? 1 : -Math.min(reach, width - 1); dx <= Math.min(reach, width - 1); dx++) {
      const [from, to] = [Math.max(0, -dx), width - Math.max(0, dx)];
      for (let y = 0; y + dy < height; y++) visit(y * width + from, to - from, dy * width + dx, dx * dx + dy * dy);
    }
}

function densityOf([l, a, b]: Three, width: number, height: number, kernel: number, reach: number): Float32Array {
  const [scale, table] = [STEPS / FARTHEST / (2 * kernel * kernel), new Float32Array(STEPS)];
  for (let i = 0; i < STEPS; i++) table[i] = Math.exp((-(i + 0.5) * FARTHEST) / STEPS);
  const density = new Float32Array(width * height).fill(1);
  eachPair(width, height, reach, (start, count, offset, apart) => {
    for (let i = start, j = start + offset; i < start + count; i++, j++) {
      const [dl, da, db] = [l[i]! - l[j]!, a[i]! - a[j]!, b[i]! - b[j]!];
      const t = (apart + dl * dl + da * da + db * db) * scale;
      if (t >= STEPS) continue;
      const weight = table[t | 0]!;
      density[i]! += weight;
      density[j]! += weight;
    }
  });
  return density;
}

/** The nearest denser pixel of each, itself where there is none near enough. Of two as dense, that which comes first is denser. */
function parentsOf([l, a, b]: Three, width: number, height: number, density: Float32Array, reach: number, farthest: number): Int32Array {
  const parents = Int32Array.from({ length: width * height }, (_, i) => i);
  const nearest = new Float32Array(width * height).fill(farthest);
  eachPair(width, height, reach, (start, count, offset, apart) => {
    for (let i = start, j = start + offset; i < start + count; i++, j++) {
      const lower = density[j]! > density[i]! ? i : j;
      // Squares of what is farther than the nearest need not be taken.
      const least = nearest[lower]!;
      if (apart >= least) continue;
      const [dl, da, db] = [l[i]! - l[j]!, a[i]! - a[j]!, b[i]! - b[j]!];
      const distance = apart + dl * dl + da * da + db * db;
      if (distance >= least) continue;
      nearest[lower] = distance;
      parents[lower] = i + j - lower;
    }
  });
  return parents;
}

/** Where each pixel's steps end. Density grows along them, so pixels are asked from the densest. */
function roots(parents: Int32Array, density: Float32Array): Int32Array {
  const found = Int32Array.from(parents);
  const order = Uint32Array.from(parents.keys()).sort((a, b) => density[b]! - density[a]! || a - b);
  for (const at of order) found[at] = found[parents[at]!]!;
  return found;
}
