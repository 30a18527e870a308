import { random } from '@vitrine/data';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { reader, type Opened, type Reader } from '../../testing/browser.js';
import { drawnSummary } from './drawnSummary.js';
import { interacting } from './interacting.js';
import type { SummaryRow, SummaryShown } from './shown.js';
import { summaryHtml } from './summary.node.js';

const HOSTILE = '</script><img src=x onerror="document.title=1"><b>"';

/** age counts by itself, and with a sign that `kind` decides; `rest` is chance. */
function made(count: number, category = 'b'): SummaryShown {
  const draw = random(3, 'summary');
  const rows = Array.from({ length: count }, (_, i): SummaryRow => {
    const [age, kind] = [20 + Math.floor(50 * draw()), draw() < 0.5 ? 'a' : category];
    const values = Float64Array.of((kind === 'a' ? 0.01 : -0.01) * (age - 45), kind === 'a' ? 0.05 : -0.05, 0.01 * (draw() - 0.5));
    return {
      id: String(i),
      base: 0.5,
      prediction: 0.5 + values.reduce((a, b) => a + b, 0),
      values,
      features: [age, kind, i % 7 === 0 ? null : draw()],
    };
  });
  const of = (f: number) => {
    const sizes = rows.map(({ values }) => Math.abs(values[f]!));
    const meanAbs = sizes.reduce((a, b) => a + b, 0) / count;
    return { meanAbs, mean: rows.reduce((sum, { values }) => sum + values[f]!, 0) / count, low: 0.9 * meanAbs, high: 1.1 * meanAbs };
  };
  return {
    features: [
      { name: 'age', unit: 'years', ...of(0) },
      { name: 'kind', ...of(1) },
      { name: 'rest, "all"', ...of(2) },
    ],
    rows,
  };
}

const htmlOf = (shown: SummaryShown): string =>
  summaryHtml({
    title: 'What decides “income over 50K”?',
    model: { name: 'model.onnx', digest: 'digest', facts: [] },
    input: 'people.csv',
    sections: [
      {
        title: 'KernelSHAP',
        paper: 'Lundberg and Lee 2017',
        meaning: 'its part',
        file: 'kernel-shap',
        shown,
        explained: shown.rows.length,
        noun: 'row',
        notes: [],
      },
    ],
    command: 'vitrine summarize model.onnx',
  });

describe('what features go together with', () => {
  test('is found where one decides what another counts, and not by chance', () => {
    const { rows } = made(300);
    const [first, second] = interacting(rows, 0, 3);
    expect([first!.feature, second!.feature]).toEqual([1, 2]);
    expect(first!.share).toBeGreaterThan(0.8);
    expect(second!.share).toBeLessThan(0.15);
  });

  test('a feature that is nowhere, or the same everywhere, tells nothing', () => {
    const rows = made(50).rows.map((row) => ({ ...row, features: [row.features[0]!, 'same', null] }));
    expect(interacting(rows, 0, 3).map(({ share }) => share)).toEqual([0, 0]);
  });
});

test('numbers are coloured by rank, and categories apart, the rare ones together', () => {
  const rows = [1, 2, 2, 1000].map((v, i) => ({ id: String(i), prediction: 0, base: 0, values: [0], features: [v, `c${i % 2}`] }));
  const numbers = drawnSummary.colouring(rows, 0);
  expect([1, 2, 1000].map(numbers.colour).map((colour) => /(\d+)%/.exec(colour)![1])).toEqual(['0', '50', '100']);
  expect(drawnSummary.colouring(rows, 1).swatches.map(({ name }) => name)).toEqual(['c0', 'c1']);
  const many = Array.from({ length: 30 }, (_, i) => ({ ...rows[0]!, features: [0, `c${i}`] }));
  expect(
    drawnSummary
      .colouring(many, 1)
      .swatches.map(({ name }) => name)
      .at(-1),
  ).toBe('others');
});

describe('the page of a summary', () => {
  let chromium: Reader;
  let opened: Opened;
  let page: Page;
  const shown = made(60);
  beforeAll(async () => {
    chromium = await reader();
    opened = await chromium.open(htmlOf(shown));
    page = opened.page;
    await page.waitForSelector('svg.live');
  });
  afterAll(() => chromium.close());
  const texts = (chart: string): Promise<readonly string[]> => page.locator(`[data-chart=${chart}] svg text`).allTextContents();

  test('tells what features count on average where one points', async () => {
    await page.hover('[data-chart=ranked] svg rect >> nth=0');
    expect(await page.textContent('.tip')).toMatch(/^age \[years\]: 0\.\d+ on average, 95 % interval 0\.\d+ to 0\.\d+; mean/);
  });

  test('a dot is a row: it tells its value, and a click shows how its score comes about', async () => {
    const dot = page.locator('[data-chart=beeswarm] svg circle').nth(7);
    await dot.hover();
    const { values, features, prediction } = shown.rows[7]!;
    expect(await page.textContent('.tip')).toContain(`age ${features[0]} years counts ${values[0]! < 0 ? '−' : '+'}`);
    expect(await page.textContent('.tip')).toMatch(/in row 7$/);
    await dot.click();
    expect(await page.textContent('[data-row]')).toBe(`Row 7: ${prediction.toPrecision(4)}`);
    expect(await texts('row')).toContain(`age: ${features[0]} years`);
    expect(await page.getAttribute('.rows tbody tr >> nth=7', 'aria-selected')).toBe('true');
  });

  test('the same goes by keys, and the chart keeps its place', async () => {
    await page.focus('[data-chart=dependence] svg');
    for (const key of ['Home', 'ArrowRight', 'ArrowRight', 'Enter']) await page.keyboard.press(key);
    expect(await page.textContent('[data-row]')).toMatch(/^Row 2:/);
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    expect(await page.textContent('[data-row]')).toMatch(/^Row 3:/);
  });

  test('a feature is chosen by its bar or the menu, and coloured by what it goes together with', async () => {
    expect(await page.inputValue('[name=by]')).toBe('1');
    const legend = await page.textContent('[data-legend]');
    for (const text of ['kind: ', ' a', ' b']) expect(legend).toContain(text);
    await page.click('[data-chart=ranked] svg rect >> nth=1');
    expect(await page.inputValue('[name=of]')).toBe('1');
    expect(await texts('dependence')).toContain('kind');
    await page.selectOption('[name=by]', '0');
    expect(await page.textContent('[data-legend]')).toBe('age [years]: ● low● high');
  });

  test('features are kept by a text in their name', async () => {
    await page.fill('[name=filter]', 'AGE');
    expect(await page.locator('[data-chart=ranked] svg rect').count()).toBe(1);
    await page.fill('[name=filter]', 'nothing like it');
    expect(await page.isVisible('.none')).toBe(true);
    await page.fill('[name=filter]', '');
    expect(await page.locator('[data-chart=ranked] svg rect').count()).toBe(3);
  });

  test('the table turns its pages, sorts, filters, and a click in it shows the row', async () => {
    const first = (): Promise<string | null> => page.textContent('.rows tbody tr >> nth=0 >> th');
    await page.click('[data-turn="1"]');
    expect(await first()).toBe('20');
    expect(await page.textContent('[data-page]')).toBe('21 to 40 of 60 rows');
    await page.click('.rows thead th:nth-child(2) button');
    const best = shown.rows.toSorted((a, b) => b.prediction - a.prediction)[0]!;
    expect(await first()).toBe(best.id);
    await page.click('.rows tbody tr >> nth=0');
    expect(await page.textContent('[data-row]')).toBe(`Row ${best.id}: ${best.prediction.toPrecision(4)}`);
    await page.fill('[name=rows]', '59');
    expect(await page.locator('.rows tbody th').allTextContents()).toContain('59');
    await page.fill('[name=rows]', '');
  });

  test('files hold all rows and all features, with all digits of the page', async () => {
    const rows = await chromium.download(page, '[data-save]');
    expect(rows.name).toBe('kernel-shap.rows.csv');
    const lines = rows.text.trimEnd().split('\n');
    expect(lines[0]).toBe('row,score,base,age,age counts,kind,kind counts,"rest, ""all""","rest, ""all"" counts"');
    expect(lines).toHaveLength(61);
    const [id, , , age, counts] = lines[5]!.split(',');
    expect([id, age, Number(counts)]).toEqual(['4', String(shown.rows[4]!.features[0]), Number(shown.rows[4]!.values[0]!.toPrecision(7))]);
    await page.click('summary:has-text("Features: table")');
    const features = await chromium.download(page, 'a[download]');
    expect(features.text.split('\n')[1]).toBe(['age,years', shown.features[0]!.meanAbs, shown.features[0]!.low, shown.features[0]!.high, shown.features[0]!.mean].join(',')); // prettier-ignore
  });

  test('nothing complained until here', () => expect(opened.complaints).toEqual([]));

  test('names and values that are markup stay text, and no other script runs', async () => {
    const { features, rows } = made(30, HOSTILE);
    const hostile = {
      features: features.map((feature) => ({ ...feature, name: `${HOSTILE}${feature.name}` })),
      rows: rows.map((row) => ({ ...row, id: `${HOSTILE}${row.id}` })),
    };
    const markup = htmlOf(hostile);
    const { page: own, complaints } = await chromium.open(markup);
    await own.waitForSelector('svg.live');
    await own.click('.rows tbody tr >> nth=3');
    expect(await own.textContent('[data-row]')).toContain(`${HOSTILE}3`);
    expect(await own.locator('img, b').count()).toBe(0);
    expect(await own.title()).toBe('What decides “income over 50K”?');
    expect(complaints).toEqual([]);
    const injected = await chromium.open(markup.replace('</main>', '<script>document.title = "taken over"</script></main>'));
    expect(await injected.page.title()).toBe('What decides “income over 50K”?');
    expect(injected.complaints.join()).toContain('Content Security Policy');
  });

  test('without scripts its charts and tables are there', async () => {
    const { page: still } = await chromium.open(htmlOf(shown), { javaScriptEnabled: false });
    for (const chart of ['ranked', 'beeswarm', 'dependence', 'row']) expect(await still.isVisible(`[data-chart=${chart}] svg`)).toBe(true);
    expect(await still.locator('.rows tbody tr').count()).toBe(20);
    expect(await still.locator('.controls:visible, .pages:visible').count()).toBe(0);
  });

  test('a phone sees nothing wider than its screen', async () => {
    const { page: phone } = await chromium.open(htmlOf(shown), { viewport: { width: 390, height: 800 } });
    await phone.waitForSelector('svg.live');
    expect(await phone.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
  });

  test('five thousand rows of twenty features are drawn within two seconds, thinned, and it says so', async () => {
    const { features, rows } = made(5000);
    const copies = Array.from({ length: 20 }, (_, f) => f % 3);
    const many = {
      features: copies.map((f, i) => ({ ...features[f]!, name: `feature ${i}` })),
      rows: rows.map((row) => ({
        ...row,
        values: Float64Array.from(copies, (f) => row.values[f]!),
        features: copies.map((f) => row.features[f]!),
      })),
    };
    const { page: large } = await chromium.open(htmlOf(many));
    await large.waitForSelector('svg.live');
    expect(await large.textContent('main')).toContain('the charts draw some, evenly spread');
    expect(await large.locator('[data-chart=beeswarm] svg circle').count()).toBeLessThan(7000);
    const took = await large.evaluate(
      `(() => { const before = performance.now(); document.querySelector('.rows tbody tr').click(); return performance.now() - before; })()`,
    );
    expect(took).toBeLessThan(2000);
    expect(await large.textContent('[data-page]')).toBe('1 to 20 of 5000 rows');
  });
});
