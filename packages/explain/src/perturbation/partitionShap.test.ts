import { random } from '@vitrine/data';
import { tensorOf, type Tensor } from '@vitrine/ir';
import { caching, type Runtime } from '@vitrine/runtime';
import { nodeRuntime } from '@vitrine/runtime/node';
import { describe, expect, test } from 'vitest';
import { asking, goldenCase } from '../testing/asking.js';
import { mixedGame, shapleyOf, type Game } from '../testing/games.js';
import { everyone, type Presence } from './coalition.js';
import { heap } from './heap.js';
import { hierarchies, suited } from './hierarchy/hierarchies.js';
import { balanced, joined, leaf, type Tree } from './hierarchy/tree.js';
import { elements, grid, type Part } from './partition.js';
import { owen } from './partitionShap.js';
import type { Fitted } from './perturbing.js';

/** Orders of a tree: each half before the other, whole. */
function ordersOf({ members, halves }: Tree): readonly (readonly number[])[] {
  if (halves === undefined) return [members];
  const [a, b] = halves.map(ordersOf) as [readonly (readonly number[])[], readonly (readonly number[])[]];
  return a.flatMap((first) =>
    b.flatMap((second) => [
      [...first, ...second],
      [...second, ...first],
    ]),
  );
}

/** The definition: the mean gain over all orders in which parts that belong together come together. Winter 1989. */
function gains(tree: Tree, value: Game): readonly number[] {
  const sums = tree.members.map(() => 0);
  const orders = ordersOf(tree);
  for (const order of orders) {
    const there = new Uint8Array(sums.length);
    for (const i of order) {
      const before = value(there);
      there[i] = 1;
      sums[i]! += (value(there) - before) / orders.length;
    }
  }
  return sums;
}

async function played(tree: Tree, value: Game, samples: number): Promise<Fitted & { readonly scored: number }> {
  let scored = 0;
  const score = (presences: Iterable<Presence>): Promise<Float64Array> => {
    const scores = Float64Array.from(presences, value);
    scored += scores.length;
    return Promise.resolve(scores);
  };
  return { ...(await owen({ full: value(everyone(tree.members.length)), score }, tree, samples)), scored };
}

const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0);
const line = (count: number): Tree => balanced(Array.from({ length: count }, (_, i) => leaf(i)));
/** Halves at random places. */
function grown(members: readonly number[], uniform: () => number): Tree {
  if (members.length === 1) return leaf(members[0]!);
  const at = 1 + Math.floor(uniform() * (members.length - 1));
  return joined(grown(members.slice(0, at), uniform), grown(members.slice(at), uniform));
}

describe('Owen values', () => {
  test.each([1, 2, 5, 7, 8])('of %s parts are the mean over orders that keep groups together', async (players) => {
    for (const seed of [1, 2, 3]) {
      const tree = grown(Array.from({ length: players }, (_, i) => i), random(seed)); // prettier-ignore
      const value = mixedGame(players, seed);
      const { values, warnings } = await played(tree, value, 100_000);
      const truth = gains(tree, value);
      values.forEach((v, i) => expect(v).toBeCloseTo(truth[i]!, 9));
      expect(warnings).toBeUndefined();
    }
  });

  test('of symmetric parts, and of a game that is a sum over halves, are the Shapley values', async () => {
    const value: Game = (there) => Math.tanh(there[0]! + 2 * there[1]!) + there[2]! * there[3]! * 3 - there[3]!;
    const { values } = await played(line(4), value, 100);
    shapleyOf(4, value).forEach((v, i) => expect(values[i]).toBeCloseTo(v, 12));
  });

  test('are those of shap.explainers.Partition 0.51 with the same tree', async () => {
    const weights = Array.from({ length: 8 }, (_, i) => Array.from({ length: 8 }, (__, j) => Math.sin(1 + 3 * i + 7 * j)));
    const value: Game = (there) =>
      Math.tanh(weights.reduce((total, row, i) => row.reduce((part, w, j) => part + (there[i]! * w * there[j]!) / 2, total), 0));
    const { values } = await played(line(8), value, 100);
    const shap = [0.063357082, 0.067516369, -0.07161728, -0.115814088, -0.099044416, -0.130883808, 0.076843399, 0.006501178];
    values.forEach((v, i) => expect(v).toBeCloseTo(shap[i]!, 8));
  });

  test('add up to the whole however few sets are scored, and score no more than that', async () => {
    const value = mixedGame(40, 3);
    for (const samples of [4, 5, 17, 100, 5000]) {
      const { values, expected, scored, warnings } = await played(line(40), value, samples);
      expect(sum(values)).toBeCloseTo(expected!, 9);
      expect(scored).toBeLessThanOrEqual(samples);
      expect(warnings === undefined).toBe(samples === 5000);
    }
  });

  test('open the tree where the score changes', async () => {
    const [players, hidden] = [512, 300];
    const value: Game = (there) => 5 * there[hidden]! + 0.01 * there[3]!;
    const { values, scored } = await played(line(players), value, 1500);
    expect(scored).toBeLessThan(1501);
    expect(values[hidden]).toBeCloseTo(5, 1);
    expect(Math.max(...values.filter((_, i) => i !== hidden).map(Math.abs))).toBeLessThan(0.1);
  });
});

describe('hierarchies', () => {
  const picture = (height: number, width: number): ReadonlyMap<string, Tensor> =>
    new Map([['x', tensorOf('float32', [1, 3, height, width], new Float32Array(3 * height * width)) as Tensor]]);
  const build = (name: keyof typeof hierarchies, x: ReadonlyMap<string, Tensor>, parts: readonly Part[], background: readonly ReadonlyMap<string, Tensor>[] = []): Tree => // prettier-ignore
    hierarchies[name]({ x, parts, background }, parts.map((_, i) => i)); // prettier-ignore

  test('of a picture: across its longer side, then the other', () => {
    const x = picture(8, 16);
    const { parts } = grid(x, new Map([[2, 2], [3, 4]])); // prettier-ignore
    const tree = build('places', x, parts);
    const halves = tree.halves!.map(({ members }) => members.toSorted((a, b) => a - b));
    expect(halves).toEqual([
      [0, 1, 4, 5],
      [2, 3, 6, 7],
    ]);
    expect(suited({ x, parts, background: [] })).toBe('places');
  });

  test('of three by three cells no row is torn', () => {
    const x = picture(9, 9);
    const { parts } = grid(x, new Map([[2, 3], [3, 3]])); // prettier-ignore
    expect(build('places', x, parts).halves!.map(({ members }) => members.length)).toEqual([3, 6]);
  });

  test('of columns: those that go together are joined first, whatever their sign', () => {
    const draw = random(4);
    const background = Array.from({ length: 60 }, () => {
      const [a, b] = [draw(), draw()];
      const row = [a, b, -2 * a + 0.01 * draw(), 3 * b + 0.01 * draw(), draw(), 7];
      return new Map([['x', tensorOf('float32', [1, 6], row) as Tensor]]);
    });
    const { parts } = elements(background[0]!);
    expect(suited({ x: background[0]!, parts, background })).toBe('correlation');
    const tree = build('correlation', background[0]!, parts, background);
    const sets: string[] = [];
    const visit = ({ members, halves }: Tree): void => {
      sets.push(members.toSorted((a, b) => a - b).join());
      halves?.forEach(visit);
    };
    visit(tree);
    expect(sets).toContain('0,2');
    expect(sets).toContain('1,3');
    expect(sets[0]).toBe('0,1,2,3,4,5');
  });

  test('of groups: sentences, then phrases, then what is in them by place', () => {
    const x = new Map([['x', tensorOf('float32', [1, 5], [0, 0, 0, 0, 0]) as Tensor]]);
    const within = [['a', 'a1'], ['a', 'a1'], ['a', 'a2'], ['b', 'b1'], []]; // prettier-ignore
    const parts = elements(x).parts.map((part, i) => ({ ...part, within: within[i]! }));
    const tree = build('groups', x, parts);
    const [first, others] = tree.halves!;
    expect([first.members, others.members]).toEqual([
      [0, 1, 2],
      [3, 4],
    ]);
    expect(first.halves!.map(({ members }) => members)).toEqual([[0, 1], [2]]);
    expect(suited({ x, parts, background: [] })).toBe('groups');
  });
});

test('a heap gives back what it took, the greatest first and equals in turn', () => {
  const draw = random(9);
  const items = Array.from({ length: 500 }, (_, i) => ({ rank: Math.floor(draw() * 50), i }));
  const found = heap<(typeof items)[number]>(({ rank }) => rank);
  items.forEach((item) => found.push(item));
  const order = Array.from({ length: 500 }, () => found.pop()!);
  expect(order).toEqual(items.toSorted((a, b) => b.rank - a.rank || a.i - b.i));
  expect(found.pop()).toBeUndefined();
});

test('hundreds of parts of a picture, by the runs that are asked for', async () => {
  const runtime: Runtime = caching(await nodeRuntime({ threads: 1 }));
  try {
    const found = await asking(runtime)(await goldenCase('cnn_convs', runtime), 'partition-shap', { parts: 'grid=16x16', samples: 400 });
    expect(found.parts!.values.length).toBeGreaterThan(200);
    expect(found.evaluations).toBeLessThan(402);
    expect(Math.abs(found.completeness!.gap)).toBeLessThan(1e-4);
    expect(found.warnings.join()).toMatch(
      /^\d+ % of what parts count is shared equally within groups of up to \d+ parts that were not opened/,
    );
  } finally {
    await runtime.close();
  }
});
