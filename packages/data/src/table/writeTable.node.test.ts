import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openTable } from './openTable.node.js';
import { sampleOf } from './sample.js';
import { formatFor, tableBytes, writeTable, writtenFormats, type WrittenTable } from './writeTable.node.js';

const folder = mkdtempSync(path.join(os.tmpdir(), 'vitrine-written-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const table = {
  columns: ['na"me', 'x', 'is, so', 'none'],
  rows: [
    ['a, "b"\nc', 1.5, true, undefined],
    ['7', -1e-300, false, null],
    [null, null, null, undefined],
  ],
} satisfies WrittenTable;

test.each(writtenFormats)('%s reads back as it was written', async (format) => {
  const file = path.join(folder, `t.${format}`);
  await writeTable(file, table, format);
  expect(Buffer.from(await tableBytes(table, format)).equals(readFileSync(file))).toBe(true);
  const read = await openTable(file);
  const { columns, rows } = await sampleOf(read, 10, 0);
  await read.close();
  expect([read.columns, rows.length]).toEqual([table.columns, 3]);
  const cells = table.rows.map((_, row) => columns.map((column) => column[row]));
  const spelled =
    format === 'csv' ? (cell: unknown) => (cell === null || cell === undefined ? '' : String(cell)) : (cell: unknown) => cell ?? null;
  expect(cells).toEqual(table.rows.map((row) => row.map(spelled)));
});

test('rows may come one after the other, and of no row the columns are written', async () => {
  const made = async function* (): AsyncGenerator<readonly [number, string]> {
    for (let i = 0; i < 5000; i++) yield [i, `row ${i}`];
  };
  const columns = ['n', 'text'];
  const file = path.join(folder, 'many.parquet');
  await writeTable(file, { columns, rows: made(), kinds: ['number', 'text'] }, 'parquet');
  const read = await openTable(file);
  expect(read.rowCount).toBe(5000);
  await read.close();
  await expect(writeTable(file, { columns, rows: made() }, 'parquet')).rejects.toThrow('Parquet needs to know what columns hold');
  expect(new TextDecoder().decode(await tableBytes({ columns, rows: [] }, 'json'))).toBe('[\n]\n');
  expect(new TextDecoder().decode(await tableBytes({ columns, rows: [] }, 'csv'))).toBe('n,text\n');
  expect((await tableBytes({ columns, rows: [] }, 'parquet')).length).toBeGreaterThan(50);
});

test('a format goes with an ending, and what cannot be written fails', async () => {
  expect(['a.CSV', 'b.parquet', 'c.json', 'd.txt'].map(formatFor)).toEqual(['csv', 'parquet', 'json', undefined]);
  await expect(writeTable(path.join(folder, 'no', 'such', 't.csv'), table, 'csv')).rejects.toThrow('ENOENT');
});
