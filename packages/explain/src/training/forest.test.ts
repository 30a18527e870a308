import { random } from '@vitrine/data';
import { expect, test } from 'vitest';
import { growForest, nearness, rootGains } from './forest.js';
import { growTree, leafOf, type Table } from './tree.js';

const COLUMNS = 4;
const uniform = random(3, 'rows');
const values = Float64Array.from({ length: 300 * COLUMNS }, uniform);
const table: Table = { values, columns: COLUMNS };
const y = Float64Array.from({ length: 300 }, (_, i) => (values[i * COLUMNS + 2]! < 0.4 ? 5 : 1 + values[i * COLUMNS]!));
const all = Int32Array.from({ length: 300 }, (_, i) => i);

test('the root asks for what tells the numbers apart best, as a search through all splits finds it', () => {
  const { column, threshold, rootGain } = growTree(table, y, all, { leaf: 5, choices: COLUMNS, uniform: random(1) });
  let best = { gain: 0, column: -1 };
  const off = (rows: readonly number[]): number => {
    const mean = rows.reduce((s, r) => s + y[r]!, 0) / rows.length;
    return rows.reduce((s, r) => s + (y[r]! - mean) ** 2, 0);
  };
  for (let c = 0; c < COLUMNS; c++)
    for (const row of all) {
      const cut = values[row * COLUMNS + c]!;
      const [low, high] = [[...all].filter((r) => values[r * COLUMNS + c]! <= cut), [...all].filter((r) => values[r * COLUMNS + c]! > cut)];
      if (low.length < 5 || high.length < 5) continue;
      const gain = off([...all]) - off(low) - off(high);
      if (gain > best.gain) best = { gain, column: c };
    }
  expect(column[0]).toBe(best.column);
  expect(threshold[0]).toBeCloseTo(0.4, 1);
  expect(rootGain).toBeCloseTo(best.gain, 6);
});

test('leaves hold as many rows as they must, and rows that are the same fall together', () => {
  const same = Float64Array.from(values, (v) => Math.round(3 * v));
  const coarse: Table = { values: same, columns: COLUMNS };
  const tree = growTree(coarse, y, all, { leaf: 7, choices: 2, uniform: random(2) });
  const leaves = [...all].map((row) => leafOf(tree, same, row * COLUMNS));
  const counts = new Map<number, number>();
  for (const leaf of leaves) counts.set(leaf, (counts.get(leaf) ?? 0) + 1);
  expect(Math.min(...counts.values())).toBeGreaterThanOrEqual(7);
  expect(counts.size).toBeGreaterThan(3);
  const first = new Map<string, number>();
  [...all].forEach((row, i) => {
    const key = same.subarray(row * COLUMNS, (row + 1) * COLUMNS).join();
    expect(leaves[i]).toBe(first.get(key) ?? leaves[i]);
    first.set(key, leaves[i]!);
  });
});

test('what is the same for all rows is no split', () => {
  const { column } = growTree(table, new Float64Array(300).fill(2), all, { leaf: 1, choices: COLUMNS, uniform: random(1) });
  expect([...column]).toEqual([-1]);
});

const OPTIONS = { trees: 40, leaf: 5, share: 0.5 };

test('nearness adds up to one, and is greatest among rows on the same side', async () => {
  const forest = await growForest(table, y, OPTIONS, random(1));
  const point = Float64Array.of(0.5, 0.5, 0.2, 0.5);
  const near = nearness(forest, point);
  expect(near.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 10);
  const across = near.reduce((sum, w, i) => sum + (values[i * COLUMNS + 2]! < 0.4 ? w : 0), 0);
  expect(across).toBeGreaterThan(0.85);
});

test('root gains know the columns that count', async () => {
  const gains = rootGains(await growForest(table, y, OPTIONS, random(1)), COLUMNS);
  const total = gains.reduce((a, b) => a + b, 0);
  expect(gains[2]! / total).toBeGreaterThan(0.8);
});

test('the same seed grows the same forest, and it can be stopped between trees', async () => {
  const [a, b, c] = [await growForest(table, y, OPTIONS, random(1)), await growForest(table, y, OPTIONS, random(1)), await growForest(table, y, OPTIONS, random(2))]; // prettier-ignore
  expect(b).toEqual(a);
  expect(c).not.toEqual(a);
  const stop = (trees: number): void => {
    if (trees === 3) throw new RangeError('enough');
  };
  await expect(growForest(table, y, OPTIONS, random(1), stop)).rejects.toThrow('enough');
});
