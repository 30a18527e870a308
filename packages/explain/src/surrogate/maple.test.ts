import { random } from '@vitrine/data';
import { builder, tensorOf, type Builder, type Tensor, type Value } from '@vitrine/ir';
import { caching, type Runtime } from '@vitrine/runtime';
import { nodeRuntime } from '@vitrine/runtime/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Explanation } from '../explanation.js';
import { asking, caseOf, listed, type Case } from '../testing/asking.js';
import { learnLines } from './lines.js';

let runtime: Runtime;
beforeAll(async () => {
  runtime = caching(await nodeRuntime({ threads: 1 }));
});
afterAll(() => runtime.close());

const WIDTH = 6;
const rowsOf = (count: number, seed: number): Float64Array => Float64Array.from({ length: count * WIDTH }, random(seed, 'rows'));
type Row = ArrayLike<number>;

/** The slopes of MAPLE at rows that it has not seen, of a function of uniform numbers. */
async function slopesOf(
  f: (x: Row) => number,
  share: number,
  made: (v: number, column: number) => number,
): Promise<readonly (readonly [x: Row, slopes: Float64Array])[]> {
  const rows = (count: number, seed: number): Float64Array => rowsOf(count, seed).map((v, i) => made(v, i % WIDTH));
  const values = rows(800, 1);
  const y = Float64Array.from({ length: 800 }, (_, r) => f(values.subarray(r * WIDTH, (r + 1) * WIDTH)));
  const lines = await learnLines(
    { table: { values, columns: WIDTH }, y },
    Array.from({ length: WIDTH }, (_, i) => [i]),
    { trees: 60, leaf: 5, share, features: 0, ridge: 0.001 },
    (label) => random(1, label),
  );
  expect(lines.tells.share).toBeGreaterThan(0.95);
  const others = rows(100, 2);
  return Array.from({ length: 100 }, (_, r) => {
    const x = others.subarray(r * WIDTH, (r + 1) * WIDTH);
    const { line } = lines.near(x);
    const slopes = new Float64Array(WIDTH);
    line.sums.columns.slice(0, line.slopes.length).forEach((column, i) => (slopes[column] = line.slopes[i]!));
    return [x, slopes];
  });
}

const shareOf = <T>(list: readonly T[], holds: (one: T) => boolean): number => list.filter(holds).length / list.length;

test('a switch decides which slopes hold: those on its side are found', async () => {
  const slopes = (on: boolean): readonly number[] => (on ? [-2, 0, 1, 0, 0] : [3, -1, 0, 0, 0]);
  const f = (x: Row): number => (x[0] === 1 ? 5 : 0) + slopes(x[0] === 1).reduce((sum, slope, i) => sum + slope * x[i + 1]!, 0);
  const found = await slopesOf(f, 1, (v, column) => (column === 0 ? Math.round(v) : v));
  expect(
    shareOf(found, ([x, line]) => slopes(x[0] === 1).every((slope, i) => Math.abs(line[i + 1]! - slope) < 0.1)),
  ).toBeGreaterThanOrEqual(0.95);
});

test('of a function that bends, slopes are steep on the one side and flat on the other', async () => {
  const found = await slopesOf(
    (x) => 4 * Math.max(x[0]! - 0.5, 0) + x[1]!,
    0.5,
    (v) => v,
  );
  const far = found.filter(([x]) => Math.abs(x[0]! - 0.5) > 0.2);
  expect(far.length).toBeGreaterThan(50);
  expect(shareOf(far, ([x, line]) => Math.abs(line[0]! - (x[0]! > 0.5 ? 4 : 0)) < 1)).toBeGreaterThanOrEqual(0.9);
  expect(shareOf(far, ([, line]) => Math.abs(line[1]! - 1) < 0.15)).toBeGreaterThanOrEqual(0.9);
});

/** A function of x [N,F] as a model with one output. */
function model(x: readonly number[], write: (b: Builder, x: Value) => Value): Promise<Case> {
  const b = builder();
  const input = b.input('x', { dtype: 'float32', shape: ['N', x.length] });
  const inputs = new Map([['x', tensorOf('float32', [1, x.length], x) as Tensor]]);
  return caseOf(b.build([write(b, input)]), runtime, inputs, { kind: 'index', index: [0] });
}
const ask = (c: Case, options = {}, more = {}): Promise<Explanation> => asking(runtime)(c, 'maple', options, more);
const linear = (x: readonly number[], slopes: readonly number[]): Promise<Case> =>
  model(x, (b, v) => b.op.MatMul(v, b.initializer(tensorOf('float32', [slopes.length, 1], slopes))));
const background = (count: number, seed = 4): Tensor => tensorOf('float32', [count, WIDTH], rowsOf(count, seed));

describe('maple', () => {
  test('tells of a linear function slope × distance from the neighbours’ mean, and that the line is exact', async () => {
    const x = [0.9, 0.1, 0.5, 0.3, 0.2, 0.8];
    const slopes = [2, -1, 0, 0, 0, 0];
    const { attributions, parts, fidelity, warnings, evaluations } = await ask(await linear(x, slopes), {
      background: background(300),
      ridge: 0,
      features: WIDTH,
    });
    const found = listed(attributions[0]!.tensor);
    // Neighbours of an example at the edge lie on its inner side.
    expect(found[0]!).toBeGreaterThan(0.02);
    expect(found[1]!).toBeGreaterThan(0.02);
    found.slice(2).forEach((v) => expect(v).toBeCloseTo(0, 5));
    expect(parts!.values.map(({ value }) => Math.fround(value))).toEqual(found);
    expect(Math.max(...parts!.values.map(({ standardError }) => standardError!))).toBeLessThan(1e-5);
    expect(fidelity!.map(({ name, value }) => [name, value])).toEqual([
      ['R²', expect.closeTo(1, 6)],
      ['R²', expect.closeTo(1, 6)],
      ['R²', expect.closeTo(1, 6)],
      ['the line says', expect.closeTo(1.7, 4)],
    ]);
    expect(fidelity!.map(({ on }) => on)).toEqual([
      expect.stringMatching(/^\d+ neighbours that the line was fitted to$/),
      expect.stringMatching(/^\d+ held-out neighbours$/),
      '60 held-out examples, each by a line of its own',
      'this example, where the model says 1.70',
    ]);
    expect(warnings).toEqual([]);
    expect(evaluations).toBe(300);
  });

  test('says so where no line is near the scores', async () => {
    const wild = await model([0.5, 0.5, 0.5, 0.5, 0.5, 0.5], (b, x) =>
      b.op.ReduceSum(b.op.Sin(b.op.Mul(x, 60)), b.ints([1]), { keepdims: 1 }),
    );
    const { warnings } = await ask(wild, { background: background(300) });
    expect(warnings).toContainEqual(expect.stringMatching(/^the line explains \d+ % of how the score varies among /));
  });

  test('learns once for all examples and tells what it took with each; another seed learns anew', async () => {
    const opened: unknown[] = [];
    const own: Runtime = { ...runtime, open: (graph, options) => (opened.push(graph), runtime.open(graph, options)) };
    const asked = async (x: readonly number[], seed = 0): Promise<Explanation> =>
      asking(own)(await linear(x, [1, 2, 0, 0, 0, 0]), 'maple', { background: background(80) }, { seed });
    const first = await asked([0.1, 0.2, 0.3, 0.4, 0.5, 0.6]);
    const count = opened.length;
    const second = await asked([0.6, 0.5, 0.4, 0.3, 0.2, 0.1]);
    expect(opened.length).toBe(count);
    expect([second.evaluations, second.graph]).toEqual([first.evaluations, first.graph]);
    expect(listed(second.attributions[0]!.tensor)).not.toEqual(listed(first.attributions[0]!.tensor));
    const again = await ask(await linear([0.6, 0.5, 0.4, 0.3, 0.2, 0.1], [1, 2, 0, 0, 0, 0]), { background: background(80) });
    expect(again.attributions).toEqual(second.attributions);
    const other = await asked([0.6, 0.5, 0.4, 0.3, 0.2, 0.1], 1);
    expect(opened.length).toBeGreaterThan(count);
    expect(listed(other.attributions[0]!.tensor)).not.toEqual(listed(second.attributions[0]!.tensor));
  });

  test('numbers of one part count together, whether read one by one or as their mean', async () => {
    const c = await linear([0.9, 0.1, 0.5, 0.3, 0.2, 0.8], [2, 2, 0, 0, -1, -1]);
    const labels = tensorOf('int64', [1, WIDTH], [0, 0, 1, 1, 2, 2]);
    const { parts, attributions } = await ask(c, { background: background(200), parts: labels, features: 3 });
    expect(parts!.values).toHaveLength(3);
    const each = listed(attributions[0]!.tensor);
    parts!.values.forEach(({ value }, i) => expect(each[2 * i]! + each[2 * i + 1]!).toBeCloseTo(value, 5));
    const wide = 1200;
    const long = await linear(Array.from({ length: wide }, (_, i) => (i < 600 ? 1 : 0)), Array.from({ length: wide }, (_, i) => (i < 600 ? 1 / 600 : 0))); // prettier-ignore
    const halves = Array.from({ length: 100 * wide }, (_, i) => Math.floor(i / 600)).map((half) => random(half, 'half')());
    const found = await ask(long, { background: tensorOf('float32', [100, wide], halves), parts: 'grid=2', features: 2 });
    expect(found.parts!.values[0]!.value).toBeGreaterThan(0.1);
    expect(Math.abs(found.parts!.values[1]!.value)).toBeLessThan(0.02);
    expect(new Set(listed(found.attributions[0]!.tensor)).size).toBe(2);
  });

  test('needs a background, enough of it, finite and of the right shape', async () => {
    const c = await linear([0, 0, 0, 0, 0, 0], [1, 2, 0, 0, 0, 0]);
    await expect(ask(c)).rejects.toThrow(
      'maple learns from many examples: give rows with --background TABLE, or arrays with --option background=FILE.npy',
    );
    await expect(ask(c, { background: background(19) })).rejects.toThrow(
      'maple learns from at least 20 examples, and the background holds 19',
    );
    const holed = background(30);
    (holed.data as Float32Array)[7 * WIDTH + 2] = NaN;
    await expect(ask(c, { background: holed })).rejects.toThrow('example 7 of the background holds what is no finite number: leave it out');
    await expect(ask(c, { background: tensorOf('float32', [1, 4], [1, 2, 3, 4]) })).rejects.toThrow(
      'the background for x has shape [1,4], which does not divide into examples of [1,6]',
    );
    await expect(ask(c, { background: background(30), share: 0 })).rejects.toThrow(
      'maple: option share must be a number from 0.01 to 1, not 0',
    );
    await expect(ask(c, { background: background(30), trees: 2.5 })).rejects.toThrow(/maple: option trees must be a whole number/);
  });

  test('ends when it is cancelled', async () => {
    const c = await linear([0, 0, 0, 0, 0, 0], [1, 2, 0, 0, 0, 0]);
    const cancel = new AbortController();
    const asked = ask(c, { background: background(600), trees: 2000 }, { signal: cancel.signal });
    setTimeout(() => cancel.abort(), 100);
    await expect(asked).rejects.toThrow('cancelled');
  });
});
