import { guessSchema, random, sampleOf, tableOf } from '@vitrine/data';
import { expect, test } from 'vitest';
import { analyze } from './analyze.js';
import { categories, numbers, type Column } from './column/column.js';
import { readColumns } from './column/readColumns.js';
import { csvOf } from './sheets/sheet.js';
import { analysisJson, sheetsOf } from './sheets/sheets.js';

const uniform = random(2, 'analyze');
const N = 240;
const made = <T>(of: (i: number) => T): T[] => Array.from({ length: N }, (_, i) => of(i));
const sex = made(() => (uniform() < 0.5 ? 'f' : 'm'));
const age = made(() => 20 + Math.floor(50 * uniform()));
const truth = age.map((years) => (uniform() < years / 100 ? 'yes' : 'no'));
const score = truth.map((label) => 0.3 * uniform() + (label === 'yes' ? 0.55 : 0.15));
const columns: readonly Column[] = [
  categories('sex', sex),
  numbers('age', age),
  categories('label', truth),
  numbers('score', score),
  numbers(
    'price',
    age.map((years) => 10 * years + uniform()),
  ),
  numbers(
    'guess',
    age.map((years) => 10 * years + 5 * uniform()),
  ),
];
const QUICK = { resamples: 50, permutations: 19 };

test('a table alone is analyzed alone', () => {
  const found = analyze(columns, QUICK);
  expect(Object.keys(found)).toEqual(['table', 'settings']);
  expect(sheetsOf(found).map(({ name }) => name)).toEqual(['columns', 'duplicates', 'associations']);
});

test('predictions of classes: everything that is told, as tables and as JSON', () => {
  const found = analyze(columns, {
    ...QUICK,
    label: 'label',
    prediction: 'score',
    by: [['sex'], ['sex', 'age']],
    groups: ['sex'],
    condition: 'age',
    bins: 2,
  });
  expect(found.predictions).toMatchObject({ task: 'classification', positive: 'yes', rows: N, left: 0 });
  expect(found.predictions!.slices.map(({ slice }) => slice).slice(0, 2)).toEqual(['sex = f', 'sex = m']);
  expect(found.bias!.found).toHaveLength(20);
  const sheets = sheetsOf(found);
  expect(sheets.map(({ name }) => name)).toEqual([
    'metrics',
    'confusion',
    'roc',
    'precision-recall',
    'gain',
    'lift',
    'reliability',
    'slices',
    'bias',
    'columns',
    'duplicates',
    'associations',
    'mutual-information',
    'chi-square',
    'imbalance',
  ]);
  for (const { name, columns: head, rows } of sheets) for (const row of rows) expect(row, name).toHaveLength(head.length);
  // Neither the prediction itself nor its copy is a column that tells the label.
  expect(found.table.columns.map(({ name }) => name)).not.toContain('score');
  const json = JSON.parse(JSON.stringify(analysisJson(found))) as {
    predictions: { metrics: { metric: string; class?: string }[]; outcome?: unknown };
  };
  expect(json.predictions.outcome).toBeUndefined();
  expect(json.predictions.metrics.find(({ metric }) => metric === 'recall')).toMatchObject({
    class: 'no',
    estimate: { verdict: 'estimated' },
  });
});

test('predictions of numbers: residuals, and groups by a threshold', () => {
  const found = analyze(columns, { ...QUICK, label: 'price', prediction: 'guess', groups: ['sex'], threshold: 450 });
  expect(
    sheetsOf(found)
      .map(({ name }) => name)
      .slice(0, 3),
  ).toEqual(['metrics', 'residuals', 'bias']);
  expect(found.bias).toMatchObject({ positive: '> 450', condition: undefined });
});

test('the same seed gives the same, to the last digit', () => {
  const told = (seed: number): string =>
    JSON.stringify(analysisJson(analyze(columns, { ...QUICK, label: 'label', prediction: 'score', seed })));
  expect(told(1)).toBe(told(1));
  expect(told(1)).not.toBe(told(2));
});

test('what cannot be analyzed is said in a sentence', () => {
  expect(() => analyze(columns, { label: 'lable' })).toThrow('there is no column lable: there are sex, age');
  expect(() => analyze(columns, { prediction: 'score' })).toThrow('predictions are held against a label');
  expect(() => analyze(columns, { label: 'price', prediction: 'guess', groups: ['sex'], ...QUICK })).toThrow(
    'give a threshold above which they are good',
  );
  const names = Array.from({ length: 1200 }, (_, i) => `n${i}`);
  expect(() => analyze([categories('name', names)], { label: 'name' })).toThrow(
    'the label column name has 1,200 different values, and more than 1,000 are no classes: name another column',
  );
  expect(() => analyze([categories('y', [null, null])], { label: 'y' })).toThrow('the label column y is empty in every row');
  expect(() => analyze(columns, { level: 95 })).toThrow('a level of 95 is no confidence');
});

test('columns are read as their schema says, and what is no number is counted', async () => {
  const rows = made((i) => ({
    id: i + 1,
    day: `2024-01-${String((i % 28) + 1).padStart(2, '0')}`,
    sex: sex[i]!,
    ok: i % 2 === 0,
    n: i === 7 ? '?' : i / 2,
  }));
  const table = tableOf(rows);
  const sample = await sampleOf(table, 1000, 0);
  const { schema } = guessSchema(table, sample);
  const { columns: read, unread } = readColumns(table.columns, sample, schema);
  expect(unread).toEqual([]);
  expect(read.map(({ kind, name }) => `${name} ${kind}`)).toEqual(['id category', 'day number', 'sex category', 'ok category', 'n number']);
  expect(read[0]).toMatchObject({ opaque: true });
  expect(read[1]).toMatchObject({ dates: true, values: { 0: 19723 } });
  expect((read[4] as { values: Float64Array }).values[7]).toBeNaN();
  const strict = readColumns(table.columns, sample, { ...schema, missing: [], features: schema.features });
  expect(strict.unread).toEqual([{ column: 'n', count: 1, first: 'is "?", which is no number', row: 7 }]);
  // A row's name goes with nothing, but is still counted.
  const { table: told } = analyze(read, QUICK);
  expect(told.columns[0]).toMatchObject({ name: 'id', distinct: N });
  expect(told.associations.pairs.some(({ a, b }) => a === 'id' || b === 'id')).toBe(false);
});

test('CSV puts commas and quotation marks in quotation marks, and leaves empty what is nothing', () => {
  expect(
    csvOf({
      columns: ['a', 'b'],
      rows: [
        ['x, "y"', 1.5],
        [undefined, 2],
      ],
    }),
  ).toBe('a,b\n"x, ""y""",1.5\n,2\n');
});

test('of many rows the p-value of mutual information is that of the likelihood ratio, as permutations have it', () => {
  const random20 = random(9, 'many');
  const rows = 25_000;
  const made2 = (of: () => string): string[] => Array.from({ length: rows }, of);
  const label = made2(() => (random20() < 0.5 ? 'a' : 'b'));
  const alike = label.map((value) => (random20() < 0.52 ? value : random20() < 0.5 ? 'a' : 'b'));
  const chance = made2(() => (random20() < 0.3 ? 'x' : 'y'));
  const { information } = analyze([categories('label', label), categories('alike', alike), categories('chance', chance)], {
    label: 'label',
  }).table;
  expect(information!.map(({ column, permutations }) => [column, permutations])).toEqual([
    ['alike', 0],
    ['chance', 0],
  ]);
  const [first, second] = information!;
  expect(first!.p).toBeLessThan(1e-6);
  // One degree of freedom: 2 N I is the square of a normal number.
  expect(second!.p).toBeGreaterThan(0.001);
});
