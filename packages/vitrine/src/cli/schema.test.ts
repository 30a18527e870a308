import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { root, workplace } from '../testing/command.js';

const { at, vitrine } = workplace();
const diabetes = path.join(root, 'packages/data/testdata/table/diabetes.csv');

test('a schema is shown, written, and read again', async () => {
  const { code, out, err } = await vitrine('schema', diabetes, '--label-column', 'class', '--out', 'd.schema.json');
  expect([code, err]).toEqual([0, '']);
  expect(out).toMatch(/^diabetes.csv {2}CSV, 520 rows, 17 columns$/m);
  expect(out).toMatch(/^ {2}Age +number +16 … 90 +whole$/m);
  expect(out).toMatch(/^ {2}class +category +Negative, Positive +what is true, no input$/m);
  const schema = JSON.parse(readFileSync(at('d.schema.json'), 'utf8')) as { readonly features: object[]; readonly labelColumn: string };
  expect(schema.labelColumn).toBe('class');
  schema.features[0] = { name: 'Age', kind: 'number', label: 'age', unit: 'years', monotone: 'increasing' };
  writeFileSync(at('d.schema.json'), JSON.stringify(schema));
  const again = await vitrine('schema', diabetes, '--schema', 'd.schema.json');
  expect(again.out).toMatch(/^ {2}Age +number +years +called age, increasing$/m);
  expect(JSON.parse((await vitrine('schema', diabetes, '--json')).out)).toMatchObject({ features: { length: 17 } });
});

test('what is odd, and what is not there, is told beside the table', async () => {
  writeFileSync(at('t.csv'), 'a;b;c\n1,5;x;1\n;;\n2,5;x;1;9\n3,25;x;1\n');
  const { out, err } = await vitrine('schema', 't.csv');
  expect(out).toContain('t.csv  CSV, 4 rows, 3 columns, delimiter ;');
  expect(out).toMatch(/^ {2}a +number +1.5 … 3.25 +may be empty$/m);
  expect(err.trimEnd().split('\n')).toEqual([
    'note: column b is the same in every row: x',
    'note: column c is the same in every row: 1',
    'note: row 1 is empty in every column',
    'note: row 2 has more fields than the 3 columns: put text that holds the delimiter in quotation marks',
  ]);
  writeFileSync(at('s.json'), '{"features":[{"name":"z","kind":"text"}]}');
  expect((await vitrine('schema', 't.csv', '--schema', 's.json', '--delimiter', ';')).err).toBe('note: t.csv has no column z\n');
});

test.each([
  [['none.csv'], 'there is no file none.csv'],
  [['t.csv', '--label-column', 'd'], 't.csv has no column d: it has a, b'],
  [['t.csv', '--schema', 'bad.json'], 'bad.json: kind of column a must be one of number, category, boolean, text, date, id, not "int"'],
  [['t.csv', '--delimiter', 'ab'], '--delimiter must be one character, not ab'],
  [['t.csv', '--rows', 'x'], '--rows must be a whole number, not x'],
])('%j is refused in one sentence', async (args, message) => {
  writeFileSync(at('t.csv'), 'a,b\n1,2\n');
  writeFileSync(at('bad.json'), '{"features":[{"name":"a","kind":"int"}]}');
  const { code, out, err } = await vitrine('schema', ...args);
  expect(err).toBe(`vitrine: ${message}\n`);
  expect([code, out]).toEqual([1, '']);
});
