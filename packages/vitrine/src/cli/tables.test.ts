import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ExplanationRecord } from '@vitrine/audit';
import { expect, test } from 'vitest';
import { root, workplace, type Outcome } from '../testing/command.js';

const { at, vitrine } = workplace();
const adult = path.join(root, 'models/adult_dice.onnx');
const people = path.join(root, 'examples/tables/adult.csv');
const explain = (...args: readonly string[]): Promise<Outcome> => vitrine('explain', adult, '--method', 'occlusion', ...args);
const [names, ...rows] = readFileSync(people, 'utf8').trimEnd().split('\n') as [string, ...string[]];

test('a row is explained by its features, in the units of the schema, on the terminal, in files and in the report', async () => {
  const { code, out, err } = await explain('--input', people, '--row', '3', '--save', 'out', '--report', 'why.html');
  expect([code, err]).toEqual([0, '']);
  expect(out).toContain('the table says: income <=50K');
  expect(out).toMatch(/^ +−0.365 +education +School$/m);
  expect(out).toMatch(/^ +\+0.203 +age +53 years$/m);
  const sheet = readFileSync(at('out/occlusion.features.csv'), 'utf8').trimEnd().split('\n');
  expect(sheet).toHaveLength(9);
  expect(sheet.slice(0, 3)).toEqual([
    'feature,label,value,shown,attribution,standard_error',
    expect.stringMatching(/^age,age,53,53 years,0.2027\d*,$/),
    expect.stringMatching(/^hours_per_week,works,40,40 hours a week,0.1771\d*,$/),
  ]);
  const page = readFileSync(at('why.html'), 'utf8');
  expect(page).toContain('age 53 years');
  expect(page).toContain('marital status Married');
  expect(page).not.toContain('feature 3');
  expect(page).toMatch(/Of this row, these speak most for income over 50K: age 53 years \(\+0.203\)/);
});

test('rows are listed with what counts most, and one that fails does not take the others with it', async () => {
  writeFileSync(at('mixed.csv'), [names, ...rows.slice(0, 2), rows[2]!.replace(/^\d+/, 'old'), rows[3]].join('\n'));
  const { code, out, err } = await explain('--input', 'mixed.csv', '--save', 'many', '--report', 'many.html');
  expect(code).toBe(1);
  expect(err.trimEnd().split('\n')).toEqual([
    'vitrine: example 2: mixed.csv, row 2: age is "old", which is no number',
    'vitrine: 1 of 4 rows failed',
  ]);
  expect(out).toMatch(/^4 rows\n {2}0 {2}income over 50K {2}/m);
  const sheet = readFileSync(at('many/index.csv'), 'utf8').trimEnd().split('\n');
  expect(sheet[0]).toBe('example,source,true,predicted,probability,method,target,score,strongest,failure');
  expect(sheet[1]).toMatch(/^0,"mixed.csv, row 0",<=50K,income over 50K,,occlusion,income over 50K,0\.\d+,/);
  expect(sheet[3]).toMatch(/^2,,,.*no number/);
  expect([existsSync(at('many/3/occlusion.features.csv')), existsSync(at('many/2'))]).toEqual([true, false]);
  expect(readFileSync(at('many.html'), 'utf8')).toContain('<a href="many.3.html">3</a>');
  const asJson = await explain('--input', 'mixed.csv', '--rows', '1-2', '--json');
  expect(
    asJson.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
  ).toEqual([
    { example: 1, source: 'mixed.csv, row 1', record: expect.objectContaining({ method: 'occlusion' }) },
    { example: 2, error: expect.stringContaining('no number') },
  ]);
});

test('what a preprocessing lacks is fitted to a table, and explains as what was given', async () => {
  const { preprocess } = JSON.parse(readFileSync(adult.replace('.onnx', '.json'), 'utf8')) as {
    readonly preprocess: { readonly blocks: readonly { readonly columns: readonly string[]; readonly steps: readonly object[] }[] };
  };
  const [numbers, ...words] = preprocess.blocks;
  const declared = { blocks: [numbers, ...words.map(({ columns }) => ({ columns, steps: [{ step: 'oneHot' }] }))] };
  writeFileSync(at('declared.json'), JSON.stringify(declared));
  const schema = adult.replace('.onnx', '.schema.json');
  const fitted = await vitrine('fit', people, '--preprocess', 'declared.json', '--out', 'fitted.json', '--schema', schema);
  expect([fitted.code, fitted.err]).toEqual([0, '6 steps fitted to 200 rows of adult.csv\n']);
  const [a, b] = await Promise.all([explain('--input', people, '--row', '3', '--json'), explain('--input', people, '--row', '3', '--json', '--preprocess', 'fitted.json')]); // prettier-ignore
  const attributions = ({ out }: Outcome): unknown => (JSON.parse(out) as readonly ExplanationRecord[])[0]!.attributions;
  expect(attributions(b)).toEqual(attributions(a));
});

test('a model whose inputs are called as columns are needs nothing said, and is compared with a background', async () => {
  const forest = path.join(root, 'packages/vitrine/testdata/tables/forest.onnx');
  const { code, out } = await vitrine('explain', forest, '--input', people, '--row', '3', '--method', 'tree-shap', '--background', people, '--background-rows', '50'); // prettier-ignore
  expect(code).toBe(0);
  for (const name of ['education +School', 'age +53', 'gender +Male', 'hours_per_week +40', 'marital_status +Married'])
    expect(out).toMatch(new RegExp(`^ +[+−]0\\.\\d+ +${name}$`, 'm'));
});

test.each([
  [['--input', people, '--row', '200'], 'adult.csv has no row 200: it ends before'],
  [['--input', people, '--row', '1', '--rows', '2'], '--row and --rows both choose rows: give one of them'],
  [['--input', people, '--input', people], `${people} is a table, which gives all inputs: give nothing beside it`],
  [['--input', people, '--row', '1', '--label-column', 'wage'], 'adult.csv has no column wage: it has age, workclass'],
  [['--input', people, '--row', '1', '--schema', 'none.json'], 'there is no file none.json'],
  [['--input', people, '--row', '1', '--background', 'none.csv'], 'there is no file none.csv'],
  [['--input', people, '--row', '1', '--background-rows', '0'], '--background-rows must be a whole number from 1, not 0'],
  [
    ['--input', 'short.csv', '--row', '0'],
    'short.csv has no column hours_per_week, workclass, education, marital_status, occupation and 2 more',
  ],
])('%j is refused in one sentence', async (args, message) => {
  writeFileSync(at('short.csv'), 'age\n39\n');
  const { code, err } = await explain(...args);
  expect(err).toContain(message);
  expect(err.trimEnd().split('\n')).toHaveLength(1);
  expect(code).toBe(1);
});
