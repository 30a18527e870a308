import { builder, tensorOf } from '@vitrine/ir';
import { caching, type Runtime } from '@vitrine/runtime';
import { nodeRuntime } from '@vitrine/runtime/node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { asking, caseOf, type Case } from '../testing/asking.js';

let runtime: Runtime;
beforeAll(async () => {
  runtime = caching(await nodeRuntime({ threads: 1 }));
});
afterAll(() => runtime.close());

/** y = 3 where x₀ is above 74, and x₁ beside it; x₂ is a category of which only 1 counts, by 2. */
async function steps(x: readonly number[]): Promise<Case> {
  const b = builder();
  const input = b.input('x', { dtype: 'float32', shape: ['N', 3] });
  const column = (k: number) => b.op.Slice(input, b.ints([k]), b.ints([k + 1]), b.ints([1]));
  const high = b.op.Cast(b.op.Greater(column(0), 74), { to: 1 });
  const one = b.op.Cast(b.op.Equal(column(2), 1), { to: 1 });
  const y = b.op.Add(b.op.Add(b.op.Mul(high, 3), column(1)), b.op.Mul(one, 2));
  return caseOf(b.build([y]), runtime, new Map([['x', tensorOf('float32', [1, 3], x)]]), { kind: 'index', index: [0] });
}

/** x₀ runs from 0 to 99, x₁ the other way in hundredths, x₂ is 0, 1, 0, 1, … */
const rows = tensorOf('float32', [100, 3], Array.from({ length: 100 }, (_, k) => [k, (99 - k) / 100, k % 2]).flat());
const question = { baseline: rows, samples: 4000, ridge: 0, distance: 'euclidean', width: 1000 };

test('a bin counts what the score has in it more than outside', async () => {
  const { parts, evaluations } = await asking(runtime)(await steps([80, 0.1, 1]), 'lime', { ...question, discretize: 'quartile' });
  const [high, line, one] = parts!.values.map(({ value, standardError }) => ({ value, standardError: standardError! }));
  // 80 lies in the highest quarter, where the step is done, and below it never.
  expect(Math.abs(high!.value - 3)).toBeLessThan(4 * high!.standardError);
  // 0.1 lies in the lowest quarter, 0 to 0.24, which holds 0.12 on average; the others hold 0.62.
  expect(Math.abs(line!.value + 0.5)).toBeLessThan(4 * line!.standardError);
  expect(Math.abs(one!.value - 2)).toBeLessThan(4 * one!.standardError);
  expect(Math.max(high!.standardError, line!.standardError, one!.standardError)).toBeLessThan(0.05);
  expect(evaluations).toBe(4000);
});

test('finer bins tell less apart: a step within the bin above is none', async () => {
  const { parts } = await asking(runtime)(await steps([80, 0.1, 1]), 'lime', { ...question, discretize: 'decile' });
  // Of the ninety rows outside 80 to 89, fifteen are above the step.
  expect(Math.abs(parts!.values[0]!.value - 3 * (75 / 90))).toBeLessThan(4 * parts!.values[0]!.standardError!);
});

test('the same seed draws the same rows', async () => {
  const c = await steps([80, 0.1, 1]);
  const ask = () => asking(runtime)(c, 'lime', { ...question, samples: 50, discretize: 'quartile' });
  expect((await ask()).parts).toEqual((await ask()).parts);
});

test('without rows there are no bins', async () => {
  await expect(asking(runtime)(await steps([80, 0.1, 1]), 'lime', { discretize: 'quartile' })).rejects.toThrow(
    'discretize=quartile takes values from rows of a table: give them with --background FILE, or as baseline=ROWS.npy',
  );
});
