import { random } from '@vitrine/data';
import { expect, test } from 'vitest';
import { summed, tested } from './compare.js';

test('a mean leaves out what is not defined, and its interval holds it', () => {
  const { mean, low, high, count, missing } = summed([1, 2, 3, NaN, 6], random(0, 'a'));
  expect({ mean, count, missing }).toEqual({ mean: 3, count: 4, missing: 1 });
  expect(low).toBeLessThan(3);
  expect(high).toBeGreaterThan(3);
});

test('there is no interval of two values, or of values that do not differ', () => {
  expect(summed([1, 2], random(0, 'a'))).toMatchObject({ mean: 1.5, low: undefined });
  expect(summed([1, 1, 1, 1], random(0, 'a'))).toMatchObject({ mean: 1, low: undefined });
});

test('intervals of 95 % hold the mean of a normal number about as often', () => {
  const uniform = random(3, 'coverage');
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  let held = 0;
  for (let k = 0; k < 200; k++) {
    const { low, high } = summed(Array.from({ length: 30 }, normal), uniform);
    if (low! <= 0 && high! >= 0) held++;
  }
  expect(held / 200).toBeGreaterThan(0.88);
});

test('all flips of three differences of one sign leave two of eight as extreme', () => {
  const [pair] = tested(
    new Map([
      ['a', [2, 3, 4]],
      ['b', [1, 1, 1]],
    ]),
    random(0, 'flips'),
  );
  expect(pair).toEqual({ first: 'a', second: 'b', difference: 2, count: 3, p: 2 / 8, adjusted: 2 / 8 });
});

test('of several pairs p is raised, and the same methods do not differ', () => {
  const values = Array.from({ length: 20 }, (_, i) => i % 5);
  const found = tested(
    new Map([
      ['a', values],
      ['b', values.map((v) => v + 1)],
      ['c', values],
    ]),
    random(0, 'flips'),
  );
  expect(found.map(({ first, second }) => first + second)).toEqual(['ab', 'ac', 'bc']);
  expect(found[0]!.p).toBeCloseTo(1e-4);
  expect(found[0]!.adjusted).toBeCloseTo(3e-4);
  expect(found[1]).toMatchObject({ difference: 0, p: 1, adjusted: 1 });
});

test('one example tells no difference', () => {
  expect(
    tested(
      new Map([
        ['a', [1]],
        ['b', [2]],
      ]),
      random(0, 'flips'),
    )[0]!.p,
  ).toBeNaN();
});
