import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { builder, joinedBytes, writeModel } from '@vitrine/ir';
import { beforeAll, expect, test } from 'vitest';
import { main, root, workplace, type Outcome } from '../testing/command.js';

const { at, vitrine } = workplace();
const adult = path.join(root, 'models/adult_dice.onnx');
const people = path.join(root, 'examples/tables/adult.csv');
const schema = adult.replace('.onnx', '.schema.json');
const [names, ...rows] = readFileSync(people, 'utf8').trimEnd().split('\n') as [string, ...string[]];
const table = (name: string, lines?: readonly string[], head = names): string => {
  writeFileSync(at(name), lines === undefined ? '' : `${[head, ...lines].join('\n')}\n`);
  return name;
};
const summarize = (file: string, ...args: readonly string[]): Promise<Outcome> =>
  vitrine('summarize', adult, '--input', file, '--schema', schema, ...args);
const lines = (name: string): readonly string[] => readFileSync(at(name), 'utf8').trimEnd().split('\n');

const WIDE = 10_000;
beforeAll(() => {
  const b = builder();
  const x = b.input('x', { dtype: 'float32', shape: ['N', WIDE] });
  const weights = Float32Array.from({ length: WIDE }, (_, i) => (i % 7) - 3);
  const y = b.op.MatMul(x, b.initializer({ dtype: 'float32', dims: [WIDE, 1], data: weights }));
  writeFileSync(at('wide.onnx'), joinedBytes(writeModel(b.build([y], [x]))));
  writeFileSync(
    at('wide.csv'),
    [0, 1, 2, 3].map((row) => Array.from({ length: WIDE }, (_, i) => (row === 0 ? `c${i}` : String((i * row) % 10))).join(',')).join('\n'),
  );
});

test('a table of features with bars is told, and files hold every value, the summary and a record', async () => {
  const { code, out, err } = await summarize(table('ten.csv', rows.slice(0, 10)), '--method', 'occlusion', '--save', 'out', '--format', 'csv'); // prettier-ignore
  expect([code, err]).toEqual([0, '']);
  expect(out).toMatch(/^occlusion: mean \|attribution\| over 10 rows$/m);
  expect(out).toMatch(/^ {2}education +█+ +0\.\d+ +± 0\.\d+ +[+−]0\.\d+ +\d+ % +first \d in \d+ %$/m);
  expect(lines('out/occlusion.values.csv')).toHaveLength(1 + 10 * 8);
  expect(lines('out/occlusion.values.csv')[1]).toMatch(/^0,,age,39,39,-?\d.*,income over 50K,income over 50K,$/);
  expect(lines('out/occlusion.summary.csv')).toHaveLength(9);
  const record = JSON.parse(readFileSync(at('out/occlusion.json'), 'utf8')) as { readonly [key: string]: unknown };
  expect(record).toMatchObject({ schemaVersion: 'vitrine.summary.v1', method: 'occlusion', seed: 0, dataName: 'ten.csv', counts: { all: 10, asked: 10, explained: 10, failed: 0 } }); // prettier-ignore
  expect(Object.keys(record['files'] as object)).toEqual(['occlusion.values.csv', 'occlusion.summary.csv', 'occlusion.summary.json']);
});

test('columns in another order give the same numbers', async () => {
  const turned = (line: string): string => line.split(',').toReversed().join(',');
  const ten = table('straight.csv', rows.slice(0, 10));
  const reordered = table('turned.csv', rows.slice(0, 10).map(turned), turned(names));
  const [a, b] = await Promise.all([ten, reordered].map((file) => summarize(file, '--method', 'occlusion', '--json')));
  const features = ({ out }: Outcome): unknown => (JSON.parse(out) as readonly { readonly features: unknown }[])[0]!.features;
  expect(features(b!)).toEqual(features(a!));
});

test('a row that fails is told with its sentence, and the others are kept', async () => {
  const empty = ',,,,,,,,';
  const unseen = rows[2]!.replace('Private', 'Piracy');
  const given = table('mixed.csv', [rows[0]!, unseen, empty, rows[3]!]);
  const { code, out, err } = await summarize(given, '--method', 'gradient', '--save', 'mixed', '--format', 'jsonl');
  expect(code).toBe(1);
  expect(err.trimEnd().split('\n')).toEqual([
    expect.stringMatching(/^vitrine: mixed\.csv, row 1: workclass is "Piracy", a category never seen/),
    'vitrine: mixed.csv, row 2 is empty in every column',
    'vitrine: 2 of 4 rows failed',
  ]);
  expect(out).toMatch(/^gradient: mean \|attribution\| over 2 of 4 rows$/m);
  const failed = lines('mixed/gradient.values.jsonl').map((line) => JSON.parse(line) as { readonly row: number; readonly failure: string | null }).filter(({ failure }) => failure !== null); // prettier-ignore
  expect(failed.map(({ row }) => row)).toEqual([1, 2]);
  const many = await summarize(given, '--method', 'permutation-importance', '--option', 'repeats=1');
  expect([many.code, many.err.split('\n').length]).toEqual([1, 4]);
});

test('a column that is the same everywhere counts nothing', async () => {
  const given = table('constant.csv', rows.slice(0, 20).map((line) => line.replace(/,\d+,/, ',40,').replace(/(Male|Female)/, 'Male'))); // prettier-ignore
  const { out } = await summarize(given, '--method', 'permutation-importance', '--option', 'repeats=1');
  expect(out).toMatch(/^ {2}gender .* the same in all rows/m);
});

test('ten thousand columns are summarized', async () => {
  const { code, out } = await vitrine('summarize', 'wide.onnx', '--input', 'wide.csv', '--method', 'gradient', '--save', 'wide');
  expect(code).toBe(0);
  expect(out).toContain('and 9980 more');
  expect(lines('wide/gradient.summary.csv')).toHaveLength(WIDE + 1);
});

test.each<readonly [string, () => string | undefined, readonly string[], RegExp]>([
  ['a column that is missing', () => table('short.csv', rows.map((r) => r.replace(/^\d+,/, '')), names.replace(/^age,/, '')), ['--method', 'gradient'], /^vitrine: short\.csv has no column age, which adult_dice\.onnx needs: there are workclass, /],
  ['a file that is empty', () => table('empty.csv'), ['--method', 'gradient'], /^vitrine: empty\.csv is empty: it has no row$/],
  ['a table of names alone', () => table('none.csv', []), ['--method', 'gradient'], /^vitrine: none\.csv holds no row$/],
  ['a label column that is not there', () => people, ['--method', 'permutation-importance', '--label-column', 'wage'], /^vitrine: adult\.csv has no column wage: it has age, workclass, /],
  ['a label column of other classes', () => people, ['--method', 'permutation-importance', '--label-column', 'education'], /^vitrine: education has 8 different values, and the model has one score, which tells two classes apart: name another label column$/],
  ['labels that are all empty', () => table('blank.csv', rows.map((r) => r.replace(/[^,]+$/, ''))), ['--method', 'permutation-importance'], /^vitrine: no row says what is true: the label column is empty$/],
  ['a sample of nothing', () => people, ['--method', 'gradient', '--sample', '0'], /^vitrine: --sample must be a whole number from 1, not 0$/],
  ['a row that is not there', () => people, ['--method', 'gradient', '--rows', '500'], /^vitrine: there are 200 of them, numbered from 0: there is no 500$/],
  ['a method that is none', () => people, ['--method', 'shap'], /^vitrine: there is no method called shap/],
  ['a method that fails for all', () => people, ['--method', 'tree-shap'], /^vitrine: no ensemble of trees stands between .* and the target$/],
  ['a method of its own options beside others', () => people, ['--method', 'gradient,permutation-importance'], /^vitrine: permutation-importance has options of its own: ask for it alone$/],
  ['no example', () => undefined, ['--method', 'gradient'], /^vitrine: nothing to summarize: give a table or a folder with --input FILE, or texts with --texts FILE$/],
])('%s is one sentence', async (_, file, args, message) => {
  const given = file();
  const { code, err } = given === undefined ? await vitrine('summarize', adult, ...args) : await summarize(given, ...args);
  expect(code).toBe(1);
  expect(err.trimEnd()).toMatch(message);
}); // prettier-ignore

test('Ctrl-C ends in one sentence, and the same command goes on from there', async () => {
  const many = table('many.csv', Array.from({ length: 20 }, () => rows).flat());
  const args = ['summarize', adult, '--input', many, '--schema', schema, '--method', 'kernel-shap', '--option', 'samples=60', '--save', 'stopped', '--sample', '300']; // prettier-ignore
  const journal = at('stopped/.kernel-shap.unfinished');
  const stopped = await new Promise<{ readonly signal: string | null; readonly err: string }>((resolve) => {
    const child = spawn(process.execPath, [main, ...args], { cwd: at('.'), stdio: ['ignore', 'ignore', 'pipe'] });
    let err = '';
    child.stderr.on('data', (chunk) => (err += chunk));
    const watch = setInterval(() => {
      if (existsSync(journal) && readFileSync(journal, 'utf8').split('\n').length > 20) child.kill('SIGINT');
    }, 20);
    child.on('close', (_, signal) => {
      clearInterval(watch);
      resolve({ signal, err });
    });
  });
  expect(stopped.err).toMatch(/^vitrine: cancelled after \d+ of 300 rows: they are kept, and the same command goes on from there\n$/);
  const { code, out } = await vitrine(...args);
  expect(code).toBe(0);
  expect(out).toMatch(/^ {2}\d+ of them were there from a run before$/m);
  expect(readdirSync(at('stopped')).toSorted()).toEqual(['json', 'summary.csv', 'summary.json', 'values.parquet'].map((ending) => `kernel-shap.${ending}`)); // prettier-ignore
});

test('permutation importance has a page of its own, with bars, intervals and a table', async () => {
  const given = table('page.csv', rows.slice(0, 60));
  const { code, out } = await summarize(given, '--method', 'permutation-importance', '--option', 'repeats=2', '--report', 'needs.html', '--save', 'needs'); // prettier-ignore
  expect(code).toBe(0);
  expect(out).toContain('wrote needs.html');
  const page = readFileSync(at('needs.html'), 'utf8');
  expect(page).toContain('Which features does adult_dice.onnx need?');
  expect(page).toMatch(/log-loss is 0\.\d+ over 60 rows/);
  expect(page).toContain('marital status');
  expect(page).toContain('<svg');
  expect(page).not.toContain('<script');
  const listed = await vitrine('methods');
  expect(listed.out).toContain('permutation-importance  Permutation importance (vitrine summarize).');
});
