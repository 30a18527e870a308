import { builder, sizeOf, tensorOf, type Graph, type Tensor } from '@vitrine/ir';
import { describe, expect, test } from 'vitest';
import { partitionFor } from './dividing.js';
import { atPositions, elements, grid, labelled, slices, slidingWindows, windowed, type Partition } from './partition.js';

const shaped = (dims: readonly number[]): Tensor =>
  tensorOf(
    'float32',
    dims,
    Array.from({ length: sizeOf(dims) }, (_, i) => i),
  );
const point = (...shapes: readonly (readonly number[])[]): ReadonlyMap<string, Tensor> =>
  new Map(shapes.map((dims, i) => [`x${i}`, shaped(dims)]));
const divided = (x: ReadonlyMap<string, Tensor>, given: string | Tensor): Partition =>
  partitionFor({ x, divisions: new Map(), model, pictures: new Map(), series: new Map() }, given);

/** A model that looks nothing up. */
function model(): Graph {
  return builder().build([]);
}

/** Elements of each part of a value. */
const listed = ({ parts }: Partition, at = 'x0'): readonly (readonly number[])[] =>
  parts.map(({ runs }) => (runs.get(at) ?? []).flatMap(([start, end]) => Array.from({ length: end - start }, (_, i) => start + i)));

describe('parts that do not overlap hold every element once', () => {
  const cases: readonly (readonly [string, ReadonlyMap<string, Tensor>, (x: ReadonlyMap<string, Tensor>) => Partition, number])[] = [
    ['elements', point([1, 3, 4]), elements, 12],
    ['elements of two values', point([1, 3], [1, 2, 2]), elements, 7],
    ['slices', point([1, 3, 4]), (x) => slices(x, 2), 4],
    ['features', point([1, 6]), (x) => slices(x, 1), 6],
    ['a grid', point([1, 2, 5, 7]), (x) => grid(x, new Map([[2, 2], [3, 3]])), 6], // prettier-ignore
    ['a grid finer than the value', point([1, 1, 2, 2]), (x) => divided(x, 'grid=8x8'), 4],
    ['labels', point([1, 2, 3]), (x) => labelled(x, new Map([['x0', tensorOf('int64', [1, 2, 3], [2, 1, 2, 1, 7, 2])]])), 3],
    ['windows side by side', point([1, 4, 5]), (x) => slidingWindows(x, [2, 2], [2, 2]), 6],
    ['a picture by default', point([1, 3, 32, 24]), (x) => divided(x, 'auto'), 64],
    ['a table by default', point([1, 9]), (x) => divided(x, 'auto'), 9],
    ['a series by default', point([1, 2, 640]), (x) => divided(x, 'auto'), 32],
    ['pixels', point([1, 3, 4, 5]), (x) => divided(x, 'pixels'), 20],
    ['pixels with channels behind them', point([1, 6, 5, 3]), (x) => divided(x, 'pixels'), 30],
    ['superpixels', point([1, 3, 40, 40]), (x) => divided(x, 'slic:segments=16,compactness=1000'), 16],
    ['superpixels of channels behind', point([1, 40, 40, 3]), (x) => divided(x, 'slic:segments=16,compactness=1000'), 16],
    ['superpixels of two pictures', point([1, 1, 20, 20], [1, 3, 20, 20]), (x) => divided(x, 'slic:segments=4,compactness=1000'), 8],
    ['a number by default', point([1]), (x) => divided(x, 'auto'), 1],
  ];
  test.each(cases)('%s', (_, x, make, count) => {
    const partition = make(x);
    expect(partition.parts).toHaveLength(count);
    for (const [at, { dims }] of x)
      expect(listed(partition, at).flat().toSorted((a, b) => a - b)).toEqual(Array.from({ length: sizeOf(dims) }, (__, i) => i)); // prettier-ignore
    expect(new Set(partition.parts.map(({ name }) => name)).size).toBe(count);
  });
});

test('a grid takes the sides of a picture, not its channels, in either layout', () => {
  expect(listed(divided(point([1, 3, 2, 2]), 'grid=2x2'))[0]).toEqual([0, 4, 8]);
  expect(listed(divided(point([1, 5, 2, 3]), 'grid=5x2'))[0]).toEqual([0, 1, 2]);
});

test('windows overlap by their stride, and the last is cut', () => {
  expect(listed(slidingWindows(point([1, 5]), [3], [2]))).toEqual([
    [0, 1, 2],
    [2, 3, 4],
  ]);
  expect(listed(slidingWindows(point([1, 6]), [3], [2]))).toEqual([
    [0, 1, 2],
    [2, 3, 4],
    [4, 5],
  ]);
  expect(listed(windowed(elements(point([1, 4])), 2, 1))).toEqual([
    [0, 1],
    [1, 2],
    [2, 3],
  ]);
  expect(windowed(elements(point([1, 4])), 9, 9).parts.map(({ name }) => name)).toEqual(['0 1 2 3']);
});

test('labels of a picture are for all its channels', () => {
  const partition = labelled(point([1, 2, 2, 2]), new Map([['x0', tensorOf('int64', [2, 2], [5, 5, 6, 5])]]));
  expect(listed(partition)).toEqual([
    [0, 1, 3, 4, 5, 7],
    [2, 6],
  ]);
});

test('labels that two values share are one part of both', () => {
  const labels = new Map([
    ['x0', tensorOf('int64', [1, 2], [0, 1])],
    ['x1', tensorOf('int64', [1, 3], [1, 1, 2])],
  ]);
  const partition = labelled(point([1, 2], [1, 3]), labels);
  expect([listed(partition, 'x0'), listed(partition, 'x1')]).toEqual([
    [[0], [1], []],
    [[], [0, 1], [2]],
  ]);
});

test('positions take the whole vectors of tokens, and the inputs beside them', () => {
  const groups = [
    { name: 'a word', positions: [1, 2] },
    { name: 'two pieces', positions: [3, 0] },
  ];
  const partition = atPositions('word', groups, 4, point([1, 4, 3]), ['attention_mask'])!;
  expect(listed(partition)).toEqual([
    [3, 4, 5, 6, 7, 8],
    [0, 1, 2, 9, 10, 11],
  ]);
  expect(listed(partition, 'attention_mask')).toEqual([
    [1, 2],
    [0, 3],
  ]);
  expect(atPositions('word', groups, 5, point([1, 4, 3]))).toBeUndefined();
});

test('superpixels are those of the picture that the model sees, where it is known', () => {
  const x = point([1, 3, 8, 8]);
  // Black on the left, white on the right.
  const data = Float32Array.from({ length: 8 * 8 * 3 }, (_, i) => (Math.floor(i / 3) % 8 < 3 ? 0 : 1));
  const pictures = new Map([['x0', { width: 8, height: 8, channels: 3 as const, data }]]);
  const partition = partitionFor({ x, divisions: new Map(), model, pictures, series: new Map() }, 'felzenszwalb:sigma=0,smallest=1');
  expect(partition.parts.map(({ name }) => name)).toEqual(['0 at 1,4', '1 at 5,4']);
  expect(listed(partition)[0]).toHaveLength(3 * 8 * 3);
});

test('what cannot be divided so is refused with what to do', () => {
  const x = point([1, 3, 4]);
  expect(() => divided(x, 'words')).toThrow(
    'there is no partition called words: use elements, axis=K, grid=RxC, pixels, slic, quickshift, felzenszwalb, points, windows, segments, channels, bands or a .npy file of labels',
  );
  expect(() => divided(x, 'slic')).toThrow('parts=slic divides pictures of 1 or 3 channels, and x0 has shape [1,3,4]');
  expect(() => divided(x, 'slic:number=3')).toThrow('parts=slic has no option number: it takes segments, compactness, sigma');
  expect(() => divided(x, 'slic:segments=0')).toThrow('parts=slic: option segments must be a whole number from 1 to 10000, not 0');
  expect(() => divided(x, 'slic=3')).toThrow('there is no partition called slic=3');
  expect(() => divided(point([1, 3]), 'pixels')).toThrow('parts=pixels divides one picture or series');
  expect(() => divided(x, 'axis=3')).toThrow('x0 has shape [1,3,4] and no axis 3');
  expect(() => divided(x, 'grid=2x2x2x2')).toThrow('grid=2x2x2x2 needs as many axes of space');
  expect(() => divided(x, 'grid=0x2')).toThrow('grid=0x2 has no parts');
  expect(() => divided(x, tensorOf('int64', [1, 5], [0, 1, 2, 3, 4]))).toThrow('have shape [1,5], which does not fit [1,3,4]');
  expect(() => divided(point([1, 3], [1, 2]), tensorOf('int64', [3], [0, 1, 2]))).toThrow('labels are for one value, and there are 2');
  expect(() => slidingWindows(x, [2], [2])).toThrow('window 2 with stride 2 does not fit x0 [3,4]');
  const words = { x, model, divisions: new Map([['word', () => undefined]]), pictures: new Map(), series: new Map() };
  expect(() => partitionFor(words, 'word')).toThrow('parts=word needs values with one vector for each token');
});
