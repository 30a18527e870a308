import { builder, tensorOf, type Builder, type Tensor, type Value } from '@vitrine/ir';
import { caching, type Runtime } from '@vitrine/runtime';
import { nodeRuntime } from '@vitrine/runtime/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Explanation } from '../explanation.js';
import { asking, caseOf, listed, type Case } from '../testing/asking.js';
import { coverage, mixedGame, play, scoresOf, shapleyIndex, shapleyOf, stream, taylorIndex, type Game } from '../testing/games.js';
import { interactionSampling } from './interactions.js';
import type { Fitted } from './perturbing.js';

const exact = (name: 'shapley' | 'taylor', players: number, order: number, game: Game): Fitted =>
  play(interactionSampling(name, players, { order, samples: 2 ** players }, stream(0)), players, game);
const drawn = (name: 'shapley' | 'taylor', players: number, order: number, game: Game, samples: number, seed = 1): Fitted =>
  play(interactionSampling(name, players, { order, samples }, stream(seed)), players, game);
const byName = ({ values, sets }: Fitted): { readonly [set: string]: number } =>
  Object.fromEntries(sets!.map((members, k) => [members.join(), values[k]!]));
const total = ({ values }: Fitted): number => values.reduce((a, b) => a + b, 0);

describe.each(['shapley', 'taylor'] as const)('%s', (name) => {
  test('all sets scored give the index of its definition, and everything adds up', () => {
    for (const order of [1, 2, 3]) {
      const game = mixedGame(7, 3 + order);
      const found = exact(name, 7, order, game);
      const scores = scoresOf(7, game);
      for (const [k, members] of found.sets!.entries())
        if (members.length === order) expect(found.values[k]).toBeCloseTo((name === 'shapley' ? shapleyIndex : taylorIndex)(7, scores, members), 9); // prettier-ignore
      expect(total(found)).toBeCloseTo(found.expected!, 9);
      expect(found.standardErrors).toBeUndefined();
    }
  });

  test('drawn sets come as close as they say, and add up whatever is drawn', () => {
    for (const order of [1, 2, 3]) {
      const game = mixedGame(12, 7);
      const truth = exact(name, 12, order, game);
      expect(coverage(20, Array.from(truth.values), (seed) => drawn(name, 12, order, game, 3900, seed))).toBeGreaterThan(0.9);
      const found = drawn(name, 12, order, game, 3900);
      expect(total(found)).toBeCloseTo(found.expected!, 9);
    }
  });

  test('pairs of a game of pairs are found without error', () => {
    const game: Game = (there) => 1 + 2 * there[0]! - there[1]! + 3 * there[0]! * there[5]! - 0.5 * there[2]! * there[7]!;
    const { values, sets, standardErrors } = drawn(name, 14, 2, game, 2000);
    const found = byName({ values, sets: sets! });
    const told = Object.entries(found).filter(([, v]) => Math.abs(v) > 1e-9);
    expect(Object.fromEntries(told)).toEqual({ 0: expect.closeTo(2), 1: expect.closeTo(-1), '0,5': expect.closeTo(3), '2,7': expect.closeTo(-0.5) }); // prettier-ignore
    expect(Math.max(...standardErrors!)).toBeLessThan(1e-9);
  });

  test('order 1 is the Shapley value', () => {
    const game = mixedGame(6, 2);
    shapleyOf(6, game).forEach((v, i) => expect(exact(name, 6, 1, game).values[i]).toBeCloseTo(v, 9));
  });

  test('says how many samples it needs where there are too few', () => {
    expect(() => interactionSampling(name, 64, { order: 2, samples: 4096 }, stream(0))).toThrow(
      /^interactions of 64 parts need samples=208\d\d or more, not 4096: give so many, or larger parts with parts=$/,
    );
  });
});

test('games whose interactions are known in closed form', () => {
  const unanimity: Game = (there) => there[0]! * there[2]! * there[3]! * there[4]!;
  const [of, taylor] = [byName(exact('shapley', 6, 2, unanimity)), byName(exact('taylor', 6, 2, unanimity))];
  expect([of['0,2'], of['0,1'], of['0'], of['1']]).toEqual([1 / 3, 0, 1 / 4 - 1 / 2, 0].map((v) => expect.closeTo(v, 12)));
  expect([taylor['0,2'], taylor['0,1'], taylor['0']]).toEqual([1 / 6, 0, 0].map((v) => expect.closeTo(v, 12)));
  const bend = (size: number): number => Math.exp(-0.3 * size) + 0.1 * size ** 2;
  const symmetric: Game = (there) => bend(Array.from(there).reduce((a, b) => a + b, 0));
  const pair = (bend(8) - bend(7) - bend(1) + bend(0)) / 7;
  const foundSymmetric = byName(exact('shapley', 8, 2, symmetric));
  expect([foundSymmetric['0,1'], foundSymmetric['5,7']]).toEqual([expect.closeTo(pair, 10), expect.closeTo(pair, 10)]);
  expect(byName(exact('taylor', 8, 2, symmetric))['2,6']).toBeCloseTo((bend(8) - bend(0) - 8 * (bend(1) - bend(0))) / 28, 10);
  // Each step of a greatest number is there with any of the parts that reach it.
  const heights = [1, 2.5, 3, 7, 7.5];
  const greatest: Game = (there) => heights.reduce((most, h, i) => Math.max(most, h * there[i]!), 0);
  const steps = heights.map((h, i) => h - (heights[i - 1] ?? 0));
  const both = (i: number, share: (reaching: number) => number): number => -steps.slice(0, i + 1).reduce((sum, s, k) => sum + s * share(5 - k), 0); // prettier-ignore
  expect(byName(exact('shapley', 5, 2, greatest))['1,3']).toBeCloseTo(both(1, (m) => 1 / (m - 1)), 12); // prettier-ignore
  expect(byName(exact('taylor', 5, 2, greatest))['1,3']).toBeCloseTo(
    both(1, (m) => 2 / m),
    12,
  );
});

describe('of models', () => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = caching(await nodeRuntime({ threads: 1 }));
  });
  afterAll(() => runtime.close());

  async function model(x: readonly number[], write: (b: Builder, columns: readonly Value[]) => Value): Promise<Case> {
    const b = builder();
    const input = b.input('x', { dtype: 'float32', shape: ['N', x.length] });
    const columns = b.op.Split(input, b.ints(x.map(() => 1)), { axis: 1, outputs: x.length });
    const y = write(b, columns);
    return caseOf(b.build([y]), runtime, new Map([['x', tensorOf('float32', [1, x.length], x) as Tensor]]), { kind: 'index', index: [0] });
  }
  const told = (found: Explanation): { readonly [name: string]: number } =>
    Object.fromEntries(found.parts!.values.map(({ name, value }) => [name, value]));

  test('a product is told as a pair, and its elements hold their shares', async () => {
    const product = await model([2, 3, 5], (b, [x, y, z]) => b.op.Add(b.op.Mul(x!, y!), z!));
    for (const method of ['shapley-interactions', 'shapley-taylor']) {
      const found = await asking(runtime)(product, method);
      expect(told(found)).toEqual({
        '0 alone': expect.closeTo(0, 5),
        '1 alone': expect.closeTo(0, 5),
        '2 alone': expect.closeTo(5, 5),
        '0 and 1': expect.closeTo(6, 5),
        '0 and 2': expect.closeTo(0, 5),
        '1 and 2': expect.closeTo(0, 5),
      });
      expect(listed(found.attributions[0]!.tensor)).toEqual([3, 3, 5].map((v) => expect.closeTo(v, 5)));
      expect([found.parts!.of, found.parts!.interactions]).toEqual(['element interaction', true]);
      expect(Math.abs(found.completeness!.gap)).toBeLessThan(1e-5);
    }
  });

  test('a triple is told as one where triples are asked for', async () => {
    const product = await model([2, 3, 5, 1], (b, [x, y, z]) => b.op.Mul(b.op.Mul(x!, y!), z!));
    const found = await asking(runtime)(product, 'shapley-interactions', { order: 3 });
    expect(told(found)['0, 1 and 2']).toBeCloseTo(30, 4);
    expect(Object.values(told(found)).filter((v) => Math.abs(v) > 1e-4)).toHaveLength(1);
  });

  test('many columns are drawn, with errors and intervals', async () => {
    const x = Array.from({ length: 14 }, (_, i) => Math.sin(i + 1));
    const bent = await model(x, (b, columns) => b.op.Tanh(columns.slice(1).reduce((sum, c) => b.op.Add(sum, c), b.op.Mul(columns[3]!, columns[0]!)))); // prettier-ignore
    const found = await asking(runtime)(bent, 'shapley-interactions', { samples: 4000 });
    const truth = await asking(runtime)(bent, 'shapley-interactions', { samples: 2 ** 14 });
    expect(found.evaluations).toBeLessThan(4001);
    found.parts!.values.forEach(({ value, standardError, interval }, k) => {
      expect(Math.abs(value - truth.parts!.values[k]!.value)).toBeLessThan(10 * standardError! + 1e-5);
      expect(interval![0]).toBeLessThanOrEqual(value);
      expect(interval![1]).toBeGreaterThanOrEqual(value);
    });
  });
});
