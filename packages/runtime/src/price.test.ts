import { builder, tensorOf, type Graph, type Value } from '@vitrine/ir';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { batchFor } from './plan.js';
import { price } from './price.js';

const FLOAT = 4;
const MB = 2 ** 20;
const weight = (dims: readonly number[]) =>
  tensorOf(
    'float32',
    dims,
    Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => 1),
  );

/** A network of layers of these widths, some of which are added to what is left of an earlier one. */
function network(batch: number, widths: readonly number[]): Graph {
  const b = builder();
  let y: Value = b.input('x', { dtype: 'float32', shape: [batch, 4] });
  let before = 4;
  for (const width of widths) {
    const next = b.op.Relu(b.op.MatMul(y, b.initializer(weight([before, width]))));
    y = width === before ? b.op.Add(next, y) : next;
    before = width;
  }
  return b.build([y]);
}

describe('the price of a graph', () => {
  test('counts what lives at one time: a chain needs its input and two neighbours', () => {
    const b = builder();
    const x = b.input('x', { dtype: 'float32', shape: [10] });
    const graph = b.build([b.op.Exp(b.op.Neg(b.op.Abs(b.op.Relu(x))))]);
    expect(price(graph)).toEqual({ weights: 0, activations: 3 * 10 * FLOAT, total: 3 * 10 * FLOAT, streams: false });
  });

  test('keeps what is read later', () => {
    const b = builder();
    const x = b.input('x', { dtype: 'float32', shape: [10] });
    const early = b.op.Relu(x);
    const graph = b.build([b.op.Add(b.op.Abs(b.op.Exp(early)), early)]);
    expect(price(graph).activations).toBe(4 * 10 * FLOAT);
  });

  test('counts weights twice, and what is computed from them alone once more', () => {
    const b = builder();
    const x = b.input('x', { dtype: 'float32', shape: [1, 3] });
    const flipped = b.op.Transpose(b.initializer(weight([5, 3])), { perm: [1, 0] });
    expect(price(b.build([b.op.MatMul(x, flipped)])).weights).toBe(3 * 15 * FLOAT);
  });

  test('counts a table that is only looked up in once', () => {
    const b = builder();
    const ids = b.input('ids', { dtype: 'int64', shape: [2] });
    expect(price(b.build([b.op.Gather(b.initializer(weight([5, 3])), ids)])).weights).toBe(15 * FLOAT);
  });

  test('rises with the batch, by the same for each example', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 9 }),
        (widths, batch) => {
          const [zero, one, more] = [price(network(1, widths)), price(network(2, widths)), price(network(1 + batch, widths))];
          expect(one.total).toBeGreaterThan(zero.total);
          expect(more.total - zero.total).toBe(batch * (one.total - zero.total));
        },
      ),
      { seed: 1, numRuns: 50 },
    );
  });
});

describe('the batch for a budget', () => {
  const of = (total: number): ReturnType<typeof price> => ({ weights: 0, activations: total, total, streams: false });

  test('is as large as fits, and no larger than what there is and what is allowed', () => {
    expect(batchFor(100, of(50), of(60), 100, 64)).toBe(6);
    expect(batchFor(3, of(50), of(60), 100, 64)).toBe(3);
    expect(batchFor(100, of(50), of(60), 100, 4)).toBe(4);
    expect(batchFor(100, of(50), undefined, 1e9, 64)).toBe(1);
  });

  test('never costs more than the budget, and never falls when the budget grows', () => {
    const size = fc.integer({ min: 1, max: 1000 });
    fc.assert(
      fc.property(size, size, size, size, (one, each, spare, more) => {
        const batch = (budget: number): number => batchFor(1000, of(one), of(one + each), budget, 1000);
        expect(one + (batch(one + spare) - 1) * each).toBeLessThanOrEqual(one + spare);
        expect(batch(one + spare + more)).toBeGreaterThanOrEqual(batch(one + spare));
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  test('is refused when not even one example fits, with what it needs and what to do', () => {
    expect(() => batchFor(1, of(300 * MB), undefined, 200 * MB, 8)).toThrow(
      expect.objectContaining({
        code: 'over-budget',
        message: 'one run needs about 300 MB and the memory budget is 200 MB: raise --memory, or use a smaller input',
      }),
    );
  });
});
