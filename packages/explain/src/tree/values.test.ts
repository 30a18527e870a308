import { random } from '@vitrine/data';
import { describe, expect, test } from 'vitest';
import { below, forestOf, valueOf, type Forest } from './forest.js';
import { grown, listingOf, NEWER, ORDERED, type Written } from './testing/written.js';
import { treeValues, type Perturbation, type Trees } from './values.js';

const row = (next: () => number, columns: number): Float64Array =>
  Float64Array.from({ length: columns }, () => (next() < 0.15 ? NaN : Math.floor(next() * 5) - 2));

interface Case {
  readonly forest: Forest;
  readonly trees: Trees;
  readonly rows: readonly Float64Array[];
  readonly background: readonly Float64Array[];
}

function caseOf(seed: number, columns: number, owners = Array.from({ length: columns }, (_, i) => i)): Case {
  const next = random(seed, 'trees');
  const listing = listingOf(
    Array.from({ length: 4 }, () => grown(next, columns, 5, [...ORDERED, ...ORDERED, ...NEWER])),
    () => 1 + Math.floor(next() * 9),
  );
  const forest = forestOf(listing, new Map([[0, 1]]));
  return {
    forest,
    trees: { forests: [forest], base: 0.75, players: Int32Array.from(owners), count: Math.max(...owners) + 1 },
    rows: Array.from({ length: 3 }, () => row(next, columns)),
    background: Array.from({ length: 4 }, () => row(next, columns)),
  };
}

/** The value of a set of players, as its definition says. */
function worth(
  { forest, trees: { players, base }, background }: Case,
  kind: Perturbation,
  x: Float64Array,
  has: (player: number) => boolean,
): number {
  if (kind === 'interventional') {
    const mixed = background.map(
      (z) =>
        base +
        valueOf(
          forest,
          x.map((v, column) => (has(players[column]!) ? v : z[column]!)),
        ),
    );
    return mixed.reduce((a, b) => a + b, 0) / mixed.length;
  }
  const { cover, feature, value, roots } = forest;
  const below_ = (node: number): number => {
    const f = feature[node]!;
    if (f < 0) return value[node]!;
    const [yes, no] = [forest.yes[node]!, forest.no[node]!];
    if (!has(players[f]!)) return (cover![yes]! * below_(yes) + cover![no]! * below_(no)) / cover![node]!;
    const v = x[f]!;
    const set = forest.sets.get(node);
    return below_(Number.isNaN(v) ? forest.missing[node]! : (set ? set.has(v) : v <= forest.split[node]!) ? yes : no);
  };
  return Array.from(roots.subarray(0, -1), below_).reduce((a, b) => a + b, base);
}

const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));
const sizeOf = (bits: number): number => (bits === 0 ? 0 : (bits & 1) + sizeOf(bits >> 1));

/** Shapley values and half interaction indices over all sets. */
function bruteForce(one: Case, kind: Perturbation, x: Float64Array): { readonly values: number[]; readonly pairs: number[][] } {
  const n = one.trees.count;
  const v = Array.from({ length: 2 ** n }, (_, bits) => worth(one, kind, x, (p) => ((bits >> p) & 1) === 1));
  const sets = (without: number): readonly number[] => [...v.keys()].filter((bits) => (bits & without) === 0);
  const players = Array.from({ length: n }, (_, i) => i);
  const values = players.map((i) =>
    sets(1 << i).reduce((sum, s) => {
      const weight = (factorial(sizeOf(s)) * factorial(n - sizeOf(s) - 1)) / factorial(n);
      return sum + weight * (v[s | (1 << i)]! - v[s]!);
    }, 0),
  );
  const pairs = players.map((i) =>
    players.map((j) => {
      if (i === j) return 0;
      const both = (1 << i) | (1 << j);
      return sets(both).reduce((sum, s) => {
        const weight = (factorial(sizeOf(s)) * factorial(n - sizeOf(s) - 2)) / (2 * factorial(n - 1));
        return sum + weight * (v[s | both]! - v[s | (1 << i)]! - v[s | (1 << j)]! + v[s]!);
      }, 0);
    }),
  );
  players.forEach((i) => (pairs[i]![i] = values[i]! - pairs[i]!.reduce((a, b) => a + b, 0)));
  return { values, pairs };
}

const close = (actual: ArrayLike<number>, expected: readonly number[]): void => {
  expect(actual.length).toBe(expected.length);
  expect(Array.from(actual)).toEqual(expected.map((v) => expect.closeTo(v, 10)));
};

describe.each(['path-dependent', 'interventional'] as const)('%s values', (perturbation) => {
  const asked = (one: Case, interactions = false): ReturnType<typeof treeValues> =>
    treeValues(one.trees, one.rows, {
      perturbation,
      interactions,
      ...(perturbation === 'interventional' && { background: one.background }),
    });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])('are those over all sets of features (trees %i)', (seed) => {
    const one = caseOf(seed, 5);
    const { values, expected } = asked(one);
    close(
      values,
      one.rows.flatMap((x) => bruteForce(one, perturbation, x).values),
    );
    one.rows.forEach((x) =>
      expect(expected).toBeCloseTo(
        worth(one, perturbation, x, () => false),
        10,
      ),
    );
  });
  test.each([11, 12, 13])('of columns that belong together are those of the feature they are (trees %i)', (seed) => {
    const one = caseOf(seed, 6, [0, 1, 1, 2, 2, 2]);
    close(
      asked(one).values,
      one.rows.flatMap((x) => bruteForce(one, perturbation, x).values),
    );
  });
  test.each([21, 22, 23])('split into interactions as the index over all sets has it (trees %i)', (seed) => {
    const one = caseOf(seed, 5);
    close(
      asked(one, true).values,
      one.rows.flatMap((x) => bruteForce(one, perturbation, x).pairs.flat()),
    );
  });
  test('add up to the number less its mean, in a deep tree and many rows', () => {
    const next = random(5, 'deep');
    const deep = (depth: number): Written =>
      depth === 0 ? next() : { f: Math.floor(next() * 40), split: next() * 2 - 1, missing: next() < 0.5, yes: next(), no: deep(depth - 1) };
    const forest = forestOf(
      listingOf([deep(60), deep(35)], () => 1 + next()),
      new Map([[0, 1]]),
      0.5,
    );
    const rows = Array.from({ length: 500 }, () => Float64Array.from({ length: 40 }, () => (next() < 0.1 ? NaN : 2 * next() - 1)));
    const trees = { forests: [forest], base: 0.5, players: Int32Array.from({ length: 40 }, (_, i) => i), count: 40 };
    const { values, expected } = treeValues(trees, rows, { perturbation, background: rows.slice(0, 7) });
    rows.forEach((x, r) => {
      const sum = values.subarray(40 * r, 40 * (r + 1)).reduce((a, b) => a + b, 0);
      expect(sum).toBeCloseTo(0.5 + valueOf(forest, x) - expected, 10);
    });
  });
  test('of a single leaf are zero, and its value is expected', () => {
    const forest = forestOf(
      listingOf([2.5], () => 3),
      new Map([[0, 1]]),
      1,
    );
    const trees = { forests: [forest], base: 1, players: Int32Array.of(0, 1), count: 2 };
    expect(treeValues(trees, [Float64Array.of(1, 2)], { perturbation, background: [Float64Array.of(0, 0)] })).toEqual({
      values: new Float64Array(2),
      expected: 3.5,
    });
  });
  test('of a feature that no test asks are zero', () => {
    const one = caseOf(3, 4);
    const trees = { ...one.trees, players: Int32Array.of(0, 1, 2, 4), count: 5 };
    const { values } = treeValues(trees, one.rows, { perturbation, background: one.background });
    one.rows.forEach((_, r) => expect(values[5 * r + 3]).toBe(0));
  });
});

test('without covers path-dependent values are refused, and counted on background rows where there are some', () => {
  const one = caseOf(4, 4);
  const bare: Trees = { ...one.trees, forests: [{ ...one.forest, cover: undefined }] };
  expect(() => treeValues(bare, one.rows, { perturbation: 'path-dependent' })).toThrow(/nodes_hitrates.*give background rows/);
  expect(() => treeValues(bare, one.rows, { perturbation: 'interventional' })).toThrow(/background rows/);
  const { expected } = treeValues(bare, one.rows, { perturbation: 'path-dependent', background: one.background });
  const mean = 0.75 + one.background.reduce((sum, z) => sum + valueOf(one.forest, z), 0) / one.background.length;
  expect(expected).toBeCloseTo(mean, 10);
});

test('the number below is the nearest', () => {
  for (const x of [1, -1, 0.1, 1e300, 0, -0, 5e-324]) {
    expect(below(x)).toBeLessThan(x);
    expect((below(x) + x) / 2 === x || (below(x) + x) / 2 === below(x)).toBe(true);
  }
  expect(below(-Infinity)).toBe(-Infinity);
});
