import { DataError } from '../error.js';

/** How a picture is resized. */
export type Interpolation = 'nearest' | 'bilinear' | 'bicubic';

/** Planes of numbers: [H,W,C]. */
export interface Planes {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Float32Array;
}

interface Kernel {
  readonly reach: number;
  readonly weight: (distance: number) => number;
}

const linear: Kernel = { reach: 1, weight: (d) => Math.max(0, 1 - Math.abs(d)) };

/** Keys 1981, with his a. */
const cubic = (a: number): Kernel => ({
  reach: 2,
  weight(d) {
    const x = Math.abs(d);
    if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
    return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
  },
});

/** Pillow takes Keys's -0.5; PyTorch and OpenCV, which widen no kernel unless asked, take -0.75. */
const smooth = { bilinear: linear, bicubic: cubic(-0.5) };
const sharp = { bilinear: linear, bicubic: cubic(-0.75) };

interface Taps {
  readonly first: number;
  readonly weights: Float64Array;
}

/** Weights of the source elements for each target element. */
function tapsFor(from: number, to: number, how: Interpolation, antialias: boolean): readonly Taps[] {
  const scale = from / to;
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * scale;
    if (how === 'nearest') return { first: Math.min(from - 1, Math.floor(centre)), weights: Float64Array.of(1) };
    const { reach, weight } = (antialias ? smooth : sharp)[how];
    // The kernel widens as the picture shrinks.
    const width = antialias ? Math.max(1, scale) : 1;
    const low = Math.floor(centre - reach * width + 0.5);
    const high = Math.floor(centre + reach * width + 0.5);
    const first = Math.max(0, low);
    const weights = new Float64Array(Math.min(from, high) - first);
    for (let k = low; k < high; k++) {
      // Pillow leaves out what lies beyond the border; without antialias the border element stands for it.
      if (antialias && (k < 0 || k >= from)) continue;
      weights[Math.min(from - 1, Math.max(0, k)) - first]! += weight((k + 0.5 - centre) / width);
    }
    const total = weights.reduce((a, b) => a + b, 0);
    return { first, weights: weights.map((w) => w / total) };
  });
}

/**
 * Resizes along both axes. With antialias as Pillow does, whose kernel widens as the picture shrinks; without as PyTorch's interpolate.
 * Values of 'bicubic' may leave the picture's range. @throws DataError 'bad-option' unless all sides are whole and at least 1
 */
export function resample(image: Planes, width: number, height: number, how: Interpolation = 'bilinear', antialias = true): Planes {
  if (![width, height, image.width, image.height].every((side) => Number.isInteger(side) && side >= 1))
    throw new DataError(
      'bad-option',
      `resample: a picture of ${image.width} × ${image.height} pixels cannot become one of ${width} × ${height}: sides are whole numbers from 1`,
    );
  if (width === image.width && height === image.height) return image;
  const { channels } = image;
  const narrow = new Float32Array(image.height * width * channels);
  const across = tapsFor(image.width, width, how, antialias);
  for (let y = 0; y < image.height; y++) {
    for (let x = 0; x < width; x++) {
      const { first, weights } = across[x]!;
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        let at = (y * image.width + first) * channels + c;
        for (let k = 0; k < weights.length; k++, at += channels) sum += weights[k]! * image.data[at]!;
        narrow[(y * width + x) * channels + c] = sum;
      }
    }
  }
  const row = width * channels;
  const data = new Float32Array(height * row);
  const sums = new Float64Array(row);
  tapsFor(image.height, height, how, antialias).forEach(({ first, weights }, y) => {
    sums.fill(0);
    for (let k = 0; k < weights.length; k++) {
      const weight = weights[k]!;
      const from = (first + k) * row;
      for (let i = 0; i < row; i++) sums[i]! += weight * narrow[from + i]!;
    }
    data.set(sums, y * row);
  });
  return { width, height, channels, data };
}
