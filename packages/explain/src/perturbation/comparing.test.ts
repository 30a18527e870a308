import { normal, random } from '@vitrine/data';
import { builder, tensorOf, type Tensor } from '@vitrine/ir';
import { caching, type Runtime } from '@vitrine/runtime';
import { nodeRuntime } from '@vitrine/runtime/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asking, caseOf, type Case } from '../testing/asking.js';
import { shapleyOf, type Game } from '../testing/games.js';

let runtime: Runtime;
beforeAll(async () => {
  runtime = caching(await nodeRuntime({ threads: 1 }));
});
afterAll(() => runtime.close());

const W = [2, -1, 0.5];
const X = [1, 0.5, -1];

/** Three normal columns: the first two go together with correlation r, the third is by itself. */
function rowsOf(count: number, r: number): Tensor {
  const draw = normal(random(5, 'rows'));
  const rows = Array.from({ length: count }, () => {
    const [a, b, c] = [draw(), draw(), draw()];
    return [a, r * a + Math.sqrt(1 - r * r) * b, c];
  });
  return tensorOf('float32', [count, 3], rows.flat()) as Tensor;
}

async function linear(): Promise<Case> {
  const b = builder();
  const x = b.input('x', { dtype: 'float32', shape: ['N', 3] });
  const y = b.op.MatMul(x, b.initializer(tensorOf('float32', [3, 1], W)));
  return caseOf(b.build([y]), runtime, new Map([['x', tensorOf('float32', [1, 3], X) as Tensor]]), { kind: 'index', index: [0] });
}
const valuesOf = async (options: object): Promise<readonly number[]> =>
  (await asking(runtime)(await linear(), 'shapley-values', { ...options })).parts!.values.map(({ value }) => value);

describe('baseline=knn', () => {
  test('a linear model of normal columns has the Shapley values of its conditional means', async () => {
    const r = 0.8;
    // E[w X | X_S = x_S], columns with mean 0: of the pair each tells the other.
    const game: Game = (there) => {
      const mean = (i: 0 | 1): number => (there[i] ? X[i]! : there[1 - i] ? r * X[1 - i]! : 0);
      return W[0]! * mean(0) + W[1]! * mean(1) + (there[2] ? W[2]! * X[2]! : 0);
    };
    const truth = shapleyOf(3, game);
    const background = rowsOf(4000, r);
    const found = await valuesOf({ baseline: 'knn:neighbours=300', background });
    found.forEach((v, i) => expect(Math.abs(v - truth[i]!)).toBeLessThan(0.08));
    const marginal = await valuesOf({ baseline: 'background', background });
    marginal.forEach((v, i) => expect(Math.abs(v - W[i]! * X[i]!)).toBeLessThan(0.05));
    expect(Math.abs(found[1]! - marginal[1]!)).toBeGreaterThan(0.5);
  });

  test('rows that are as near as each other stand in by chance, the same for the same seed', async () => {
    const background = rowsOf(30, 0);
    const [first, again] = [await valuesOf({ baseline: 'knn', background }), await valuesOf({ baseline: 'knn', background })];
    expect(again).toEqual(first);
  });

  test('as many neighbours as rows are the whole background', async () => {
    const background = rowsOf(25, 0.5);
    const [all, plain] = [await valuesOf({ baseline: 'knn:neighbours=25', background }), await valuesOf({ background })];
    all.forEach((v, i) => expect(v).toBeCloseTo(plain[i]!, 5));
  });

  test('says what it needs', async () => {
    await expect(valuesOf({ baseline: 'knn' })).rejects.toThrow(
      'baseline=knn takes rows of a background: give them with --background TABLE, or arrays with --option background=FILE.npy',
    );
    await expect(valuesOf({ baseline: 'knn:neighbours=0', background: rowsOf(5, 0) })).rejects.toThrow('neighbours');
  });
});

test('a background alone stands in, as rows given as baseline do', async () => {
  const background = rowsOf(20, 0.5);
  const found = await asking(runtime)(await linear(), 'shapley-values', { background });
  expect(found.options['baseline']).toBe('background');
  expect(found.parts!.values.map(({ value }) => value)).toEqual(await valuesOf({ baseline: background }));
});
