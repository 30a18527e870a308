import { expect, test } from 'vitest';
import { bucketsOf } from './t5.js';

/** The least distance in each bucket, as transformers 5.23 has them. */
const starts: readonly (readonly [count: number, most: number, bothWays: boolean, starts: readonly number[]])[] = [
  [32, 128, false, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 19, 21, 24, 27, 31, 35, 40, 46, 52, 59, 67, 77, 87, 99, 113]],
  [32, 128, true, [0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 23, 32, 46, 64, 91]],
  [32, 100, true, [0, 1, 2, 3, 4, 5, 6, 7, 8, 11, 16, 21, 29, 39, 54, 73]],
  [
    64,
    512,
    true,
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 20, 25, 31, 39, 48, 59, 73, 91, 113, 140, 174, 216, 268, 332, 413],
  ],
  [20, 64, false, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 15, 18, 22, 26, 31, 37, 45, 54]],
];

test.each(starts)(
  '%i buckets for distances up to %i, both ways %s, begin where those of transformers do',
  (count, most, bothWays, expected) => {
    const buckets = bucketsOf(count, most, bothWays);
    const behind = Array.from({ length: most + 1 }, (_, distance) => buckets[most - distance]!);
    const ahead = Array.from({ length: most + 1 }, (_, distance) => buckets[most + distance]!);
    const bucketAt = (distance: number): number => expected.findLastIndex((start) => start <= distance);
    expect(behind).toEqual(behind.map((_, distance) => bucketAt(distance)));
    expect(ahead).toEqual(ahead.map((_, distance) => (bothWays && distance > 0 ? count / 2 + bucketAt(distance) : 0)));
  },
);
