import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { RowGiven } from '@vitrine/data';
import { builder, joinedBytes, tensorOf, writeModel, type Tensor } from '@vitrine/ir';
import { examineEach, type Examined } from '../each.js';
import { examine, explain, type Answer } from '../exam.js';
import { load, type LoadedModel, type LoadOptions } from '../model.js';
import { root } from '../testing/command.js';
import { featureValues, toldRows } from './told.js';

const folder = mkdtempSync(path.join(tmpdir(), 'vitrine-rows-'));
const opened: LoadedModel[] = [];
afterAll(async () => {
  for (const model of opened) await model.close();
  rmSync(folder, { recursive: true });
});

const testdata = path.join(root, 'packages/vitrine/testdata/tables');
const people = path.join(root, 'examples/tables/adult.csv');
const json = (name: string): unknown => JSON.parse(readFileSync(path.join(testdata, name), 'utf8'));

async function model(name: string, options: LoadOptions = {}): Promise<LoadedModel> {
  const found = await load(path.join(name === 'adult_dice' ? path.join(root, 'models') : testdata, `${name}.onnx`), options);
  opened.push(found);
  return found;
}

function written(name: string, content: string): string {
  const file = path.join(folder, name);
  writeFileSync(file, content);
  return file;
}

/** Rows of the example's table as objects, as Python read them. */
const rows = readFileSync(people, 'utf8')
  .trimEnd()
  .split('\n')
  .slice(1)
  .map((line): { readonly [column: string]: string | number } => {
    const [age, workclass, education, marital, occupation, race, gender, hours, income] = line.split(',') as [string, ...string[]];
    return { age: Number(age), workclass: workclass!, education: education!, marital_status: marital!, occupation: occupation!, race: race!, gender: gender!, hours_per_week: Number(hours), income: income! }; // prettier-ignore
  });

const all = async (examples: AsyncIterable<Examined>): Promise<readonly Examined[]> => {
  const list: Examined[] = [];
  for await (const one of examples) list.push(one);
  return list;
};
const messages = (list: readonly Examined[]): readonly (string | undefined)[] => list.map(({ failure }) => failure?.message);
const attributed = async (
  of: LoadedModel,
  row: number,
  method: string,
  more: object = {},
): Promise<Answer & { readonly by: ReadonlyMap<string, number> }> => {
  const exam = await examine(of, { table: people, row, labelColumn: 'income' });
  const answer = await exam.explain({ method, ...more });
  return { ...answer, by: new Map(featureValues(exam, answer).map(({ name, attribution }) => [name, attribution])) };
};
const summed = (values: Iterable<number>): number => [...values].reduce((a, b) => a + b, 0);

describe('models say of rows what they say in Python', () => {
  test('a network of Keras, with declared preprocessing', async () => {
    const { encoded, said } = json('adult.json') as { readonly encoded: readonly (readonly number[])[]; readonly said: readonly number[] };
    const examples = await all(examineEach(await model('adult_dice'), { table: people }));
    expect(messages(examples)).toEqual(said.map(() => undefined));
    examples.forEach(({ exam, source, number }, i) => {
      expect([number, source]).toEqual([i, `adult.csv, row ${i}`]);
      expect(Number(exam!.prediction.outputs.get('income_over_50K')!.data[0])).toBeCloseTo(said[i]!, 5);
      const fed = Array.from(exam!.row!.feeds.get('dense_input')!.data as Float32Array);
      encoded[i]?.forEach((x, k) => expect(fed[k]).toBeCloseTo(x, 6));
    });
  });

  const gaps = (row: RowGiven, i: number): RowGiven => ({ ...row, age: i % 10 === 3 ? null : row['age'] });
  const words = { features: ['education', 'marital_status', 'gender'].map((name) => ({ name, kind: 'category' as const, categories: [...new Set(rows.map((row) => String(row[name])))] })) }; // prettier-ignore
  test.each([
    ['network', gaps, undefined],
    ['linear', (row: RowGiven) => row, undefined],
    ['words', (row: RowGiven) => row, words],
    ['forest', (row: RowGiven) => row, undefined],
    ['named', (row: RowGiven) => row, undefined],
    ['support', (row: RowGiven) => row, undefined],
  ] as const)('a pipeline of scikit-learn: %s', async (name, change, schema) => {
    const said = (json('pipelines.json') as { readonly [name: string]: readonly number[] })[name]!;
    const table = rows
      .slice(0, 50)
      .map((row, i) => change({ ...row, 'hours-per-week': row['hours_per_week'], hours_per_week: undefined }, i));
    const examples = await all(examineEach(await model(name), { table, schema }));
    expect(messages(examples)).toEqual(said.map(() => undefined));
    examples.forEach(({ exam }, i) => expect(Number([...exam!.prediction.outputs.values()][0]!.data[1])).toBeCloseTo(said[i]!, 5));
  });
});

test('classes are called as the pipeline calls them', async () => {
  for (const name of ['named', 'support']) {
    const loaded = await model(name);
    expect(loaded.labels).toEqual(['<=50K', '>50K']);
    const { hours_per_week: hours, ...row } = rows[3]!;
    const exam = await examine(loaded, { table: [{ ...row, 'hours-per-week': hours! }], row: 0 });
    const { explanation } = await exam.explain({ method: 'occlusion', target: 'label:>50K' });
    expect(explanation.target!.score).toBeCloseTo(Number([...exam.prediction.outputs.values()][0]!.data[1]), 6);
  }
});

test('one-hot columns come back as one feature, in the units of the schema', async () => {
  const exam = await examine(await model('adult_dice'), { table: people, row: 3 });
  const answer = await exam.explain({ method: 'integrated-gradients' });
  const values = Array.from(answer.explanation.attributions[0]!.tensor.data as Float32Array);
  const told = featureValues(exam, answer);
  expect(told.map(({ label, shown }) => `${label} ${shown}`)).toEqual(['age 53 years', 'works 40 hours a week', 'works for Private', 'education School', 'marital status Married', 'occupation Blue-Collar', 'race Other', 'gender Male']); // prettier-ignore
  expect(told[3]!.attribution).toBeCloseTo(summed(values.slice(6, 14)), 6);
  expect(summed(told.map(({ attribution }) => attribution))).toBeCloseTo(summed(values), 6);
  expect(exam.row!.truth).toEqual({ column: 'income', value: '<=50K' });
});

test('a feature is taken away as a whole', async () => {
  const adult = await model('adult_dice');
  const exam = await examine(adult, { table: people, row: 3 });
  const { explanation } = await exam.explain({ method: 'occlusion' });
  const input = exam.row!.feeds.get('dense_input')!;
  const without = Float32Array.from(input.data as Float32Array, (x, i) => (i >= 6 && i < 14 ? 0 : x));
  const other = await examine(adult, { ...input, data: without } as Tensor);
  const score = (of: typeof exam): number => Number(of.prediction.outputs.get('income_over_50K')!.data[0]);
  const { of, values } = explanation.parts!;
  expect([of, values.map(({ name }) => name)]).toEqual(['feature', ['age', 'hours_per_week', 'workclass', 'education', 'marital_status', 'occupation', 'race', 'gender']]); // prettier-ignore
  expect(values[3]!.value).toBeCloseTo(score(exam) - score(other), 6);
});

test('words that the model encodes itself are explained where it makes numbers of them', async () => {
  const network = await model('network');
  const { explanation, by } = await attributed(network, 3, 'integrated-gradients', { options: { steps: 200 } });
  expect(explanation.attributions.map(({ at }) => at)).toEqual(['age', 'hours_per_week', 'educationout', 'marital_statusout', 'genderout']);
  expect([...by.keys()]).toEqual(['age', 'hours_per_week', 'education', 'marital_status', 'gender']);
  expect(summed(by.values())).toBeCloseTo(explanation.completeness!.expected, 2);
  expect(by.get('education')).not.toBe(0);
});

test('what is missing is explained behind what fills it in', async () => {
  const row = { ...rows[3], age: null };
  const exam = await examine(await model('network'), { row });
  const answer = await exam.explain({ method: 'integrated-gradients', options: { steps: 200 } });
  expect(answer.explanation.attributions.map(({ at }) => at)).toEqual(['variable', 'educationout', 'marital_statusout', 'genderout']);
  const told = featureValues(exam, answer);
  expect(told[0]).toMatchObject({ name: 'age', shown: 'nothing', value: null });
  expect(summed(told.map(({ attribution }) => attribution))).toBeCloseTo(answer.explanation.completeness!.expected, 2);
});

test('Shapley values by sampling and by trees agree on features, against the same rows', async () => {
  const forest = await model('forest');
  const background = { table: people, count: 40 };
  const sampled = await attributed(forest, 3, 'kernel-shap', { background });
  const exact = await attributed(forest, 3, 'tree-shap', { background });
  expect([...exact.by.keys()]).toEqual([...sampled.by.keys()]);
  // Trees take each category for a player of its own, so that words they ask about twice differ a little.
  for (const [name, value] of exact.by)
    expect(Math.abs(value - sampled.by.get(name)!)).toBeLessThan(name === 'hours_per_week' ? 1e-6 : 1e-3);
  expect(summed(exact.by.values())).toBeCloseTo(summed(sampled.by.values()), 6);
  expect(Math.abs(exact.by.get('education')!)).toBeGreaterThan(0.01);
  const other = await attributed(forest, 3, 'tree-shap', { background: { ...background, count: 10 } });
  expect(other.by).not.toEqual(exact.by);
});

test('linear models read whole numbers and words by their place', async () => {
  const { by, explanation } = await attributed(await model('linear'), 3, 'linear-shap', { background: { table: people } });
  expect([...by.keys()]).toEqual(['age', 'hours_per_week', 'education', 'marital_status', 'gender']);
  expect(summed(by.values())).toBeCloseTo(explanation.completeness!.expected, 5);
});

test('a row in memory, in a file, and with its columns in another order is the same', async () => {
  const adult = await model('adult_dice');
  const question = { method: 'occlusion' };
  const a = await explain(adult, { table: people, row: 3 }, question);
  const b = await explain(adult, { row: rows[3]! }, question);
  const turned = written('turned.csv', ['x', ...Object.keys(rows[3]!).toReversed()].join(',') + '\n' + ['7', ...Object.values(rows[3]!).toReversed()].join(',') + '\n'); // prettier-ignore
  const c = await explain(adult, { table: turned, row: 0 }, question);
  expect(b.explanation.attributions).toEqual(a.explanation.attributions);
  expect(c.explanation.attributions).toEqual(a.explanation.attributions);
  expect(c.record.dataDigest).toBe(a.record.dataDigest);
});

test('a row that fails is told by its number, and the others are explained', async () => {
  const head = readFileSync(people, 'utf8').split('\n').slice(0, 3).join('\n');
  const table = written(
    'mixed.csv',
    `${head}\nabc,Private,Bachelors,Single,Sales,White,Male,40,\n30,Astronaut,Bachelors,Single,Sales,White,Male,x,\n,,,,,,,,\n30,Private\n30,,Bachelors,Single,Sales,White,Male,40,<=50K\n150,Private,Bachelors,Single,Sales,White,Male,40,<=50K\n`,
  );
  const examples = await all(examineEach(await model('adult_dice'), { table }));
  expect(messages(examples)).toEqual([
    undefined,
    undefined,
    'mixed.csv, row 2: age is "abc", which is no number',
    'mixed.csv, row 3: hours_per_week is "x", which is no number; workclass is "Astronaut", a category never seen: there are Government, Other/Unknown, Private, Self-Employed',
    'mixed.csv, row 4 is empty in every column',
    'mixed.csv, row 5 has 2 of 9 fields',
    'mixed.csv, row 6: workclass is empty, and nothing says what stands in: add an impute step',
    undefined,
  ]);
  const { explanation } = await examples[7]!.exam!.explain({ method: 'occlusion' });
  expect(explanation.warnings).toContain('age is 150, outside of what the schema knows (17 … 90)');
});

test('several stretches of rows, and one beyond the end', async () => {
  const examples = await all(examineEach(await model('adult_dice'), { table: people, rows: [[198, 250], [0, 1]] })); // prettier-ignore
  expect(examples.map(({ number, failure }) => [number, failure?.message])).toEqual([
    [0, undefined],
    [1, undefined],
    [198, undefined],
    [199, undefined],
    [250, 'adult.csv has 200 rows, numbered from 0: there is no 250'],
  ]);
  await expect(examine(await model('adult_dice'), { table: people, row: 999 })).rejects.toThrow('adult.csv has no row 999: it ends before');
  const none = written('none.csv', readFileSync(people, 'utf8').split('\n')[0]!);
  await expect(examine(await model('adult_dice'), { table: none, row: 0 })).rejects.toThrow('none.csv has no row at all');
});

/** y = Σ weights · x, of one input [N,F]. */
function linearModel(name: string, weights: readonly number[]): string {
  const b = builder();
  const x = b.input('x', { dtype: 'float32', shape: ['N', weights.length] });
  const y = b.op.MatMul(x, b.initializer(tensorOf('float32', [weights.length, 1], weights)));
  const file = path.join(folder, `${name}.onnx`);
  writeFileSync(file, joinedBytes(writeModel(b.build([y]))));
  return file;
}

test('10,000 columns', async () => {
  const count = 10_000;
  const wide = await load(
    linearModel(
      'wide',
      Array.from({ length: count }, (_, i) => (i === 7_777 ? 1 : 0)),
    ),
  );
  opened.push(wide);
  const columns = Array.from({ length: count }, (_, i) => `gene ${i}`);
  const table = written('wide.csv', `${columns.join(',')}\n${columns.map((_, i) => i % 10).join(',')}\n`);
  const exam = await examine(wide, { table, row: 0 });
  const told = toldRows(exam, (await exam.explain({ method: 'input-x-gradient' })).explanation)[0]!;
  expect(told.features.filter(({ attribution }) => attribution !== 0)).toEqual([{ name: 'gene 7777', label: 'gene 7777', shown: '7', value: 7, attribution: 7 }]); // prettier-ignore
});

describe('a table that does not fit is refused in one sentence', () => {
  const three = linearModel('three', [1, 2, 3]);
  const declared = { blocks: [{ columns: ['a', 'b'], steps: [] }] };
  test.each<readonly [string, string, LoadOptions, string]>([
    [
      'missing',
      'age,education\n3,Masters\n',
      {},
      'missing.csv has no column hours_per_week, workclass, marital_status, occupation, race and 1 more, which adult_dice.onnx needs',
    ],
    [
      'renamed',
      `${readFileSync(people, 'utf8').split('\n')[0]!.replace('gender', 'Gender')}\n${Object.values(rows[0]!).join(',')}\n`,
      {},
      'renamed.csv has no column gender, which adult_dice.onnx needs: did you mean Gender?',
    ],
    [
      'four',
      'a,b,c,d\n1,2,3,4\n',
      {},
      'three.onnx takes 3 values, and four.csv has 4 columns: say with --label-column which of them is no input',
    ],
    [
      'many',
      'a,b,c,d,e\n1,2,3,4,5\n',
      {},
      'three.onnx takes 3 values, and many.csv has 5 columns for them (a, b, c, d, e): say with --preprocess FILE how they are encoded',
    ],
    [
      'text',
      'a,b,c\n1,2,x\n3,4,y\n',
      {},
      'c is a category, and x of three.onnx takes numbers: say with --preprocess FILE how it is encoded',
    ],
    ['few', 'a,b\n1,2\n', { preprocess: declared }, 'x of three.onnx takes 3 values, and the preprocessing makes 2'],
    ['void', 'a,b,c\n', {}, 'void.csv holds no row'],
    [
      'unnamed',
      '1,2,3\n4,5,6\n',
      { schema: { format: { header: false }, features: [{ name: 'a', kind: 'number' }] } },
      'unnamed.csv has 3 columns without names, and its schema describes 1: describe all of them, in their order',
    ],
    [
      'headless',
      'age,education,n\n39,x,1\n',
      {
        schema: {
          features: [
            { name: 'age', kind: 'number' },
            { name: 'education', kind: 'number' },
            { name: 'n', kind: 'number' },
          ],
        },
      },
      'headless.csv, row 0: education is "x", which is no number',
    ],
  ])('%s', async (name, content, options, message) => {
    const file = name === 'missing' || name === 'renamed' ? path.join(root, 'models/adult_dice.onnx') : three;
    const taker = await load(file, options);
    opened.push(taker);
    const failure = await examine(taker, { table: written(`${name}.csv`, content) }).catch((error: Error) => error);
    expect((failure as Error).message).toContain(message);
  });

  test('inputs by name that a table lacks', async () => {
    await expect(examine(await model('network'), { table: written('lacks.csv', 'age,education,gender,marital\n1,a,b,c\n') })).rejects.toThrow('network.onnx needs hours_per_week, marital_status, and lacks.csv has no such column'); // prettier-ignore
  });
});

test('a schema names columns that have no names, and orders those of a model', async () => {
  const three = await load(linearModel('three', [1, 10, 100]));
  opened.push(three);
  const schema = { format: { header: false }, features: ['c', 'b', 'a'].map((name) => ({ name, kind: 'number' as const })) };
  const exam = await examine(three, { table: written('bare.csv', '1,2,3\n'), row: 0, schema });
  expect(Number([...exam.prediction.outputs.values()][0]!.data[0])).toBe(321);
  const ordered = { features: ['c', 'a', 'b'].map((name) => ({ name, kind: 'number' as const })) };
  const named = await examine(three, { table: written('named.csv', 'a,b,c,d\n1,2,3,9\n'), row: 0, schema: ordered });
  expect(Number([...named.prediction.outputs.values()][0]!.data[0])).toBe(213);
});
