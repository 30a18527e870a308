import { interpolatePuOr } from 'd3-scale-chromatic';
import { expect, test } from 'vitest';
import { diverging, sequential, stops, type Rgb } from './colour.js';

const values = Array.from({ length: 21 }, (_, i) => i / 20);
const linear = (v: number): number => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);

/** CIE L*, 0 to 100. */
function lightness(rgb: Rgb): number {
  const y = 0.2126 * linear(rgb[0]) + 0.7152 * linear(rgb[1]) + 0.0722 * linear(rgb[2]);
  return y > 0.008856 ? 116 * Math.cbrt(y) - 16 : 903.3 * y;
}

/** What people without red or green cones see: Machado et al. 2009, severity 1, on linear light. */
const blindness = {
  protanopia: [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
  deuteranopia: [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
  tritanopia: [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
};
function seen(rgb: Rgb, matrix: readonly number[]): readonly number[] {
  const light = rgb.map(linear);
  return [0, 1, 2].map((row) => {
    const v = [0, 1, 2].reduce((sum, k) => sum + matrix[3 * row + k]! * light[k]!, 0);
    return 255 * Math.max(0, Math.min(1, v)) ** (1 / 2.2);
  });
}

test('orange speaks for, purple against, near white says nothing', () => {
  const [red, green, blue] = diverging(1);
  expect(red > green && green > blue).toBe(true);
  const against = diverging(-1);
  expect(against[2] > against[0] && against[0] > against[1]).toBe(true);
  expect(Math.min(...diverging(0))).toBeGreaterThan(225);
  expect(diverging(7)).toEqual(diverging(1));
});

test('colours are as far from zero to either side as their values', () => {
  for (let v = 0; v <= 1; v += 1 / 64) {
    for (const signed of [v, -v]) expect(`rgb(${diverging(signed).join(', ')})`).toBe(interpolatePuOr(0.5 + 0.42 * signed));
  }
});

test.each(Object.entries(blindness))('for and against are told apart with %s', (_, matrix) => {
  for (const v of values.filter((x) => x >= 0.3)) {
    const [a, b] = [seen(diverging(v), matrix), seen(diverging(-v), matrix)];
    expect(Math.hypot(...a.map((x, k) => x - b[k]!))).toBeGreaterThan(40);
  }
});

/** The scheme's spline sways a little about its lightest colour. */
const SWAY = 0.5;

test('lightness falls away from zero, and rises along the sequence', () => {
  for (const [a, b] of values.slice(1).map((v, i) => [values[i]!, v] as const)) {
    expect(lightness(diverging(b))).toBeLessThan(lightness(diverging(a)) + SWAY);
    expect(lightness(diverging(-b))).toBeLessThan(lightness(diverging(-a)) + SWAY);
    expect(lightness(sequential(b))).toBeGreaterThan(lightness(sequential(a)));
  }
});

test('a legend shows the colours that are drawn', () => {
  expect(stops(true, 3)).toEqual([-1, 0, 1].map((v) => `rgb(${diverging(v).join(',')})`));
  expect(stops(false, 5)[4]).toBe(`rgb(${sequential(1).join(',')})`);
  expect(stops(true).length).toBe(9);
});
