import { expect, test } from 'vitest';
import { toGrey, toRgb, type Image } from './image.js';

const grey: Image = { width: 2, height: 1, channels: 1, data: Float32Array.of(0.25, 1) };

test('grey becomes colour and stays the same grey', () => {
  const colour = toRgb(grey);
  expect(Array.from(colour.data)).toEqual([0.25, 0.25, 0.25, 1, 1, 1]);
  toGrey(colour).data.forEach((v, i) => expect(v).toBeCloseTo(grey.data[i]!, 6));
  expect(toGrey(grey)).toBe(grey);
  expect(toRgb(colour)).toBe(colour);
});

test('luma weighs green most', () => {
  const red = toGrey({ width: 3, height: 1, channels: 3, data: Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1) });
  expect(Array.from(red.data, (v) => Math.round(1000 * v))).toEqual([299, 587, 114]);
});
