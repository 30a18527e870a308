import type { Image } from '../image.js';
import { labOf, type Planes } from './lab.js';
import { numbered, type Segmentation } from './segmentation.js';

export interface SlicOptions {
  /** About how many regions. */
  readonly segments: number;
  /** How much a step across the picture weighs beside a step in colour. */
  readonly compactness: number;
  /** Blur beforehand, in pixels. */
  readonly sigma: number;
}

const ROUNDS = 10;
/** Regions smaller than this share of the mean are given to a neighbour. */
const SMALLEST = 0.25;

/** Regions by k-means in colour and place, each centre looking only around itself. Achanta et al. 2012, IEEE TPAMI 34(11), algorithm 1. */
export function slic(image: Image, { segments, compactness, sigma }: SlicOptions): Segmentation {
  const { width, height } = image;
  const planes = labOf(image, sigma);
  const step = Math.max(1, Math.sqrt((width * height) / segments));
  const centres = centresOf(planes, width, height, step);
  const nearest = new Int32Array(width * height);
  const distances = new Float32Array(width * height);
  for (let round = 0; round < ROUNDS; round++) {
    distances.fill(Infinity);
    centres.forEach((centre, k) => claim(planes, width, height, centre, k, step, (compactness / step) ** 2, nearest, distances));
    if (!moveTo(planes, width, centres, nearest)) break;
  }
  return connected(width, height, nearest, SMALLEST * step * step);
}

/** Colour, one number for each channel, then x and y. */
type Centre = Float64Array;

/** A lattice whose points are moved to where the picture changes least in 3 × 3 pixels, so that none sits on an edge. */
function centresOf(planes: Planes, width: number, height: number, step: number): readonly Centre[] {
  const [across, down] = [Math.max(1, Math.round(width / step)), Math.max(1, Math.round(height / step))];
  return Array.from({ length: across * down }, (_, k) => {
    const x = Math.floor((((k % across) + 0.5) * width) / across);
    const y = Math.floor(((Math.floor(k / across) + 0.5) * height) / down);
    let [best, least] = [y * width + x, Infinity];
    for (let v = Math.max(1, y - 1); v <= Math.min(height - 2, y + 1); v++)
      for (let u = Math.max(1, x - 1); u <= Math.min(width - 2, x + 1); u++) {
        const at = v * width + u;
        const change = planes.reduce((s, p) => s + (p[at + 1]! - p[at - 1]!) ** 2 + (p[at + width]! - p[at - width]!) ** 2, 0);
        if (change < least) [best, least] = [at, change];
      }
    return Float64Array.of(...planes.map((p) => p[best]!), best % width, Math.floor(best / width));
  });
}

/** Takes the pixels within a step of a centre that are nearer to it than to those before. */
function claim(
  planes: Planes,
  width: number,
  height: number,
  centre: Centre,
  k: number,
  step: number,
  weight: number,
  nearest: Int32Array,
  distances: Float32Array,
): void {
  const [cx, cy] = [centre.at(-2)!, centre.at(-1)!];
  const [left, right] = [Math.max(0, Math.ceil(cx - step)), Math.min(width - 1, Math.floor(cx + step))];
  for (let y = Math.max(0, Math.ceil(cy - step)); y <= Math.min(height - 1, Math.floor(cy + step)); y++) {
    const above = weight * (y - cy) ** 2;
    for (let x = left, at = y * width + left; x <= right; x++, at++) {
      let distance = above + weight * (x - cx) ** 2;
      for (let c = 0; c < planes.length; c++) {
        const d = planes[c]![at]! - centre[c]!;
        distance += d * d;
      }
      if (distance < distances[at]!) {
        distances[at] = distance;
        nearest[at] = k;
      }
    }
  }
}

/** Moves each centre to the mean of its pixels. False where none moved by as much as a twentieth of a pixel. */
function moveTo(planes: Planes, width: number, centres: readonly Centre[], nearest: Int32Array): boolean {
  const channels = planes.length;
  const sums = centres.map(() => new Float64Array(channels + 3));
  nearest.forEach((k, at) => {
    const sum = sums[k]!;
    for (let c = 0; c < channels; c++) sum[c]! += planes[c]![at]!;
    sum[channels]! += at % width;
    sum[channels + 1]! += Math.floor(at / width);
    sum[channels + 2]!++;
  });
  let moved = false;
  centres.forEach((centre, k) => {
    const count = sums[k]![channels + 2]!;
    if (count === 0) return;
    for (let i = 0; i < channels + 2; i++) {
      const mean = sums[k]![i]! / count;
      if (i >= channels && Math.abs(mean - centre[i]!) > 0.05) moved = true;
      centre[i] = mean;
    }
  });
  return moved;
}

/** Regions in one piece: each piece is one by itself, and pieces too small go to the one met before them. */
function connected(width: number, height: number, nearest: Int32Array, smallest: number): Segmentation {
  const regions = new Int32Array(width * height).fill(-1);
  const queue = new Int32Array(width * height);
  let next = 0;
  for (let start = 0; start < regions.length; start++) {
    if (regions[start] !== -1) continue;
    const before = start % width > 0 ? regions[start - 1]! : start >= width ? regions[start - width]! : -1;
    const size = flood(width, height, nearest, regions, start, next, queue);
    if (size < smallest && before !== -1) for (let i = 0; i < size; i++) regions[queue[i]!] = before;
    else next++;
  }
  return numbered(width, height, regions);
}

/** Marks what is joined to a pixel by its sides and of the same cluster. The first pixels of `queue` are those, as many as is returned. */
function flood(
  width: number,
  height: number,
  clusters: Int32Array,
  regions: Int32Array,
  start: number,
  region: number,
  queue: Int32Array,
): number {
  queue[0] = start;
  regions[start] = region;
  let size = 1;
  const visit = (at: number, inside: boolean): void => {
    if (!inside || regions[at] !== -1 || clusters[at] !== clusters[start]) return;
    regions[at] = region;
    queue[size++] = at;
  };
  for (let i = 0; i < size; i++) {
    const at = queue[i]!;
    const x = at % width;
    visit(at - 1, x > 0);
    visit(at + 1, x < width - 1);
    visit(at - width, at >= width);
    visit(at + width, at < width * (height - 1));
  }
  return size;
}
