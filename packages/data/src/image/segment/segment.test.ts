import { describe, expect, test } from 'vitest';
import { normal, random } from '../../random.js';
import type { Image } from '../image.js';
import { felzenszwalb } from './felzenszwalb.js';
import { labOf } from './lab.js';
import { quickshift } from './quickshift.js';
import type { Segmentation } from './segmentation.js';
import { slic } from './slic.js';

const segmenting: { readonly [name: string]: (image: Image) => Segmentation } = {
  slic: (image) => slic(image, { segments: 64, compactness: 10, sigma: 1 }),
  quickshift: (image) => quickshift(image, { kernel: 3, distance: 8, ratio: 1, sigma: 0 }),
  felzenszwalb: (image) => felzenszwalb(image, { scale: 100, sigma: 0.8, smallest: 50 }),
};

/** Patches of flat colours around random points, with noise; and which patch each pixel is of. */
function patches(width: number, height: number, channels: 1 | 3, seed = 1): { readonly image: Image; readonly truth: Int32Array } {
  const uniform = random(seed, 'patches');
  const noise = normal(random(seed, 'noise'));
  const points = Array.from({ length: 9 }, () => ({
    x: uniform() * width,
    y: uniform() * height,
    colour: [uniform(), uniform(), uniform()],
  }));
  const truth = new Int32Array(width * height);
  const data = new Float32Array(width * height * channels);
  for (let i = 0; i < truth.length; i++) {
    const distances = points.map(({ x, y }) => Math.hypot((i % width) - x, Math.floor(i / width) - y));
    truth[i] = distances.indexOf(Math.min(...distances));
    for (let c = 0; c < channels; c++) data[i * channels + c] = Math.min(1, Math.max(0, points[truth[i]!]!.colour[c]! + 0.01 * noise()));
  }
  return { image: { width, height, channels, data }, truth };
}

const borders = (labels: Int32Array, width: number): readonly number[] =>
  [...labels.keys()].filter((i) => (i % width < width - 1 && labels[i] !== labels[i + 1]) || (i + width < labels.length && labels[i] !== labels[i + width])); // prettier-ignore

/** The share of true borders that have a found one within two pixels. */
function recall(found: Int32Array, truth: Int32Array, width: number): number {
  const near = new Set(
    borders(found, width).flatMap((i) => [-2, -1, 0, 1, 2].flatMap((dy) => [-2, -1, 0, 1, 2].map((dx) => i + dy * width + dx))),
  );
  const wanted = borders(truth, width);
  return wanted.filter((i) => near.has(i)).length / wanted.length;
}

/** How many pieces regions are in, joined by sides and corners. */
function pieces({ width, height, labels }: Segmentation): number {
  const seen = new Uint8Array(labels.length);
  let count = 0;
  for (let start = 0; start < labels.length; start++) {
    if (seen[start]) continue;
    count++;
    const queue: number[] = [start];
    seen[start] = 1;
    while (queue.length > 0) {
      const at = queue.pop()!;
      for (const [dx, dy] of [
        [1, 0],
        [0, 1],
        [1, 1],
        [1, -1],
        [-1, 0],
        [0, -1],
        [-1, -1],
        [-1, 1],
      ] as const) {
        // prettier-ignore
        const [x, y] = [(at % width) + dx, Math.floor(at / width) + dy];
        const next = y * width + x;
        if (x < 0 || y < 0 || x >= width || y >= height || seen[next] || labels[next] !== labels[start]) continue;
        seen[next] = 1;
        queue.push(next);
      }
    }
  }
  return count;
}

describe.each(Object.keys(segmenting))('%s', (name) => {
  const segment = segmenting[name]!;

  test.each([1, 3] as const)('finds the borders of patches in %s channels, the same each time', (channels) => {
    const { image, truth } = patches(96, 80, channels);
    const found = segment(image);
    expect(recall(found.labels, truth, 96)).toBeGreaterThan(0.97);
    expect(segment(image)).toEqual(found);
  });

  test('numbers its regions as they are met', () => {
    const found = segment(patches(70, 50, 3, 2).image);
    const met = [...new Set(found.labels)];
    expect(met).toEqual(Array.from({ length: found.count }, (_, i) => i));
    expect(found.count).toBeGreaterThan(5);
    // Steps of quickshift may leap over a strip of another region.
    if (name !== 'quickshift') expect(pieces(found)).toBe(found.count);
  });

  test.each([
    [1, 1],
    [7, 1],
    [1, 9],
    [3, 2],
  ])('takes a picture of %s × %s', (width, height) => {
    const { labels, count } = segment({ width, height, channels: 3, data: new Float32Array(width * height * 3).fill(0.5) });
    expect(labels).toHaveLength(width * height);
    expect(Math.max(...labels)).toBe(count - 1);
  });
});

test('slic makes about as many regions as it is asked for', () => {
  const { image } = patches(120, 120, 3);
  for (const segments of [4, 25, 100]) {
    const { count } = slic(image, { segments, compactness: 20, sigma: 1 });
    expect(count).toBeGreaterThan(0.7 * segments);
    expect(count).toBeLessThan(1.5 * segments);
  }
});

test('slic without colours to go by is a lattice', () => {
  const { count, labels } = slic({ width: 40, height: 40, channels: 1, data: new Float32Array(1600).fill(0.3) }, { segments: 16, compactness: 10, sigma: 0 }); // prettier-ignore
  expect(count).toBe(16);
  for (let k = 0; k < 16; k++) expect(labels.filter((label) => label === k)).toHaveLength(100);
});

test('felzenszwalb leaves no region smaller than it may be', () => {
  const { labels, count } = felzenszwalb(patches(90, 60, 3, 5).image, { scale: 1, sigma: 0.5, smallest: 30 });
  for (let k = 0; k < count; k++) expect(labels.filter((label) => label === k).length).toBeGreaterThanOrEqual(30);
});

test('colours have the L*a*b* of the standard', () => {
  const data = Float32Array.of(1, 1, 1, 1, 0, 0, 0, 0, 1, 0.2, 0.4, 0.6);
  const lab = labOf({ width: 4, height: 1, channels: 3, data }, 0);
  const want = [
    [100, 0, 0],
    [53.24, 80.09, 67.2],
    [32.3, 79.19, -107.86],
    [42, -0.15, -32.84],
  ];
  want.forEach((colour, i) => expect(lab.map((plane) => plane[i])).toEqual(colour.map((v) => expect.closeTo(v, 1))));
});
