import { random, normal } from '@vitrine/data';
import { tensorOf, type Tensor } from '@vitrine/ir';
import { describe, expect, test } from 'vitest';
import { blending } from './blending.js';
import type { Presence } from './coalition.js';
import { fillIn } from './fillIn.js';
import { gridOf } from './partitions.js';
import { labelled, slidingWindows, type Partition } from './partition.js';
import { removalFor } from './removal.js';

const streams = (label: string) => random(4, label);
const draw = normal(random(1, 'removal'));
const picture = (dims: readonly number[]): ReadonlyMap<string, Tensor> =>
  new Map([['x', tensorOf('float32', dims, Array.from({ length: dims.reduce((a, b) => a * b, 1) }, draw))]]);
type Asked = Parameters<typeof removalFor>[0];
const removed = (x: ReadonlyMap<string, Tensor>, partition: Partition, baseline: string, presence: Presence): readonly Float32Array[] =>
  removalFor({ x, random: streams, series: new Map() } as Pick<Asked, 'x' | 'random' | 'series'> as Asked, baseline)
    .over(partition)(presence)
    .map((standIn) => blending(x, new Map(), partition)(presence, standIn).get('x')!.data as Float32Array);

describe('blending', () => {
  const x = new Map([['x', tensorOf('float32', [1, 4], [1, 2, 3, 4])]]);
  const fixed = new Map([['mask', tensorOf('int64', [1, 4], [1, 1, 1, 1])]]);
  const standIn = new Map<string, Tensor>([["x", tensorOf('float32', [1, 4], [10, 20, 30, 40])], ['mask', tensorOf('int64', [1, 4], [0, 0, 0, 0])]]); // prettier-ignore
  const both: Partition = {
    of: 'label',
    parts: [
      { name: 'a', runs: new Map([['x', [[0, 2]]], ['mask', [[0, 2]]]]) }, // prettier-ignore
      { name: 'b', runs: new Map([['x', [[3, 4]]], ['mask', [[3, 4]]]]) }, // prettier-ignore
    ],
  };

  test('mixes what is there in part, and leaves alone what is of no part', () => {
    const point = blending(x, fixed, both)(Float32Array.of(0.25, 1), standIn);
    expect([...(point.get('x')!.data as Float32Array)]).toEqual([10 - 0.25 * 9, 20 - 0.25 * 18, 3, 4]);
    // Integers are one or the other.
    expect([...(point.get('mask')!.data as BigInt64Array)]).toEqual([0n, 0n, 1n, 1n]);
    expect([...(blending(x, fixed, both)(Uint8Array.of(1, 0), standIn).get('x')!.data as Float32Array)]).toEqual([1, 2, 3, 40]);
  });

  test('where parts overlap, what one of them lacks is gone', () => {
    const point = blending(x, fixed, slidingWindows(x, [2], [1]))(Uint8Array.of(0, 1, 1), standIn);
    expect([...(point.get('x')!.data as Float32Array)]).toEqual([10, 20, 3, 4]);
  });
});

test('segment-mean gives each part its own mean colour, in either layout', () => {
  for (const dims of [
    [1, 3, 6, 6],
    [1, 6, 6, 3],
  ]) {
    // prettier-ignore
    const x = picture(dims);
    const [made] = removed(x, gridOf(x, [2, 2]), 'segment-mean', Uint8Array.of(0, 1, 1, 1));
    const given = x.get('x')!.data as Float32Array;
    const at = (c: number, row: number, column: number): number =>
      dims[1] === 3 ? (c * 6 + row) * 6 + column : (row * 6 + column) * 3 + c;
    for (let c = 0; c < 3; c++) {
      const own = [0, 1, 2].flatMap((row) => [0, 1, 2].map((column) => at(c, row, column)));
      const mean = own.reduce((sum, e) => sum + given[e]!, 0) / 9;
      for (const e of own) expect(made![e]).toBeCloseTo(mean, 5);
      expect(made![at(c, 4, 4)]).toBe(given[at(c, 4, 4)]);
    }
  }
  const row = picture([1, 5]);
  expect(() => removed(row, labelled(row, row), 'segment-mean', new Uint8Array(5))).toThrow(
    'baseline=segment-mean is for pictures and series',
  );
});

describe('inpaint', () => {
  test('continues a plane as it is, wherever the hole is', () => {
    const [width, height] = [17, 13];
    const plane = Float32Array.from({ length: width * height }, (_, p) => 0.3 * (p % width) - 0.7 * Math.floor(p / width));
    const left = plane.map((_, p) => (p % width > 3 && p % width < 12 && p > 3 * width && p < 10 * width ? 0 : 1));
    const filled = fillIn(plane, Uint8Array.from(left), width, height);
    filled.forEach((v, p) => expect(Math.abs(v - plane[p]!)).toBeLessThan(0.01));
  });

  test('makes each missing place the weighted mean of its neighbours', () => {
    const [width, height] = [9, 8];
    const plane = Float32Array.from({ length: width * height }, draw);
    const left = Uint8Array.from(plane, (_, p) => (p % 3 === 0 ? 1 : 0));
    const filled = fillIn(plane, left, width, height);
    for (let p = 0; p < plane.length; p++) {
      if (left[p] === 1) {
        expect(filled[p]).toBe(plane[p]);
        continue;
      }
      let [sum, weights] = [0, 0];
      for (const dy of [-1, 0, 1])
        for (const dx of [-1, 0, 1]) {
          const [u, v] = [(p % width) + dx, Math.floor(p / width) + dy];
          if ((dx === 0 && dy === 0) || u < 0 || v < 0 || u >= width || v >= height) continue;
          const weight = dx === 0 || dy === 0 ? 1 / 6 : 1 / 12;
          sum += weight * filled[v * width + u]!;
          weights += weight;
        }
      expect(Math.abs(filled[p]! - sum / weights)).toBeLessThan(5e-3);
    }
  });

  test('of a picture without anything left is its mean, and noise is the same for the same seed', () => {
    const x = picture([1, 3, 8, 8]);
    const partition = gridOf(x, [2, 2]);
    const given = x.get('x')!.data as Float32Array;
    const [blank] = removed(x, partition, 'inpaint:noise=0', new Uint8Array(4));
    for (let c = 0; c < 3; c++) {
      const own = given.subarray(64 * c, 64 * (c + 1));
      expect(blank![64 * c + 5]).toBeCloseTo(own.reduce((a, b) => a + b) / 64, 5);
    }
    const some = Uint8Array.of(1, 0, 1, 1);
    const [once] = removed(x, partition, 'inpaint', some);
    expect(removed(x, partition, 'inpaint', some)[0]).toEqual(once);
    expect(removed(x, partition, 'inpaint:noise=0', some)[0]).not.toEqual(once);
    const place = 4 * 8 + 4;
    expect(once![place]).toBe(given[place]);
    expect(once![4]).not.toBe(given[4]);
  });

  test('goes along a series, and refuses a table', () => {
    const x = new Map([['x', tensorOf('float32', [1, 2, 5], [0, 9, 9, 9, 4, 1, 9, 9, 9, 1])]]);
    const ends = labelled(x, new Map([['x', tensorOf('int64', [5], [0, 1, 1, 1, 0])]]));
    const [made] = removed(x, ends, 'inpaint:noise=0', Uint8Array.of(1, 0));
    expect([...made!]).toEqual([0, 1, 2, 3, 4, 1, 1, 1, 1, 1].map((v) => expect.closeTo(v, 2)));
    const row = picture([1, 5]);
    expect(() => removed(row, labelled(row, row), 'inpaint', new Uint8Array(5))).toThrow('baseline=inpaint fills in pictures and series');
  });
});

test('baselines take settings behind a colon, and several draws are several points', () => {
  const x = picture([1, 3, 6, 6]);
  const partition = gridOf(x, [1, 1]);
  const gone = new Uint8Array(1);
  const drawn = removed(x, partition, 'noise:draws=3', gone);
  expect(drawn).toHaveLength(3);
  expect(new Set(drawn.map((data) => data[0])).size).toBe(3);
  expect(removed(x, partition, 'noise:draws=3', gone)).toEqual(drawn);
  expect(removed(x, partition, 'blur:sigma=1', gone)[0]).not.toEqual(removed(x, partition, 'blur', gone)[0]);
  expect(() => removed(x, partition, 'blur:width=3', gone)).toThrow('baseline=blur has no option width: it takes sigma');
  expect(() => removed(x, partition, 'smudge', gone)).toThrow('there is no baseline called smudge');
});
