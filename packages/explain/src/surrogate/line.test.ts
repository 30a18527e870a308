import { normal, random } from '@vitrine/data';
import { expect, test } from 'vitest';
import { effective, errorsOf, explained, lineOf, sumsOf } from './line.js';

const draw = normal(random(2, 'rows'));
const COUNT = 200;
const WIDTH = 3;
const values = Float64Array.from({ length: COUNT * WIDTH }, (_, i) => (i % WIDTH === 2 ? 1000 + 100 * draw() : draw()));
const table = { values, columns: WIDTH };
const uniform = random(2, 'weights');
const raw = Float64Array.from({ length: COUNT }, uniform);
const weights = raw.map((w) => w / raw.reduce((a, b) => a + b, 0));
const exact = Float64Array.from({ length: COUNT }, (_, r) => 4 + 2 * values[r * WIDTH]! - 0.01 * values[r * WIDTH + 2]!);
const noisy = exact.map((v) => v + draw());
const each = (n: number): readonly Float64Array[] =>
  Array.from({ length: n }, (_, k) => Float64Array.from({ length: n }, (__, i) => Number(i === k)));

test('a line that made the scores is found, in the units of its columns', () => {
  const line = lineOf(sumsOf(table, exact, weights, [2, 0, 1]), 3, 0);
  expect([...line.slopes]).toEqual([-0.01, 2, 0].map((v) => expect.closeTo(v, 8)));
  expect(line.at(Float64Array.of(3, 7, 900))).toBeCloseTo(4 + 6 - 9, 8);
  expect(line.freedom).toBeCloseTo(3, 8);
});

test('the residuals are at right angles to the columns, and errors of draws are as large as is said', () => {
  const line = lineOf(sumsOf(table, noisy, weights, [0, 1, 2]), 3, 0);
  for (const column of [0, 1, 2]) {
    const along = noisy.reduce((sum, v, r) => sum + weights[r]! * (v - line.at(values, r * WIDTH)) * values[r * WIDTH + column]!, 0);
    expect(Math.abs(along)).toBeLessThan(1e-9);
  }
  const said = errorsOf(line, table, noisy, weights, each(3))!;
  const found = Array.from({ length: 300 }, () => lineOf(sumsOf(table, exact.map((v) => v + draw()), weights, [0, 1, 2]), 3, 0).slopes); // prettier-ignore
  [0, 1, 2].forEach((i) => {
    const mean = found.reduce((sum, slopes) => sum + slopes[i]!, 0) / found.length;
    const spread = Math.sqrt(found.reduce((sum, slopes) => sum + (slopes[i]! - mean) ** 2, 0) / found.length);
    expect(said[i]! / spread).toBeGreaterThan(0.75);
    expect(said[i]! / spread).toBeLessThan(1.3);
  });
});

test('columns that follow from others or never vary share or count nothing, and cost no freedom', () => {
  const twice = Float64Array.from({ length: COUNT * 3 }, (_, i) => (i % 3 === 2 ? 7 : values[Math.floor(i / 3) * WIDTH]!));
  const line = lineOf(sumsOf({ values: twice, columns: 3 }, exact, weights, [0, 1, 2]), 3, 1e-4);
  expect(line.slopes[0]).toBeCloseTo(line.slopes[1]!, 8);
  expect(line.slopes[2]).toBe(0);
  expect(line.freedom).toBeCloseTo(1, 3);
});

test('too few neighbours have no errors, and what does not vary is not explained', () => {
  const few = weights.map((_, r) => (r < 3 ? 1 / 3 : 0));
  expect(effective(few)).toBeCloseTo(3, 10);
  expect(errorsOf(lineOf(sumsOf(table, noisy, few, [0, 1, 2]), 3, 1e-4), table, noisy, few, each(3))).toBeUndefined();
  expect(explained([2, 2], [1, 3], [1, 1])).toBeUndefined();
  expect(explained([0, 1], [0, 1], [1, 1])).toBe(1);
  expect(explained([0, 1], [0.5, 0.5], [1, 1])).toBe(0);
});
