import { afterAll, beforeAll, expect, test } from 'vitest';
import { reader, type Reader } from '../testing/browser.js';
import { reportOf } from '../testing/reports.js';
import type { PartsShown } from './parts.js';
import { reportHtml } from './report.js';

const together: PartsShown = {
  of: 'column interaction',
  signed: true,
  values: [
    { name: 'age alone', members: ['age'], value: 0.5 },
    { name: 'sex alone', members: ['sex'], value: -0.1 },
    { name: 'age and <b>', members: ['age', '<b>'], value: 0.02 },
    { name: 'age and sex', members: ['age', 'sex'], value: -0.25 },
    { name: 'age, sex and <b>', members: ['age', 'sex', '<b>'], value: 9 },
  ],
};

let chromium: Reader;
beforeAll(async () => {
  chromium = await reader();
});
afterAll(() => chromium.close());

test('pairs are a table of cells, the same both ways, alone on the diagonal', async () => {
  const { page, complaints } = await chromium.open(reportHtml(reportOf({ parts: [together] })));
  const cells = page.locator('.taken .broad svg rect');
  expect(await cells.count()).toBe(9);
  const told: string[] = [];
  for (let i = 0; i < 9; i++) {
    await cells.nth(i).hover();
    told.push((await page.textContent('.tip'))!);
  }
  // By how much they count in all: with three together age and sex stand first, then <b>.
  expect(told).toEqual([
    'age alone: +0.500',
    'age and sex: −0.250',
    'age and <b>: +0.0200',
    'sex and age: −0.250',
    'sex alone: −0.100',
    'sex and <b>: not told',
    '<b> and age: +0.0200',
    '<b> and sex: not told',
    '<b> alone: not told',
  ]);
  const fills = await cells.evaluateAll((rects) => rects.map((rect) => getComputedStyle(rect).fill));
  expect(new Set([fills[1], fills[3]]).size).toBe(1);
  expect(fills[0]).not.toBe(fills[1]);
  expect(complaints).toEqual([]);
});
