import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { normal, random, type RowGiven, type Schema } from '@vitrine/data';
import { builder, joinedBytes, tensorOf, writeModel } from '@vitrine/ir';
import { afterAll, expect, test } from 'vitest';
import { importance, load, type ImportanceSummary } from '../index.js';
import { root } from '../testing/command.js';

const folder = mkdtempSync(path.join(os.tmpdir(), 'vitrine-importance-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SLOPES = [3, 1, 0, 2] as const;
const NAMES = ['a', 'b', 'c', 'd'] as const;

/** y = 3 a + b + 2 d, of rows of four numbers. */
function linearModel(): string {
  const b = builder();
  const x = b.input('x', { dtype: 'float32', shape: ['N', SLOPES.length] });
  const y = b.op.MatMul(x, b.initializer(tensorOf('float32', [SLOPES.length, 1], SLOPES)));
  const file = path.join(folder, 'linear.onnx');
  writeFileSync(file, joinedBytes(writeModel(b.build([y], [x]))));
  return file;
}
const linear = await load(linearModel());
const people = path.join(root, 'examples/tables/adult.csv');
const network = await load(path.join(root, 'models/adult_dice.onnx'));
const forest = await load(path.join(root, 'packages/vitrine/testdata/tables/forest.onnx'));
afterAll(() => Promise.all([linear.close(), network.close(), forest.close()]));

const gauss = normal(random(11, 'rows'));
const rows = Array.from({ length: 3000 }, (): { readonly [name: string]: number } => {
  const values = NAMES.map(() => gauss());
  return {
    ...Object.fromEntries(NAMES.map((name, i) => [name, values[i]!])),
    y: values.reduce((sum, v, i) => sum + SLOPES[i]! * v, 0) + gauss(),
  };
});
const unlabelled = rows.map((row): RowGiven => Object.fromEntries(NAMES.map((name) => [name, row[name]])));
const byName = ({ features }: ImportanceSummary) => new Map(features.map((feature) => [feature.name, feature]));

test('of a linear model squared error grows by 2 β² Var(x)', async () => {
  const found = await importance(linear, { table: rows, labelColumn: 'y' }, { options: { repeats: 10 } });
  expect([found.metric, found.rows]).toEqual(['mse', 3000]);
  expect(found.base).toBeCloseTo(
    rows.reduce((sum, row) => sum + (row['y']! - NAMES.reduce((s, name, i) => s + SLOPES[i]! * row[name]!, 0)) ** 2, 0) / 3000,
    4,
  );
  const features = byName(found);
  for (const [i, name] of NAMES.entries()) {
    const { importance: value, standardError } = features.get(name)!;
    expect(Math.abs(value - 2 * SLOPES[i]! ** 2)).toBeLessThanOrEqual(4 * standardError + 1e-9);
  }
  expect(found.features.map(({ name }) => name)).toEqual(['a', 'd', 'b', 'c']);
  expect(features.get('c')!.importance).toBe(0);
  expect(features.get('c')!.standardError).toBeCloseTo(0, 12);
});

test('features of a group are permuted together, and those of it are worth more than one alone', async () => {
  const schema = (group: boolean): Schema => ({
    features: [
      ...NAMES.map((name) => ({ name, kind: 'number' as const, ...(group && name !== 'd' && { group: 'abc' }) })),
      { name: 'y', kind: 'number' as const },
    ],
    labelColumn: 'y',
  });
  const together = await importance(linear, { table: rows, schema: schema(true) });
  expect(together.features.map(({ name, features }) => [name, features])).toEqual([
    ['abc', ['a', 'b', 'c']],
    ['d', ['d']],
  ]);
  expect(together.features[0]!.importance).toBeCloseTo(20, -1);
  const apart = byName(await importance(linear, { table: rows, schema: schema(false) }));
  expect(together.features[0]!.importance).toBeGreaterThan(apart.get('a')!.importance);
});

test('a column that is the same everywhere is worth nothing, and says why', async () => {
  const found = byName(
    await importance(linear, { table: rows.map((row) => ({ ...row, a: 4 })), labelColumn: 'y' }, { options: { repeats: 1 } }),
  );
  expect(found.get('a')).toMatchObject({ importance: 0, constant: true });
  expect(found.get('d')).toMatchObject({ constant: false });
});

test('without labels importance is how far predictions move', async () => {
  const found = await importance(linear, { table: unlabelled });
  expect([found.metric, found.base]).toEqual(['mae', 0]);
  // The mean of |β (x − x')| is 2 β / √π.
  expect(byName(found).get('a')!.importance).toBeCloseTo(6 / Math.sqrt(Math.PI), 0);
});

test('classes are judged by log loss, or by what is asked for, one-hot columns as one', async () => {
  const losses = await importance(network, { table: people }, { options: { repeats: 3 } });
  expect([losses.metric, losses.features.length, losses.rows]).toEqual(['log-loss', 8, 200]);
  expect(losses.notes).toEqual(["the model's score is taken for that of income >50K; another is named with positive="]);
  const turned = await importance(network, { table: people }, { options: { repeats: 1, positive: '<=50K' } });
  expect(turned.base).toBeGreaterThan(losses.base);
  const auc = await importance(network, { table: people }, { options: { repeats: 3, metric: 'auc' } });
  expect(auc.base).toBeGreaterThan(0.8);
  expect(auc.features[0]!.importance).toBeGreaterThan(0);
});

test('text columns are permuted too', async () => {
  const found = await importance(forest, { table: people }, { options: { repeats: 2 } });
  expect(byName(found).get('marital_status')!.importance).toBeGreaterThan(0);
});

test('a run that is stopped goes on to the same bytes', async () => {
  const [whole, parts] = ['whole', 'parts'].map((name) => path.join(folder, name)) as [string, string];
  const given = { table: rows.slice(0, 200), labelColumn: 'y' };
  await importance(linear, given, { save: whole });
  const stop = new AbortController();
  const stopped = importance(linear, given, { save: parts, signal: stop.signal, progress: (done) => void (done === 8 && stop.abort()) });
  await expect(stopped).rejects.toThrow('cancelled after 8 of 21 rounds: they are kept, and the same command goes on from there');
  const resumed = await importance(linear, given, { save: parts });
  expect(resumed.resumed).toBe(7);
  const bytes = (save: string) => readdirSync(save).filter((name) => /summary|repeats/.test(name)).map((name) => readFileSync(path.join(save, name), 'utf8')); // prettier-ignore
  expect(bytes(parts)).toEqual(bytes(whole));
  expect(readdirSync(parts).some((name) => name.endsWith('.unfinished'))).toBe(false);
});

test.each([
  ['a label column that is not there', { labelColumn: 'z' }, {}, 'the table has no column z: it has a, b, c, d, y'],
  [
    'a metric that is none',
    { labelColumn: 'y' },
    { metric: 'gini' },
    'metric must be one of mae, rmse, mse, median-ae, mape, r2 where numbers are predicted, not gini',
  ],
  [
    'a metric without labels',
    {},
    { metric: 'mse' },
    'metric and positive are about what is true: say with --label-column which column tells it',
  ],
  [
    'an option that is none',
    { labelColumn: 'y' },
    { repeat: 3 },
    'permutation-importance has no option repeat: it takes metric, repeats, positive',
  ],
])('%s is one sentence', async (_, table, options, message) => {
  const given = {
    table: 'labelColumn' in table ? rows.slice(0, 50) : unlabelled.slice(0, 50),
    ...table,
  };
  await expect(importance(linear, given, { options })).rejects.toThrow(message);
});
