import { tensorOf } from '@vitrine/ir';
import { expect, test } from 'vitest';
import { firstComponent } from './eigenCam.js';

test('the first component of maps of which all but one are empty is that one', () => {
  const maps = tensorOf('float32', [1, 2, 1, 3], [0, 0, 0, 1, 3, 2]);
  const found = firstComponent(maps).data as Float32Array;
  expect(found[0]! / found[1]!).toBeCloseTo(1 / 3, 6);
  expect(found[2]! / found[1]!).toBeCloseTo(2 / 3, 6);
});

test('there may be more channels than a call has arguments', () => {
  const channels = 300_000;
  const maps = tensorOf(
    'float32',
    [1, channels, 1, 1],
    Array.from({ length: channels }, (_, c) => (c === 7 ? 1 : 0)),
  );
  expect(firstComponent(maps).data[0]).toBeGreaterThan(0);
});
