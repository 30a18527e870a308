import { normal, random } from '@vitrine/data';
import { expect, test } from 'vitest';
import { categories, numbers, type CategoryColumn } from '../column/column.js';
import { noncentralChiSquareCdf, noncentralFCdf } from '../statistics/noncentral.js';
import { digammas } from '../statistics/special.js';
import { tableCase } from '../testing/golden.js';
import { analyzeTable } from './analyzeTable.js';
import { associationKinds, associations } from './association/associations.js';
import { chiSquare, contingency, cramersV, cramersVInterval } from './contingency.js';
import { duplicates } from './duplicates.js';
import { imbalance } from './imbalance.js';
import { chiSquareTests } from './labelTests.js';
import { suspectedLeaks } from './leakage.js';
import { mutualInformation } from './mutualInformation.js';
import { permutationPValue, sampled, shuffled } from './sampled.js';
import { summarize } from './summary.js';

const golden = tableCase();
const columns = Object.entries(golden.columns).map(([name, values]) => numbers(name, values));
const letters = categories('letters', golden.letters);
const label = categories('label', golden.label);
const Z = 1.959963984540054;
const near = (got: number, wanted: number, within = 1e-9): void => expect(Math.abs(got / wanted - 1)).toBeLessThan(within);

test('noncentral distributions and ψ are scipy’s', () => {
  for (const [x, degrees, lambda, wanted] of golden.noncentral.chiSquare) near(noncentralChiSquareCdf(x, degrees, lambda), wanted);
  for (const [x, between, within, lambda, wanted] of golden.noncentral.f) near(noncentralFCdf(x, between, within, lambda), wanted);
  for (const [x, wanted] of golden.digamma) near(digammas(2000)[x]!, wanted, 1e-12);
});

test('correlations and their p-values are scipy’s, ties too', () => {
  const { pairs } = associations(columns);
  for (const pair of golden.correlations)
    for (const kind of ['pearson', 'spearman', 'kendall'] as const) {
      const found = pairs.find((each) => each.kind === kind && each.a === pair.a && each.b === pair.b)!;
      if (found.estimate.verdict !== 'estimated') throw new Error(kind);
      expect(found.estimate.value).toBeCloseTo(pair[kind][0], 10);
      near(found.p!, pair[kind][1], 1e-6);
      expect(found.holm).toBeGreaterThanOrEqual(found.p!);
    }
});

test('chi-square, Cramér’s V and the correlation ratio are scipy’s', () => {
  const table = contingency(letters, label);
  const { statistic, degrees, p } = chiSquare(table);
  near(statistic, golden.chiSquare.statistic);
  near(p, golden.chiSquare.p, 1e-8);
  expect(degrees).toBe(golden.chiSquare.degrees);
  near(cramersV(table), golden.chiSquare.cramersV);
  const ratio = associations([letters, columns[0]!]).pairs[0]!;
  if (ratio.estimate.verdict !== 'estimated') throw new Error('no estimate');
  near(ratio.estimate.value, golden.correlationRatio.value);
  near(ratio.p!, golden.correlationRatio.p, 1e-8);
});

test('mutual information is scikit-learn’s: exact of categories, by neighbours of numbers', () => {
  const of = (a: Parameters<typeof mutualInformation>[0][number], b: typeof a) => mutualInformation([a], b, { permutations: 19 })[0]!;
  const [x, square] = columns as unknown as [(typeof columns)[number], (typeof columns)[number]];
  near(of(letters, label).value, golden.information.lettersLabel);
  // Equal numbers are told apart by noise, which differs.
  near(of(x, label).value, golden.information.xLabel, 1e-3);
  near(of(square, x).value, golden.information.squareX, 1e-3);
  near(of(letters, x).value, golden.information.lettersX, 1e-3);
  expect(of(letters, label).estimator).toBe('exact');
  expect(of(square, x).estimator).toMatch(/Kraskov/);
  // Pearson's correlation sees nothing of a parabola.
  expect(of(square, x)).toMatchObject({ p: 0.05, permutations: 19 });
});

const uniform = random(5, 'table');
const gauss = normal(uniform);
const CHANCE = Array.from({ length: 40 }, (_, i) => numbers(`n${i}`, Array.from({ length: 200 }, gauss)));

test('columns of chance: intervals hold 0, and p-values are small as often as they say', () => {
  const { pairs } = associations(CHANCE);
  for (const kind of ['pearson', 'spearman', 'kendall']) {
    const own = pairs.filter((pair) => pair.kind === kind);
    const held = own.filter(({ estimate }) => estimate.verdict === 'estimated' && estimate.low! <= 0 && estimate.high! >= 0).length;
    expect(held / own.length).toBeGreaterThan(0.925);
    expect(held / own.length).toBeLessThan(0.975);
    expect(own.filter(({ holm }) => holm! < 0.05)).toEqual([]);
  }
  const coin = categories(
    'coin',
    Array.from({ length: 200 }, () => (uniform() < 0.5 ? 'heads' : 'tails')),
  );
  const told = mutualInformation(CHANCE, coin, { permutations: 199 });
  // Of 40 at 5 %: more than 7 happen one time in a thousand.
  expect(told.filter(({ p }) => p < 0.05).length).toBeLessThanOrEqual(7);
  expect(told.filter(({ holm }) => holm < 0.05)).toEqual([]);
});

test('intervals of Cramér’s V and η hold the truth', () => {
  let [heldV, heldEta] = [0, 0];
  const trials = 200;
  // P(b = a) = 0.6 of three even categories: V = 0.6 − 0.2 = 0.4. Means −1, 0, 1 at deviation 1: η² = (2/3) / (5/3).
  const [trueV, trueEta] = [0.4, Math.sqrt(0.4)];
  for (let trial = 0; trial < trials; trial++) {
    const a = Array.from({ length: 150 }, (_, i) => i % 3);
    const b = a.map((code) => (uniform() < 0.6 ? code : (code + (uniform() < 0.5 ? 1 : 2)) % 3));
    const one = categories('a', a.map(String));
    const { low, high } = cramersVInterval(contingency(one, categories('b', b.map(String))), Z);
    if (low <= trueV && trueV <= high) heldV++;
    const { estimate } = associations([
      one,
      numbers(
        'x',
        a.map((code) => code - 1 + gauss()),
      ),
    ]).pairs[0]!;
    if (estimate.verdict === 'estimated' && estimate.low! <= trueEta && trueEta <= estimate.high!) heldEta++;
  }
  for (const held of [heldV, heldEta]) {
    expect(held / trials).toBeGreaterThan(0.9);
    expect(held / trials).toBeLessThanOrEqual(0.99);
  }
});

test('too few rows that have both columns are said to be so; a constant column goes with nothing', () => {
  const sparse = numbers(
    'sparse',
    golden.label.map((_, i) => (i < 12 ? i : NaN)),
  );
  const { pairs } = associations([
    columns[0]!,
    sparse,
    numbers(
      'one',
      golden.label.map(() => 1),
    ),
  ]);
  expect(pairs[0]!.estimate).toEqual({ verdict: 'insufficient', support: 12, needed: 30, of: 'rows that have both' });
  expect(pairs.find(({ a, b }) => a === 'x' && b === 'one')!.estimate).toMatchObject({
    verdict: 'undefined',
    reason: 'a column is constant',
  });
});

test('each pair of kinds has its measures', () => {
  const kinds = associations([columns[0]!, columns[1]!, letters, label]).pairs.map(({ kind, a, b }) => `${kind} ${a} ${b}`);
  expect(kinds).toEqual([
    'spearman x square',
    'pearson x square',
    'kendall x square',
    'correlation-ratio x letters',
    'correlation-ratio x label',
    'correlation-ratio square letters',
    'correlation-ratio square label',
    'cramers-v letters label',
  ]);
  expect(Object.keys(associationKinds)).toHaveLength(5);
});

test('sparse tables are judged by permutation, dense ones by the distribution', () => {
  const [dense, sparse] = chiSquareTests(
    [
      letters,
      categories(
        'rare',
        golden.label.map((_, i) => (i < 290 ? 'usual' : `odd ${i}`)),
      ),
    ],
    label,
  );
  expect(dense).toMatchObject({ by: 'chi-square', degrees: golden.chiSquare.degrees });
  expect(dense!.p).toBeLessThan(1e-4);
  expect(sparse!.by).toBe('permutation');
  expect(sparse!.p).toBeGreaterThan(0.01);
});

test('a summary counts what is missing, the same, and far out', () => {
  expect(summarize(numbers('n', [1, 2, 3, 4, 100, NaN]))).toMatchObject({
    kind: 'number',
    missing: 1,
    distinct: 5,
    constant: false,
    numbers: { least: 1, quartiles: [2, 3, 4], most: 100, mean: 22, outliers: { low: -1, high: 7, below: 0, above: 1 } },
  });
  expect(summarize(categories('c', ['a', null, 'a']))).toMatchObject({
    missing: 1,
    distinct: 1,
    constant: true,
    mostFrequent: { value: 'a', count: 2 },
  });
  expect(summarize(numbers('none', [NaN, NaN]))).toMatchObject({ missing: 2, distinct: 0, constant: true, mostFrequent: undefined });
});

test('rows that are the same are found, and those that only the label tells apart', () => {
  const found = duplicates(
    [
      numbers('n', [1, 1, 1, 2, NaN, NaN]),
      categories('c', ['a', 'a', 'a', 'a', 'b', 'b']),
      categories('y', ['no', 'no', 'yes', 'no', 'no', 'yes']),
    ],
    'y',
  );
  expect(found).toEqual({
    rows: 1,
    sets: 1,
    first: [[0, 1]],
    conflicting: {
      sets: 2,
      rows: 5,
      first: [
        [0, 1, 2],
        [4, 5],
      ],
    },
  });
});

test('imbalance by hand: 8 to 2, and by group', () => {
  const y = categories('y', [...'aaaaaaaabb']);
  const { ratio, evenness, classes, crossed } = imbalance([categories('g', [...'ppppqqqqqq'])], y, [['g']]);
  expect(ratio).toBe(4);
  expect(evenness).toBeCloseTo(-(0.8 * Math.log2(0.8) + 0.2 * Math.log2(0.2)), 12);
  expect(classes.map(({ label: of, count, share }) => [of, count, share])).toEqual([
    ['a', 8, 0.8],
    ['b', 2, 0.2],
  ]);
  expect(crossed.map(({ group, rows, counts }) => [group, rows, counts.map(({ count }) => count)])).toEqual([
    ['g = p', 4, [4, 0]],
    ['g = q', 6, [4, 2]],
  ]);
});

test('a copy of the label is a leak whatever it looks like; an honest column and a number of the row are not', () => {
  const y = categories(
    'y',
    Array.from({ length: 300 }, () => (uniform() < 0.4 ? 'yes' : 'no')),
  );
  const is = (i: number): boolean => y.categories[y.codes[i]!] === 'yes';
  const of = (value: (i: number) => number) => Array.from({ length: 300 }, (_, i) => value(i));
  const found = suspectedLeaks(
    [
      numbers(
        'copy',
        of((i) => (is(i) ? 7 : 3) + 0.1 * gauss()),
      ),
      categories(
        'words',
        of((i) => i).map((i) => (is(i) ? `approved ${i % 3}` : `declined ${i % 5}`)),
      ),
      numbers(
        'filled in later',
        of((i) => (is(i) ? 1 : NaN)),
      ),
      numbers(
        'nearly',
        of((i) => (is(i) ? 2.5 : 0) + gauss()),
      ),
      numbers(
        'honest',
        of((i) => (is(i) ? 1 : 0) + gauss()),
      ),
      categories(
        'name',
        of((i) => i).map((i) => `row ${i}`),
      ),
    ],
    y,
  );
  expect(new Map(found.map(({ column, what, verdict }) => [`${column}: ${what}`, verdict]))).toEqual(
    new Map([
      ['copy: values', 'leak'],
      ['words: values', 'leak'],
      ['filled in later: missing values', 'leak'],
      ['nearly: values', 'review'],
    ]),
  );
});

test('rows in the order of the label, and numbers that follow a numeric label, are told', () => {
  const sorted = categories(
    'y',
    Array.from({ length: 100 }, (_, i) => (i < 50 ? 'a' : 'b')),
  );
  expect(suspectedLeaks([], sorted)).toEqual([{ column: '', what: 'order of rows', measure: 'AUC', value: 1, of: 'a', verdict: 'leak' }]);
  const price = numbers('price', Array.from({ length: 100 }, gauss));
  expect(
    suspectedLeaks(
      [
        numbers(
          'tax',
          price.values.map((v) => 0.2 * v + 1),
        ),
        numbers('noise', price.values.map(gauss)),
      ],
      price,
    ),
  ).toEqual([{ column: 'tax', what: 'values', measure: 'Spearman', value: 1, of: undefined, verdict: 'leak' }]);
});

test('samples are of different rows, permutations of the same, and a p-value of chance is seldom small', () => {
  expect(new Set(sampled(1000, 100, uniform)).size).toBe(100);
  expect([...sampled(5, 100, uniform)]).toEqual([0, 1, 2, 3, 4]);
  const all = Int32Array.from({ length: 50 }, (_, i) => i);
  expect(shuffled(all, uniform).toSorted()).toEqual(all);
  let small = 0;
  for (let trial = 0; trial < 400; trial++) if (permutationPValue(uniform(), 199, uniform).p <= 0.05) small++;
  expect(small / 400).toBeGreaterThan(0.015);
  expect(small / 400).toBeLessThan(0.085);
});

test('the whole of it: without a label nothing is said of one; the same seed gives the same', () => {
  expect(Object.keys(analyzeTable([...columns, letters]))).toEqual(['rows', 'columns', 'duplicates', 'associations']);
  const once = analyzeTable([...columns, letters, label], { label, by: [['letters']], permutations: 99 });
  expect(once).toEqual(analyzeTable([...columns, letters, label], { label, by: [['letters']], permutations: 99 }));
  expect(once.information!.map(({ column }) => column)).toEqual(['x', 'square', 'steps', 'letters']);
  expect(once.chiSquare!.find(({ column }) => column === 'x')!.p).toBeLessThan(1e-6);
  expect(once.imbalance!.crossed).toHaveLength((letters as CategoryColumn).categories.length);
});
