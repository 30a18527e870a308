import { expect } from 'vitest';

/** Rows of numbers, in plain loops. */
export type Matrix = readonly (readonly number[])[];
export const matrixOf = (values: readonly number[], columns: number): Matrix =>
  Array.from({ length: values.length / columns }, (_, i) => values.slice(i * columns, (i + 1) * columns));
export const times = (a: Matrix, b: Matrix): Matrix => a.map((row) => b[0]!.map((_, j) => row.reduce((s, v, k) => s + v * b[k]![j]!, 0)));
export const plus = (a: Matrix, b: Matrix): Matrix => a.map((row, i) => row.map((v, j) => v + b[i]![j]!));
export const eye = (count: number): Matrix =>
  Array.from({ length: count }, (_, i) => Array.from({ length: count }, (__, j) => (i === j ? 1 : 0)));
export const rowsTo1 = (a: Matrix): Matrix =>
  a.map((row) => {
    const sum = row.reduce((s, v) => s + v, 0);
    return row.map((v) => (sum === 0 ? 0 : v / sum));
  });
export const flipped = (a: Matrix): Matrix => a[0]!.map((_, j) => a.map((row) => row[j]!));
export const expectClose = (actual: readonly number[], expected: Matrix, digits = 5): void => {
  const flat = expected.flat();
  expect(actual.length).toBe(flat.length);
  actual.forEach((v, i) => expect(v).toBeCloseTo(flat[i]!, digits));
};
