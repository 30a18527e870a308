import type { Tensor } from '@vitrine/ir';
import { expect, test } from 'vitest';
import { baselines, type BaselineName } from './baseline.js';
import { blur } from './blur.js';
import { DataError } from './error.js';
import { random } from './random.js';

const dims = [2, 3, 4, 5];
const draw = random(1, 'baseline.test');
const values = Array.from({ length: 120 }, () => 2 * draw() - 1);
const singles: Tensor<'float32'> = { dtype: 'float32', dims, data: Float32Array.from(values) };
const doubles: Tensor<'float64'> = { dtype: 'float64', dims, data: Float64Array.from(values) };

/** What each baseline must be, said another way. */
const checks: { readonly [name in BaselineName]: (x: Tensor, made: Float32Array) => void } = {
  zero: (_, made) => expect(made.every((v) => v === 0)).toBe(true),
  constant: (x, made) => {
    expect(made.every((v) => v === 0)).toBe(true);
    expect((baselines.constant.make(x, { value: 0.5 }) as Tensor<'float32'>).data.every((v) => v === 0.5)).toBe(true);
  },
  mean: (x, made) => {
    for (let channel = 0; channel < 6; channel++) {
      const of = (data: ArrayLike<number>): number[] => Array.from({ length: 20 }, (_, i) => data[channel * 20 + i]!);
      const mean = of(x.data as Float32Array).reduce((a, b) => a + b) / 20;
      for (const v of of(made)) expect(v).toBeCloseTo(mean, 6);
    }
  },
  blur: (x, made) => expect(made).toEqual(blur(x, 10, [2, 3]).data),
  uniform: (x, made) => {
    const [low, high] = [Math.min(...(x.data as Float32Array)), Math.max(...(x.data as Float32Array))];
    expect(made.every((v) => v >= low && v <= high)).toBe(true);
    expect(new Set(made).size).toBe(120);
    expect((baselines.uniform.make(x, { range: [5, 6] }, random(1)) as Tensor<'float32'>).data.every((v) => v >= 5 && v < 6)).toBe(true);
  },
  noise: (_, made) => {
    expect(new Set(made).size).toBe(120);
    const large: Tensor<'float32'> = { dtype: 'float32', dims: [1, 2, 100, 100], data: Float32Array.from({ length: 20_000 }, (_, i) => (i < 10_000 ? 3 : -1) + Math.sqrt(3) * Math.sin(i)) }; // prettier-ignore
    const data = Array.from(baselines.noise.make(large, {}, random(2)).data as Float32Array);
    for (const [channel, mean] of [3, -1].entries()) {
      const own = data.slice(10_000 * channel, 10_000 * (channel + 1));
      const middle = own.reduce((a, b) => a + b) / 10_000;
      expect(Math.abs(middle - mean)).toBeLessThan(0.05);
      expect(Math.abs(own.reduce((a, v) => a + (v - middle) ** 2, 0) / 10_000 - 1.5)).toBeLessThan(0.08);
    }
  },
};

test.each(Object.keys(baselines) as BaselineName[])('%s keeps shape and dtype, and is what it says', (name) => {
  for (const x of [singles, doubles]) {
    const made = baselines[name].make(x, {}, random(3, name));
    expect([made.dtype, made.dims]).toEqual([x.dtype, x.dims]);
    expect(baselines[name].make(x, {}, random(3, name))).toEqual(made);
    checks[name](x, made.data as Float32Array);
  }
  expect(baselines[name].doc).not.toBe('');
});

test('axes choose what the mean goes over: NHWC', () => {
  const made = baselines.mean.make(doubles, { axes: [1, 2] }) as Tensor<'float64'>;
  for (const [n, c] of [
    [0, 0],
    [1, 4],
  ] as const) {
    const at = (k: number): number => n * 60 + k * 5 + c;
    const mean = Array.from({ length: 12 }, (_, k) => values[at(k)]!).reduce((a, b) => a + b) / 12;
    for (let k = 0; k < 12; k++) expect(made.data[at(k)]).toBeCloseTo(mean, 12);
  }
});

test('an input of tokens has no such baseline', () => {
  const tokens: Tensor = { dtype: 'int64', dims: [2], data: new BigInt64Array(2) };
  expect(() => baselines.zero.make(tokens)).toThrow(
    new DataError('bad-input', 'a baseline needs an input of floats, not int64: give the baseline as .npy'),
  );
});
