import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { random } from '../random.js';
import { testdata } from '../testing/golden.js';
import { openTable, type DialectGiven } from './openTable.node.js';
import type { Cell, Range, Table } from './table.js';

const folder = mkdtempSync(path.join(tmpdir(), 'vitrine-tables-'));
afterAll(() => rmSync(folder, { recursive: true }));
const given = (name: string): string => fileURLToPath(testdata(`table/${name}`));

function written(name: string, content: string | Uint8Array): string {
  const file = path.join(folder, name);
  writeFileSync(file, content);
  return file;
}

/** All rows of a range, those that are damaged as what is wrong with them. */
async function rowsIn(table: Table, range?: Range): Promise<readonly (readonly Cell[] | string)[]> {
  const rows: (readonly Cell[] | string)[] = [];
  for await (const batch of table.batches(range)) {
    expect(batch.from).toBe((range?.from ?? 0) + rows.length);
    for (let i = 0; i < batch.count; i++) rows.push(batch.fault(i) ?? table.columns.map((_, column) => batch.cell(column, i)));
  }
  return rows;
}

async function read(
  file: string,
  dialect?: DialectGiven,
): Promise<{ readonly columns: readonly string[]; readonly rows: readonly (readonly Cell[] | string)[] }> {
  const table = await openTable(file, dialect);
  try {
    return { columns: table.columns, rows: await rowsIn(table) };
  } finally {
    await table.close();
  }
}

describe('one table in several formats holds the same', () => {
  test.each(['diabetes.parquet', 'diabetes.feather'])('%s', async (name) => {
    const [text, other] = [await read(given('diabetes.csv')), await read(given(name))];
    expect(other.columns).toEqual(text.columns);
    expect(other.rows).toHaveLength(520);
    expect(other.rows).toEqual((text.rows as readonly (readonly string[])[]).map(([age, ...rest]) => [Number(age), ...rest]));
  });

  test.each(['diabetes.csv', 'diabetes.parquet', 'diabetes.feather'])('rows 198 to 203 of %s, across its batches', async (name) => {
    const table = await openTable(given(name));
    const [all, some] = [await rowsIn(table), await rowsIn(table, { from: 198, count: 5 })];
    await table.close();
    expect(some).toEqual(all.slice(198, 203));
  });
});

test('a header is told from a row by the numbers under it, or by words that come again', async () => {
  expect((await read(given('adult.data'))).columns[14]).toBe('column 14');
  expect((await read(written('words.csv', 'p,x\np,y\ne,x\n'))).columns).toEqual(['column 0', 'column 1']);
  expect((await read(written('names.csv', 'kind,cap\np,y\ne,x\n'))).columns).toEqual(['kind', 'cap']);
  expect((await read(written('names.csv', 'kind,cap\np,y\ne,x\n'), { header: false })).rows).toHaveLength(3);
});

test.each([
  ['semicolon.csv', 'age;income\n39;1.234,5\n', ['39', '1.234,5']],
  ['tab.txt', 'age\tincome\n39\t17\n', ['39', '17']],
  ['bar.csv', 'age|income\n39|17\n', ['39', '17']],
  ['crlf.csv', '\uFEFFage,income\r\n39,17', ['39', '17']],
  ['quotes.csv', '"age","in\ncome"\n39,"a ""b"",\nc"\n', ['39', 'a "b",\nc']],
  ["a'[1]*?.csv", 'age,income\n39,17\n', ['39', '17']],
  ['lines.jsonl', '{"age":39,"income":"x"}\n', [39, 'x']],
  ['list.json', '[{"age":39,"income":{"a":1}}]', [39, '{"a":1}']],
])('%s', async (name, content, row) => {
  for (const file of [written(name, content), ...(/\.(csv|jsonl)$/.test(name) ? [written(`${name}.gz`, gzipSync(content))] : [])])
    expect((await read(file)).rows).toEqual([row]);
});

test('latin-1 and UTF-16 are read where they are said or marked', async () => {
  const latin = written('latin.csv', Buffer.from('city,n\nKöln,1\n', 'latin1'));
  expect((await read(latin, { encoding: 'latin-1' })).rows).toEqual([['Köln', '1']]);
  expect((await read(written('utf16.csv', Buffer.from('\uFEFFcity,n\nKöln,1\n', 'utf16le')))).rows).toEqual([['Köln', '1']]);
});

test('a row with too many or too few fields says so, and the others are kept in their place', async () => {
  const file = written('ragged.csv', 'a,b,c\n1,2,3\n4,5\n6,7,8,9\n,,\n1,2,3,4,5,6,7,8,9\n10,11,12\n');
  expect((await read(file)).rows).toEqual([
    ['1', '2', '3'],
    'has 2 of 3 fields',
    'has more fields than the 3 columns: put text that holds the delimiter in quotation marks',
    ['', '', ''],
    'has more fields than the 3 columns: put text that holds the delimiter in quotation marks',
    ['10', '11', '12'],
  ]);
  expect((await read(written('bad.jsonl', '{"a":1}\nnope\n[1]\n{"a":2}\n'))).rows).toEqual([
    [1],
    'is no JSON object such as {"age": 39}',
    'is no JSON object such as {"age": 39}',
    [2],
  ]);
});

test('every kind of an Arrow column, packed or not', async () => {
  const rows = [
    [1, 1, 1.5, 1.25, '2024-01-31', '2024-01-31T12:30:00Z', 'short', 'ä', true, null, 'x', 7],
    [-2, '9223372036854775808', null, null, null, null, 'a text that is longer than twelve bytes', '', null, null, 'y', 8],
    [null, 3, -0.25, -3.5, '1969-12-31', '1999-01-01', null, null, false, null, 'x', 9],
  ];
  for (const name of ['kinds.arrow', 'kinds.lz4.arrow']) {
    const { columns, rows: all } = await read(given(name));
    expect(columns.slice(4, 6)).toEqual(['list', 'record']);
    expect(all.map((row) => (row as readonly Cell[]).filter((_, i) => i !== 4 && i !== 5))).toEqual(rows);
  }
  expect((await read(given('grows.arrows'))).rows).toEqual([['a'], ['b'], ['c'], ['a']]);
});

const parquet = readFileSync(given('forty.parquet'));
const footer = parquet.length - 8 - parquet.readUInt32LE(parquet.length - 8);
/** Forty rows are 80 in the footer, behind the mark of a field of eight bytes: of the file, of columns, of the row group. */
const FORTY = Buffer.of(0x16, 80);

test.each([
  ['the file', parquet.indexOf(FORTY, footer)],
  ['its parts', parquet.lastIndexOf(FORTY)],
])('a Parquet file that lies about the size of %s is refused', async (_, at) => {
  expect((await read(written('forty.parquet', parquet))).rows).toHaveLength(40);
  const lying = Buffer.from(parquet);
  lying[at + 1] = 20;
  await expect(read(written('lying.parquet', lying))).rejects.toThrow(
    /^lying.parquet is damaged: it says that it has (10|40) rows, and its parts have (10|40)$/,
  );
});

test.each([
  ['none.csv', undefined, 'there is no file none.csv'],
  ['empty.csv', '', 'empty.csv is empty: it has no row'],
  ['twice.csv', 'a,a\n1,2\n', 'twice.csv has two columns called a: rename one of them'],
  ['sheet.xlsx', 'PK\u0003\u0004', 'sheet.xlsx is an archive or a spreadsheet: save the sheet as CSV'],
  ['bytes.csv', 'a,b\n1,\u0000\n', 'bytes.csv is not text: it holds zero bytes'],
  ['short.parquet', 'PAR1', 'short.parquet is no Parquet file that can be read: it is damaged or cut off'],
  ['cut.parquet', parquet.subarray(0, 4000), 'cut.parquet is no Parquet file that can be read: it is damaged or cut off'],
  ['short.arrow', 'ARROW1', 'short.arrow is no Arrow file that can be read: it does not begin with a schema'],
  ['cut.arrow', readFileSync(given('kinds.arrow')).subarray(0, 1500), 'cut.arrow is no Arrow file that can be read: it is cut off'],
  [
    'packed.arrow',
    readFileSync(given('kinds.zstd.arrow')),
    'packed.arrow is compressed by zstd, which is not read: save it with compression lz4, or none',
  ],
  ['cut.csv.gz', gzipSync('a,b\n1,2\n').subarray(0, 12), 'cut.csv.gz'],
  [
    'open.csv',
    `a,b\n1,2\n"x,${'3,4\n'.repeat(600_000)}`,
    'open.csv, line 3 is longer than 2 MB: a quotation mark is opened there and not closed',
  ],
  ['latin.csv', Buffer.from(`a,b\n${'1,2\n'.repeat(200_000)}é,3\n`, 'latin1'), 'latin.csv, line 200002 is not text in UTF-8'],
  ['head.csv', Buffer.from('Größe,b\n1,2\n', 'latin1'), 'head.csv is not text in UTF-8: save it as UTF-8, or say "encoding": "latin-1"'],
])('%s is refused in one sentence', async (name, content, message) => {
  const failure = await read(content === undefined ? path.join(folder, name) : written(name, content)).catch((error: Error) => error);
  expect((failure as Error).message).toContain(message);
  expect((failure as Error).message).not.toMatch(/\n|Error:/);
});

describe('a damaged file is read or refused in a sentence', () => {
  test.each(['forty.parquet', 'kinds.lz4.arrow', 'diabetes.feather', 'grows.arrows'])('%s, 60 times', async (name) => {
    const whole = readFileSync(given(name));
    const outcomes = new Set<string>();
    for (let seed = 0; seed < 60; seed++) {
      const uniform = random(seed, name);
      const bytes = Buffer.from(whole);
      for (let i = 0; i < 4; i++) {
        const near = Math.floor(uniform() * Math.min(bytes.length, 1500));
        bytes[uniform() < 0.5 ? near : bytes.length - 1 - near]! ^= 1 << Math.floor(uniform() * 8);
      }
      const outcome = await read(written(`damaged${path.extname(name)}`, bytes)).then(
        () => 'read',
        (error: Error) => error.constructor.name,
      );
      outcomes.add(outcome);
    }
    expect([...outcomes].filter((outcome) => outcome !== 'read' && outcome !== 'DataError')).toEqual([]);
    expect(outcomes).toContain('DataError');
  });
});

test('a table of 10,000 columns is read by name', async () => {
  const columns = Array.from({ length: 10_000 }, (_, i) => `c${i}`);
  const file = written('wide.csv', `${columns.join(',')}\n${columns.map((_, i) => i).join(',')}\n${columns.map((_, i) => -i).join(',')}\n`);
  const found = await read(file);
  expect(found.columns).toEqual(columns);
  expect(found.rows.map((row) => row[9_999])).toEqual(['9999', '-9999']);
});

test('two readers of one table do not disturb each other', async () => {
  const table = await openTable(given('diabetes.csv'));
  const [first, second] = [table.batches()[Symbol.asyncIterator](), table.batches({ from: 100 })[Symbol.asyncIterator]()];
  const [a, b] = [await first.next(), await second.next()];
  expect((a.value as { cell(c: number, r: number): Cell }).cell(0, 100)).toBe((b.value as { cell(c: number, r: number): Cell }).cell(0, 0));
  expect((await first.next()).done).toBe(true);
  await table.close();
});
