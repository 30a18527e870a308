import { normal, random } from '@vitrine/data';
import { builder, type Builder, type Tensor, type Value } from '@vitrine/ir';
import { caching, type Runtime } from '@vitrine/runtime';
import { nodeRuntime } from '@vitrine/runtime/node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { binaryCrossEntropy, crossEntropy, squaredError, type Loss } from './losses.js';
import { dense, held, type Dense, type Weights } from './network.js';
import { train, type Trained, type Training } from './train.js';

let runtime: Runtime;
beforeAll(async () => {
  runtime = caching(await nodeRuntime({ threads: 1 }));
});
afterAll(() => runtime.close());

const COUNT = 400;
const draw = normal(random(5, 'examples'));
const examples = Array.from({ length: COUNT }, () => [draw(), draw()] as const);

const matrix = (rows: readonly (readonly number[])[]): Tensor<'float32'> => ({
  dtype: 'float32',
  dims: [rows.length, rows[0]!.length],
  data: Float32Array.from(rows.flat()),
});

/** Trains layers on a function of two numbers. */
function fitted(
  layers: Dense,
  loss: Loss,
  so: (x: readonly number[]) => readonly number[],
  more: Partial<Training> = {},
): Promise<Trained> {
  return train(
    { weights: layers.weights, loss: (b, weights, fed) => loss(b, layers.write(b, fed('x'), weights), fed('y')) },
    {
      examples: COUNT,
      feed: (list) => {
        const taken = Array.from(list, (i) => examples[i]!);
        return new Map([
          ['x', matrix(taken)],
          ['y', matrix(taken.map(so))],
        ]);
      },
      epochs: 60,
      batch: 40,
      rate: 0.01,
      random: (label) => random(1, label),
      runtime,
      memoryBytes: 2 ** 30,
      ...more,
    },
  );
}

/** What trained layers say of rows. */
async function said(layers: Dense, weights: Weights, rows: readonly (readonly number[])[]): Promise<Float32Array> {
  const b: Builder = builder();
  const x: Value = b.input('x', { dtype: 'float32', shape: [rows.length, 2] });
  const session = await runtime.open(b.build([layers.write(b, x, held(b, weights))]));
  const [result] = (await session.run(new Map([['x', matrix(rows)]]))).values();
  return result!.data as Float32Array;
}

const layersOf = (sizes: readonly number[]): Dense => dense('net', sizes, random(1, 'start'));

test('a linear layer finds the line that made the numbers', async () => {
  const { weights } = await fitted(layersOf([2, 1]), squaredError, ([a, c]) => [3 * a! - 2 * c! + 0.5], { rate: 0.05 });
  expect([...weights.get('net/0/weight')!.data, ...weights.get('net/0/bias')!.data]).toEqual([3, -2, 0.5].map((v) => expect.closeTo(v, 2)));
});

test('layers with ReLU between fit what is no line', async () => {
  const layers = layersOf([2, 32, 32, 1]);
  const { weights, losses } = await fitted(layers, squaredError, ([a, c]) => [Math.abs(a!) + a! * c!], { epochs: 150 });
  expect(losses.at(-1)!).toBeLessThan(losses[0]! / 50);
  const rows = [[0.5, -1], [-1, 0.3], [1, 1]]; // prettier-ignore
  Array.from(await said(layers, weights, rows)).forEach((y, i) => {
    const [a, c] = rows[i] as [number, number];
    expect(Math.abs(y - (Math.abs(a) + a * c))).toBeLessThan(0.15);
  });
});

const INSIDE = 1.2;
const isInside = ([a, c]: readonly number[]): boolean => a! ** 2 + c! ** 2 < INSIDE;

test('classes that no line parts are told apart, by softmax and by the logistic function', async () => {
  for (const [loss, width] of [
    [crossEntropy, 2],
    [binaryCrossEntropy, 1],
  ] as const) {
    const layers = layersOf([2, 24, width]);
    const so = (x: readonly number[]): readonly number[] =>
      width === 1 ? [Number(isInside(x))] : [Number(!isInside(x)), Number(isInside(x))];
    const { weights } = await fitted(layers, loss, so, { epochs: 120 });
    const scores = await said(layers, weights, examples);
    const right = examples.filter((x, i) => (width === 1 ? scores[i]! : scores[2 * i + 1]! - scores[2 * i]!) > 0 === isInside(x));
    expect(right.length / COUNT).toBeGreaterThan(0.96);
  }
});

test('the same seed gives the same bits, another seed others', async () => {
  const so = ([a, c]: readonly number[]): readonly number[] => [a! * c!];
  const run = (seed: number): Promise<Trained> => fitted(layersOf([2, 8, 1]), squaredError, so, { epochs: 3, random: (label) => random(seed, label) }); // prettier-ignore
  const [a, again, other] = [await run(1), await run(1), await run(2)];
  expect([...again.weights]).toEqual([...a.weights]);
  expect(again.losses).toEqual(a.losses);
  expect(other.losses).not.toEqual(a.losses);
});

test('training tells how far it is, and ends when it is cancelled', async () => {
  const cancel = new AbortController();
  const seen: number[] = [];
  const progress = (done: number, of: number): void => {
    expect(of).toBe(600);
    seen.push(done);
    if (done === 25) cancel.abort();
  };
  await expect(fitted(layersOf([2, 8, 1]), squaredError, ([a]) => [a!], { progress, signal: cancel.signal })).rejects.toThrow('cancelled');
  expect(seen).toEqual(Array.from({ length: 25 }, (_, i) => i + 1));
});

test('numbers that are not finite are told in a sentence', async () => {
  await expect(fitted(layersOf([2, 1]), squaredError, () => [NaN])).rejects.toThrow(
    'training went astray in epoch 0: its loss is NaN; give a rate below 0.01, or check that the examples are finite',
  );
});

test('a step that takes more memory than it may is refused', async () => {
  await expect(fitted(layersOf([2, 1]), squaredError, () => [0], { memoryBytes: 10 })).rejects.toThrow(/memory budget/);
});
