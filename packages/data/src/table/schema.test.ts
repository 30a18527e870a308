import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { testdata } from '../testing/golden.js';
import { guessSchema, type Guess } from './guess.js';
import { openTable } from './openTable.node.js';
import { readSchema } from './readSchema.js';
import { sampleOf } from './sample.js';
import { schemaJson, type Feature } from './schema.js';
import { tableOf, type RowGiven } from './table.js';
import { numberIn, readCell, readRow } from './values.js';

const guessFor = async (rows: readonly RowGiven[], most = 1000, seed = 0): Promise<Guess> => {
  const table = tableOf(rows);
  return guessSchema(table, await sampleOf(table, most, seed));
};
const times = <T>(n: number, make: (i: number) => T): readonly T[] => Array.from({ length: n }, (_, i) => make(i));

test('kinds are guessed from what real files hold', async () => {
  const table = await openTable(fileURLToPath(testdata('table/adult.data')));
  const { schema, notes } = guessSchema(table, await sampleOf(table, 1000, 0));
  await table.close();
  expect(schema.format).toEqual({ header: false });
  expect(schema.missing).toEqual(['?']);
  expect(schema.features.map(({ kind }) => kind)).toEqual(
    ['number', 'category', 'number', 'category', 'number', 'category', 'category', 'category', 'category', 'category', 'number', 'number', 'number', 'category', 'category'], // prettier-ignore
  );
  expect(schema.features[0]).toEqual({ name: 'column 0', kind: 'number', whole: true, min: 17, max: 90 });
  expect(schema.features[1]!.missing).toBe(true);
  expect(schema.features[14]!.categories).toEqual(['<=50K', '>50K']);
  expect(notes).toEqual([]);
});

test.each<readonly [string, (i: number) => string | number | boolean | null, Partial<Feature>]>([
  ['flag', (i) => i % 2 === 0, { kind: 'boolean' }],
  ['ill', (i) => (i % 2 === 0 ? 'Yes' : 'No'), { kind: 'boolean', categories: ['No', 'Yes'] }],
  ['when', (i) => `2024-01-${10 + (i % 20)}`, { kind: 'date' }],
  ['patient_id', (i) => 9000 - 7 * i, { kind: 'id' }],
  ['anything', (i) => i + 1, { kind: 'id' }],
  ['income', (i) => `${i}.5`, { kind: 'number', min: 0.5, max: 39.5 }],
  ['gaps', (i) => (i === 3 ? 'NA' : String(i / 4)), { kind: 'number', min: 0, max: 9.75, missing: true }],
  ['kind', (i) => 'abc'[i % 3]!, { kind: 'category', categories: ['a', 'b', 'c'] }],
  ['words', (i) => `sentence number ${i}`, { kind: 'text' }],
])('column %s is guessed', async (name, cell, expected) => {
  const { schema } = await guessFor(times(40, (i) => ({ [name]: cell(i) })));
  expect(schema.features).toEqual([{ name, ...expected }]);
});

test('a decimal comma is seen where numbers make sense with it only', async () => {
  const { schema } = await guessFor(times(30, (i) => ({ a: `${1 + (i % 3)}.${100 + i},5`, b: `${i},25` })));
  expect(schema.format).toEqual({ decimal: ',' });
  expect(schema.features.map(({ kind, max }) => [kind, max])).toEqual([
    ['number', 3129.5],
    ['number', 29.25],
  ]);
  expect((await guessFor(times(30, (i) => ({ a: `1,${100 + i}` })))).schema.features[0]!.max).toBe(1129);
});

test('what is odd about a table is told', async () => {
  const rows = times(25, (i) => ({ a: i === 4 ? null : (i % 5) * 2, same: i === 4 ? '' : 'x', empty: null }));
  expect((await guessFor(rows)).notes).toEqual([
    'column same is the same in every row: x',
    'column empty is empty in every row',
    'row 4 is empty in every column',
  ]);
});

test('rows are drawn evenly, the same for a seed', async () => {
  const table = tableOf(times(1000, (i) => ({ i })));
  const draw = async (seed: number): Promise<readonly number[]> => (await sampleOf(table, 100, seed)).rows;
  expect(await draw(1)).toEqual(await draw(1));
  expect(await draw(1)).not.toEqual(await draw(2));
  const counts = [0, 0, 0, 0, 0];
  for (let seed = 0; seed < 50; seed++) for (const row of await draw(seed)) counts[Math.floor(row / 200)]!++;
  // 5000 drawn, 1000 in each fifth with a standard deviation of 27.
  for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(110);
});

test('a schema comes back as it was written', () => {
  const schema = readSchema(
    {
      format: { delimiter: ';', decimal: ',', header: false, encoding: 'latin-1' },
      labelColumn: 'class',
      missing: ['?'],
      features: [
        { name: 'age', kind: 'number', label: 'Age', unit: 'years', min: 0, max: 120, whole: true, monotone: 'increasing' },
        { name: 'sex', kind: 'category', categories: ['Female', 'Male'], immutable: true, group: 'who' },
      ],
    },
    's.json',
  );
  expect(readSchema(JSON.parse(schemaJson(schema)), 's.json')).toEqual(schema);
});

const age = { name: 'age', kind: 'number' };
test.each<readonly [unknown, string]>([
  [[], 's.json: the schema must be an object'],
  [{}, 's.json: there are no "features": list what each column means'],
  [{ features: [] }, 's.json: features of the schema must be a list that is not empty, not []'],
  [{ features: [age], label: 'x' }, 's.json: the schema has label, which means nothing: there are features, labelColumn, missing, format'],
  [{ features: [{ name: 'age' }] }, 's.json: column age has no kind: it is one of number, category, boolean, text, date, id'],
  [{ features: [{ kind: 'number' }] }, 's.json: feature 0 has no name'],
  [
    { features: [{ name: 'age', kind: 'numeric' }] },
    's.json: kind of column age must be one of number, category, boolean, text, date, id, not "numeric"',
  ],
  [{ features: [{ ...age, units: 'years' }] }, 's.json: column age has units, which means nothing: did you mean unit?'],
  [{ features: [age, age] }, 's.json: column age is described twice'],
  [{ features: [{ ...age, min: 5, max: 3 }] }, 's.json: column age has a min of 5 above its max of 3'],
  [{ features: [{ name: 'sex', kind: 'category' }] }, 's.json: column sex is a category: list its "categories"'],
  [
    { features: [{ name: 'sex', kind: 'category', categories: ['a', 'a'] }] },
    's.json: categories of column sex names "a" twice, not ["a","a"]',
  ],
  [
    { features: [{ name: 'sex', kind: 'boolean', categories: ['a'] }] },
    's.json: column sex is a boolean: its "categories" are two, what no and yes are called',
  ],
  [
    { features: [{ name: 'sex', kind: 'category', categories: ['a'], unit: 'm' }] },
    's.json: column sex is a category, which has no min, max, unit or whole: only numbers do',
  ],
  [{ features: [age], format: { encoding: 'ebcdic' } }, 's.json: encoding of format must be one of utf-8, utf-16, latin-1, not "ebcdic"'],
  [JSON.parse('{"features":[{"name":"age","kind":"number","__proto__":1}]}'), 's.json: column age has __proto__, which means nothing'],
])('%j is refused', (value, message) => {
  expect(() => readSchema(value, 's.json')).toThrow(message);
});

describe('cells become values', () => {
  const sex: Feature = { name: 'sex', kind: 'category', categories: ['Female', 'Male', 'NA'] };
  test.each<readonly [Feature, string | number | boolean | null, unknown]>([
    [{ name: 'age', kind: 'number' }, ' 39 ', 39],
    [{ name: 'age', kind: 'number' }, '1,234.5', 1234.5],
    [{ name: 'age', kind: 'number' }, '?', null],
    [{ name: 'age', kind: 'number' }, NaN, null],
    [{ name: 'age', kind: 'number' }, 'old', 'is "old", which is no number'],
    [{ name: 'age', kind: 'number' }, '1,5', 'is "1,5", which is no number: if its comma is a decimal one, say "decimal": ","'],
    [{ name: 'age', kind: 'number' }, 'Infinity', 'is "Infinity", which is no number'],
    [{ name: 'age', kind: 'number', whole: true }, '1.5', 'is 1.5, and must be a whole number'],
    [sex, 'Male', 'Male'],
    [sex, 'NA', 'NA'],
    [sex, '', null],
    [sex, 'male', 'is "male", a category never seen: did you mean Male?'],
    [{ name: 'n', kind: 'category', categories: ['1', '2'] }, 2, '2'],
    [{ name: 'ill', kind: 'boolean', categories: ['No', 'Yes'] }, 'Yes', true],
    [{ name: 'ill', kind: 'boolean', categories: ['No', 'Yes'] }, 'Maybe', 'is "Maybe", and must be No or Yes'],
    [{ name: 'ill', kind: 'boolean' }, 'TRUE', true],
    [{ name: 'ill', kind: 'boolean' }, 0, false],
    [{ name: 'day', kind: 'date' }, '2024-02-29T12:30', '2024-02-29T12:30'],
    [{ name: 'day', kind: 'date' }, '2024-02-30', 'is "2024-02-30", which is no date such as 2024-01-31'],
    [{ name: 'day', kind: 'date' }, '31.1.2024', 'is "31.1.2024", which is no date such as 2024-01-31'],
  ])('%j: %j', (feature, cell, expected) => {
    const { value, fault } = readCell(feature, cell);
    expect(fault ?? value).toEqual(expected);
  });

  test('a column that a row lacks is named', () => {
    const features: readonly Feature[] = [sex, { name: 'age', kind: 'number' }];
    expect(readRow(features, new Map([['sex', 'Male']]), {}).faults).toEqual(['age is not among the columns']);
    expect([...readRow(features, new Map<string, string>([['age', '3'], ['other', ''], ['sex', 'Male']]), {}).values]).toEqual([['sex', 'Male'], ['age', 3]]); // prettier-ignore
  });
});

test.each([
  ['1.234.567,5', ',', 1234567.5],
  ['1.5', ',', undefined],
  ['1,5', ',', 1.5],
  ['1,234,567', '.', 1234567],
  ['12,34', '.', undefined],
  ['-1e-3', '.', -0.001],
  ['1e999', '.', undefined],
  ['0x10', '.', undefined],
] as const)('%s with a decimal %s', (text, decimal, value) => {
  expect(numberIn(text, decimal)).toBe(value);
});
