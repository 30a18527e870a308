import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { random } from '@vitrine/data';
import { afterAll, expect, test } from 'vitest';
import { examine, featureValues, load, openTable, sampleOf, summarize, type Summary, type SummaryQuestion } from '../index.js';
import { root } from '../testing/command.js';

const folder = mkdtempSync(path.join(os.tmpdir(), 'vitrine-summaries-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const people = path.join(root, 'examples/tables/adult.csv');
const forest = await load(path.join(root, 'packages/vitrine/testdata/tables/forest.onnx'));
const network = await load(path.join(root, 'models/adult_dice.onnx'));
afterAll(async () => {
  await forest.close();
  await network.close();
});
const background = { table: people, count: 20 };

async function valuesIn(file: string): Promise<readonly (readonly unknown[])[]> {
  const table = await openTable(file);
  const { columns } = await sampleOf(table, 100_000, 0);
  await table.close();
  return columns[0]!.map((_, row) => columns.map((column) => column[row]));
}

test.each([
  ['tree-shap', forest],
  ['kernel-shap', network],
  ['maple', network],
] as const)('each row has the values of %s that explain tells of it', async (method, model) => {
  const save = path.join(folder, `same-${method}`);
  const summary = await summarize(model, { table: people, rows: [[10, 29]] }, { method, save, background, options: {} });
  const rows = await valuesIn(path.join(save, `${method}.values.parquet`));
  expect(rows).toHaveLength(20 * summary.features.length);
  for (const row of [10, 17, 29]) {
    const exam = await examine(model, { table: people, row });
    const answer = await exam.explain({ method, background });
    const own = rows.filter(([number]) => number === row);
    for (const { name, attribution } of featureValues(exam, answer))
      expect(own.find(([, , feature]) => feature === name)![5]).toBeCloseTo(attribution, 6);
    expect(own[0]![7]).toBeCloseTo(answer.explanation.target.score, 6);
  }
  const ages = rows.filter(([, , feature]) => feature === 'age').map((row) => Number(row[5]));
  const age = summary.features.find(({ name }) => name === 'age')!;
  expect(age.meanAbs).toBeCloseTo(ages.reduce((sum, a) => sum + Math.abs(a), 0) / 20, 10);
  expect(age.mean).toBeCloseTo(ages.reduce((sum, a) => sum + a, 0) / 20, 10);
  expect(age.positive).toBeCloseTo(ages.filter((a) => a > 0).length / 20, 10);
  expect(summary.features.map(({ place }) => place)).toEqual(summary.features.map((_, i) => i + 1));
});

const bytesIn = (save: string): readonly (readonly [string, string])[] =>
  readdirSync(save)
    .filter((name) => /\.(values|summary)\./.test(name))
    .map((name) => [name, readFileSync(path.join(save, name)).toString('base64')]);

test.each([
  ['tree-shap', forest, 'parquet'],
  ['kernel-shap', network, 'csv'],
  ['gradient', network, 'jsonl'],
] as const)('a run of %s that is stopped goes on to the same bytes', async (method, model, format) => {
  const uniform = random(1, method);
  const rows = Array.from({ length: 2500 }, () => ({
    age: 17 + Math.floor(70 * uniform()),
    hours_per_week: 1 + Math.floor(90 * uniform()),
    workclass: 'Private',
    education: uniform() < 0.5 ? 'Masters' : 'School',
    marital_status: 'Married',
    occupation: uniform() < 0.3 ? 'Sales' : 'Service',
    race: 'White',
    gender: uniform() < 0.5 ? 'Male' : 'Female',
  }));
  const given = { table: method === 'tree-shap' ? rows : rows.slice(0, 40) };
  const question: SummaryQuestion = { method, format, background, options: method === 'kernel-shap' ? { samples: 64 } : {} };
  const whole = path.join(folder, `whole-${method}`);
  const parts = path.join(folder, `parts-${method}`);
  await summarize(model, given, { ...question, save: whole });
  const stop = new AbortController();
  const stopped = summarize(model, given, {
    ...question,
    save: parts,
    signal: stop.signal,
    progress: (done, of) => {
      if (done > 0 && done < of) stop.abort();
    },
  });
  await expect(stopped).rejects.toThrow(/^cancelled after \d+ of \d+ rows: they are kept, and the same command goes on from there$/);
  const other = await summarize(model, given, { ...question, seed: 5, save: path.join(folder, `other-${method}`), sample: 10 });
  expect([other.asked, other.resumed]).toEqual([10, 0]);
  const resumed = await summarize(model, given, { ...question, save: parts });
  expect(resumed.resumed).toBeGreaterThan(0);
  expect(bytesIn(parts)).toEqual(bytesIn(whole));
  expect(bytesIn(parts)).toHaveLength(3);
});

test('what was kept of another question is not gone on with', async () => {
  const save = path.join(folder, 'changed');
  const stop = new AbortController();
  const asked = (target: string, signal?: AbortSignal): Promise<Summary> =>
    summarize(
      network,
      { table: people },
      { method: 'occlusion', target, save, signal, progress: (done) => void (done > 20 && signal && stop.abort()) },
    );
  await expect(asked('0', stop.signal)).rejects.toThrow('cancelled');
  expect((await asked('0,0')).resumed).toBe(0);
});

test('a sample is drawn by its seed', async () => {
  const drawn = async (seed: number): Promise<readonly string[]> =>
    (await summarize(forest, { table: people }, { method: 'tree-shap', background, sample: 30, seed })).shown.rows.map(({ id }) => id);
  const [one, same, other] = [await drawn(1), await drawn(1), await drawn(2)];
  expect(one).toHaveLength(30);
  expect(one).toEqual(same);
  expect(one).not.toEqual(other);
});

test('texts are summarized by their words, pictures by their places', async () => {
  const bert = await load(path.join(root, 'models/bert_mini_sst2_ts_opset14.onnx'));
  const { writeFileSync } = await import('node:fs');
  const texts = path.join(folder, 'reviews.txt');
  writeFileSync(texts, 'a good film\na good and good play\na dull mess\n');
  const words = await summarize(bert, { texts }, { method: 'input-x-gradient', target: '1' });
  await bert.close();
  const good = words.features.find(({ name }) => name === 'good')!;
  expect(good.rows).toBe(2);
  expect(words.features.find(({ name }) => name === 'dull')!.rows).toBe(1);
  expect([words.noun, words.explained]).toEqual(['text', 3]);

  const picture = await load(path.join(root, 'models/squeezenet1.1.onnx'));
  const places = await summarize(picture, { folder: path.join(root, 'examples/pictures') }, { method: 'gradient', sample: 2 });
  await picture.close();
  expect([places.noun, places.features.length]).toEqual(['picture', 64]);
});
