import { blur } from '../../blur.js';
import type { Image } from '../image.js';

/** One plane [H,W] for each channel. */
export type Planes = readonly Float32Array[];

/** White of daylight, CIE D65, and the matrix from linear sRGB to XYZ: IEC 61966-2-1. */
const WHITE = [0.95047, 1, 1.08883] as const;
const TO_XYZ = [
  [0.4124564, 0.3575761, 0.1804375],
  [0.2126729, 0.7151522, 0.072175],
  [0.0193339, 0.119192, 0.9503041],
] as const;
/** Below this a cube root is replaced by a line (6/29)³; its slope is 841/108. */
const [LINEAR_BELOW, SLOPE, OFFSET] = [216 / 24389, 841 / 108, 4 / 29];

/** A picture in CIE L*a*b*, L* from 0 to 100, where distances are as the eye sees them; of a grey one L* alone. Blurred first by `sigma` pixels. */
export function labOf(image: Image, sigma: number): Planes {
  const { width, height, channels } = image;
  const data = sigma > 0 ? (blur({ dtype: 'float32', dims: [height, width, channels], data: image.data as Float32Array<ArrayBuffer> }, sigma, [0, 1]).data as Float32Array) : image.data; // prettier-ignore
  const planes = Array.from({ length: channels }, () => new Float32Array(width * height));
  const seen = [0, 0, 0];
  for (let i = 0; i < width * height; i++) {
    if (channels === 1) {
      planes[0]![i] = 116 * root(linear(data[i]!)) - 16;
      continue;
    }
    const [r, g, b] = [linear(data[3 * i]!), linear(data[3 * i + 1]!), linear(data[3 * i + 2]!)];
    for (let k = 0; k < 3; k++) seen[k] = root((TO_XYZ[k]![0] * r + TO_XYZ[k]![1] * g + TO_XYZ[k]![2] * b) / WHITE[k]!);
    planes[0]![i] = 116 * seen[1]! - 16;
    planes[1]![i] = 500 * (seen[0]! - seen[1]!);
    planes[2]![i] = 200 * (seen[1]! - seen[2]!);
  }
  return planes;
}

const linear = (v: number): number => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
const root = (t: number): number => (t > LINEAR_BELOW ? Math.cbrt(t) : SLOPE * t + OFFSET);
