/** How a picture is resized. */
export type Interpolation = 'nearest' | 'bilinear' | 'bicubic';

/** Planes of numbers: [H,W,C]. */
export interface Planes {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Float32Array;
}

const CUBIC_A = -0.5;
const kernels: { readonly [name in 'bilinear' | 'bicubic']: { readonly reach: number; readonly weight: (d: number) => number } } = {
  bilinear: { reach: 1, weight: (d) => Math.max(0, 1 - Math.abs(d)) },
  bicubic: {
    reach: 2,
    weight(d) {
      const x = Math.abs(d);
      if (x < 1) return ((CUBIC_A + 2) * x - (CUBIC_A + 3)) * x * x + 1;
      return x < 2 ? ((CUBIC_A * x - 5 * CUBIC_A) * x + 8 * CUBIC_A) * x - 4 * CUBIC_A : 0;
    },
  },
};

interface Taps {
  readonly first: number;
  readonly weights: readonly number[];
}

/** Weights of the source elements for each target element. With antialias the kernel widens as the picture shrinks, as Pillow's does. */
function tapsFor(from: number, to: number, how: Interpolation, antialias: boolean): readonly Taps[] {
  const scale = from / to;
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * scale;
    if (how === 'nearest') return { first: Math.min(from - 1, Math.floor(centre)), weights: [1] };
    const { reach, weight } = kernels[how];
    const width = antialias ? Math.max(1, scale) : 1;
    const low = Math.floor(centre - reach * width + 0.5);
    const high = Math.floor(centre + reach * width + 0.5);
    const raw = new Map<number, number>();
    for (let k = low; k < high; k++) {
      // Pillow leaves out what lies beyond the border; without antialias the border element stands for it, as in OpenCV and PyTorch.
      if (antialias && (k < 0 || k >= from)) continue;
      const at = Math.min(from - 1, Math.max(0, k));
      raw.set(at, (raw.get(at) ?? 0) + weight((k + 0.5 - centre) / width));
    }
    const total = [...raw.values()].reduce((a, b) => a + b, 0);
    const first = Math.min(...raw.keys());
    return { first, weights: Array.from({ length: raw.size }, (__, j) => (raw.get(first + j) ?? 0) / total) };
  });
}

/** Resizes along both axes, first the rows' elements, then the rows. */
export function resample(image: Planes, width: number, height: number, how: Interpolation = 'bilinear', antialias = true): Planes {
  if (width === image.width && height === image.height) return image;
  const { channels } = image;
  const across = tapsFor(image.width, width, how, antialias);
  const narrow = new Float32Array(image.height * width * channels);
  for (let y = 0; y < image.height; y++) {
    across.forEach(({ first, weights }, x) => {
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let k = 0; k < weights.length; k++) sum += weights[k]! * image.data[(y * image.width + first + k) * channels + c]!;
        narrow[(y * width + x) * channels + c] = sum;
      }
    });
  }
  const down = tapsFor(image.height, height, how, antialias);
  const data = new Float32Array(height * width * channels);
  const row = width * channels;
  down.forEach(({ first, weights }, y) => {
    for (let k = 0; k < weights.length; k++) {
      const [weight, from] = [weights[k]!, (first + k) * row];
      for (let i = 0; i < row; i++) data[y * row + i]! += weight * narrow[from + i]!;
    }
  });
  return { width, height, channels, data };
}
