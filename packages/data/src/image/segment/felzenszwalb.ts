import { blur } from '../../blur.js';
import type { Image } from '../image.js';
import { numbered, type Segmentation } from './segmentation.js';

export interface FelzenszwalbOptions {
  /** How much colours within a region may differ: larger makes larger regions. Of colours from 0 to 255. */
  readonly scale: number;
  /** Blur beforehand, in pixels. */
  readonly sigma: number;
  /** Regions have at least so many pixels. */
  readonly smallest: number;
}

/** Neighbours behind a pixel: each pair of eight is met once. */
const BEHIND = [
  [1, 0],
  [-1, 1],
  [0, 1],
  [1, 1],
] as const;

/** Regions joined where they differ no more than within. Felzenszwalb and Huttenlocher 2004, IJCV 59(2), algorithm 1. */
export function felzenszwalb(image: Image, { scale, sigma, smallest }: FelzenszwalbOptions): Segmentation {
  const { width, height } = image;
  const edges = sortedEdges(image, sigma);
  const regions = forest(width * height, scale / 255);
  for (let e = 0; e < edges.order.length; e++) {
    const [a, b, weight] = edges.at(e);
    regions.joinAlike(a, b, weight);
  }
  for (let e = 0; e < edges.order.length; e++) {
    const [a, b] = edges.at(e);
    regions.joinSmall(a, b, smallest);
  }
  return numbered(
    width,
    height,
    Int32Array.from({ length: width * height }, (_, i) => regions.root(i)),
  );
}

/** Pairs of neighbouring pixels by how much their colours differ, the least first; pairs that differ alike in the order of the picture. */
function sortedEdges({ width, height, channels, data: given }: Image, sigma: number) {
  const { data } = blur({ dtype: 'float32', dims: [height, width, channels], data: given as Float32Array<ArrayBuffer> }, sigma, [0, 1]);
  const pixels = data as Float32Array;
  const [from, to] = [new Int32Array(4 * width * height), new Int32Array(4 * width * height)];
  const weights = new Float32Array(4 * width * height);
  let count = 0;
  for (let y = 0, a = 0; y < height; y++)
    for (let x = 0; x < width; x++, a++)
      for (const [dx, dy] of BEHIND) {
        if (x + dx < 0 || x + dx >= width || y + dy >= height) continue;
        const b = a + dy * width + dx;
        let sum = 0;
        for (let c = 0; c < channels; c++) sum += (pixels[channels * a + c]! - pixels[channels * b + c]!) ** 2;
        from[count] = a;
        to[count] = b;
        weights[count++] = Math.sqrt(sum);
      }
  const order = sorted(weights.subarray(0, count));
  return { order, at: (e: number) => [from[order[e]!]!, to[order[e]!]!, weights[order[e]!]!] as const };
}

/** Places of numbers above zero from the least to the greatest. Bits of such floats are in the order of their values, so one sort of bits and places will do. */
function sorted(weights: Float32Array): Int32Array {
  const places = 2 ** 22;
  const bits = new Uint32Array(weights.buffer, weights.byteOffset, weights.length);
  // Bits below 2³¹ beside places below 2²² are whole numbers that doubles hold.
  if (weights.length > places) return Int32Array.from(weights.keys()).sort((a, b) => weights[a]! - weights[b]! || a - b);
  return Int32Array.from(Float64Array.from(bits, (b, i) => b * places + i).sort(), (key) => key % places);
}

/** Disjoint sets of pixels, each with the greatest difference that joined it. */
function forest(size: number, scale: number) {
  const parents = Int32Array.from({ length: size }, (_, i) => i);
  const sizes = new Int32Array(size).fill(1);
  const within = new Float32Array(size);
  const root = (i: number): number => {
    let at = i;
    while (parents[at] !== at) at = parents[at] = parents[parents[at]!]!;
    return at;
  };
  const join = (a: number, b: number): number => {
    const [large, small] = sizes[a]! >= sizes[b]! ? [a, b] : [b, a];
    parents[small] = large;
    sizes[large]! += sizes[small]!;
    return large;
  };
  return {
    root,
    /** Joins regions whose border differs no more than either does within, plus what small ones are allowed. */
    joinAlike(i: number, j: number, weight: number): void {
      const [a, b] = [root(i), root(j)];
      if (a !== b && weight <= Math.min(within[a]! + scale / sizes[a]!, within[b]! + scale / sizes[b]!)) within[join(a, b)] = weight;
    },
    joinSmall(i: number, j: number, smallest: number): void {
      const [a, b] = [root(i), root(j)];
      if (a !== b && Math.min(sizes[a]!, sizes[b]!) < smallest) join(a, b);
    },
  };
}
