import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { reader, type Reader } from '../testing/browser.js';
import { reportOf } from '../testing/reports.js';
import type { PartsShown } from './parts.js';
import { reportHtml } from './report.js';
import { drawn } from './page/drawn.js';

const row: PartsShown = {
  of: 'feature',
  signed: true,
  between: { base: 0.1, score: 0.5 },
  values: [
    { name: 'age', has: '53 years', value: 0.4, standardError: 0.02, rank: { place: 1, certainty: 0.96 } },
    { name: 'education', has: 'School, "primary"', value: -0.15, standardError: 0.01 },
    { name: 'works', has: '40 hours', value: 0.1, standardError: 0.03 },
    ...Array.from({ length: 15 }, (_, i) => ({ name: `other ${i}`, has: '0', value: 0.05 / 15 - (i % 2 ? 1e-4 : 0), standardError: 0 })),
  ],
};
const HOSTILE = '</script><img src=x onerror="document.title=1"><script>document.title=1</script>';

let chromium: Reader;
beforeAll(async () => {
  chromium = await reader();
});
afterAll(() => chromium.close());
const open = (given: PartsShown, width = 1100) =>
  chromium.open(reportHtml(reportOf({ parts: [given] })), { viewport: { width, height: 900 } });
const view = (page: Page, name: string) => page.click(`.taken label:has-text("${name}")`);

describe('steps from the base to the score', () => {
  test('begin where the last one ended, and end at the score', () => {
    const steps = drawn.drawnSteps({ base: 1, score: 2, steps: [{ name: 'a', value: 3 }, { name: 'b', value: -2 }] }); // prettier-ignore
    expect(steps.map(({ name, from, to }) => [name, from, to])).toEqual([['base', 1, 1], ['a', 1, 4], ['b', 4, 2], ['score', 2, 2]]); // prettier-ignore
  });

  test('show what they miss of it as a step of its own', () => {
    const steps = drawn.drawnSteps({ base: 0, score: 2, steps: [{ name: 'a', value: 1.5 }] });
    expect(steps.map(({ name, value }) => [name, value])).toEqual([['base', 0], ['a', 1.5], ['not accounted for', 0.5], ['score', 2]]); // prettier-ignore
  });
});

describe('what each part counts, in the page', () => {
  test('pointing at a bar tells its value, and the page complains of nothing', async () => {
    const { page, complaints } = await open(row);
    await page.hover('.wide svg rect >> nth=0');
    expect(await page.textContent('.tip')).toBe('age: 53 years counts +0.400 ± 0.020; 1st in 96 % of resamples');
    await page.mouse.move(5, 5);
    expect(await page.isVisible('.tip')).toBe(false);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('the weakest are one step together, so that the steps still lead to the score', async () => {
    const { page } = await open(row);
    const names = await page.locator('.wide svg >> nth=0').locator('g text').allTextContents();
    expect(names).toContain('6 others');
    expect(names).not.toContain('not accounted for');
    await page.context().close();
  });

  test('arrow keys go from value to value, and escape hides it', async () => {
    const { page } = await open(row);
    await view(page, 'what each counts');
    await page.focus('.wide svg >> nth=1');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    expect(await page.textContent('.tip')).toContain('education: School, "primary" counts −0.150');
    await page.keyboard.press('Escape');
    expect(await page.isVisible('.tip')).toBe(false);
    await page.context().close();
  });

  test('headings sort the table, a field filters it, and the file holds what the table holds', async () => {
    const { page } = await open(row);
    await view(page, 'table');
    const firsts = (): Promise<readonly string[]> => page.locator('.taken tbody tr:visible th').allTextContents();
    expect((await firsts())[0]).toBe('age: 53 years');
    await page.click('.taken th:has-text("counts")');
    await page.click('.taken th:has-text("counts")');
    expect((await firsts())[0]).toBe('education: School, "primary"');
    await page.fill('input[type=search]', 'AGE');
    expect(await firsts()).toEqual(['age: 53 years']);
    const { name, text } = await chromium.download(page, '.taken a[download]');
    expect(name).toBe('integrated-gradients.feature.csv');
    const lines = text.trimEnd().split('\n');
    expect(lines[0]).toBe('feature,value,counts,standard_error,place,certainty');
    expect(lines.slice(1, 3)).toEqual(['age,53 years,0.4,0.02,1,0.96', 'education,"School, ""primary""",-0.15,0.01,,']);
    expect(lines).toHaveLength(1 + row.values.length);
    await page.context().close();
  });

  test('a phone sees a chart of its own, and nothing wider than the screen', async () => {
    const { page } = await open(row, 390);
    expect(await page.isVisible('.wide svg >> nth=0')).toBe(false);
    expect(await page.isVisible('.narrow svg >> nth=0')).toBe(true);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
    await page.context().close();
  });

  test('names that are markup stay text, and no other script runs', async () => {
    const hostile = { ...row, values: row.values.map((part, i) => (i === 0 ? { ...part, name: HOSTILE, has: HOSTILE } : part)) };
    const markup = reportHtml(reportOf({ parts: [hostile] }));
    const { page, complaints } = await chromium.open(markup);
    await page.hover('.wide svg rect >> nth=0');
    expect(await page.textContent('.tip')).toContain(HOSTILE);
    expect(await page.title()).toBe('Why “income over 50K”?');
    expect(complaints).toEqual([]);
    const injected = await chromium.open(markup.replace('</main>', '<script>document.title = "taken over"</script></main>'));
    expect(await injected.page.title()).toBe('Why “income over 50K”?');
    expect(injected.complaints.join()).toContain('Content Security Policy');
  });

  test('without scripts charts, views, tables and files are there all the same', async () => {
    const { page } = await chromium.open(reportHtml(reportOf({ parts: [row] })), { javaScriptEnabled: false });
    expect(await page.isVisible('.wide svg >> nth=0')).toBe(true);
    await view(page, 'table');
    expect(await page.isVisible('.taken tbody tr >> nth=0')).toBe(true);
    expect(await page.getAttribute('.taken a[download]', 'href')).toMatch(/^data:text\/csv/);
  });
});
