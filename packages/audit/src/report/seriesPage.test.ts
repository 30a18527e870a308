import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { reader, type Opened, type Reader } from '../testing/browser.js';
import { reportOf } from '../testing/reports.js';
import type { ChartShown } from './chartFigure.js';
import { reportHtml } from './report.js';
import { seriesChart, seriesJson, type SeriesChart } from './series.js';

const SAMPLES = 2000;
const HOSTILE = '<img src=x onerror="document.title=1">';

/** Channels of which each counts at one moment only: the first at 100, the second at 200 … */
function shown(channels: number, name = 'sensor', isTaken = false): ChartShown {
  const values = Array.from({ length: channels }, (_, c) => Float64Array.from({ length: SAMPLES }, (__, t) => Math.sin(t / 50 + c)));
  const counts = values.map((_, c) => Float64Array.from({ length: SAMPLES }, (__, t) => (t === 100 * (c + 1) ? 2 : 0)));
  const marks = counts.map((line) => Array.from({ length: 200 }, (_, k) => ({ from: 10 * k, to: 10 * k + 10, value: line.slice(10 * k, 10 * k + 10).reduce((a, b) => a + b, 0) }))); // prettier-ignore
  const chart: SeriesChart = {
    label: 'gradient of x',
    rateHz: 100,
    start: 0,
    signed: true,
    channels: values.map((line, c) => ({ name: `${name} ${c}`, values: line, marks: marks[c]! })),
  };
  return { caption: 'x', svg: seriesChart(chart), series: seriesJson(chart, isTaken ? undefined : counts) };
}

test('a long series keeps its extremes, and what it counts adds up', () => {
  const values = Float64Array.from({ length: 200_000 }, (_, t) => (t === 12_345 ? 9 : t === 150_001 ? -9 : 0));
  const counts = values.map((v) => v / 3);
  const { step, channels, start } = seriesJson(
    { label: 'x', rateHz: 10, start: 400, signed: true, channels: [{ name: 'x', values, marks: [] }] },
    [counts],
  );
  expect([step, start]).toEqual([4, 100]);
  expect([Math.min(...channels[0]!.values), Math.max(...channels[0]!.values)]).toEqual([-9, 9]);
  expect(Math.abs(channels[0]!.values.indexOf(9) - 12_345 / 4)).toBeLessThan(2);
  expect(channels[0]!.counts![Math.floor(12_345 / 4)]).toBe(3);
  expect(channels[0]!.counts!.reduce((a, b) => a + b, 0)).toBe(0);
});

describe('a series in the page', () => {
  let chromium: Reader;
  beforeAll(async () => {
    chromium = await reader();
  });
  afterAll(() => chromium.close());
  const open = async (chart: ChartShown): Promise<Opened> => {
    const opened = await chromium.open(reportHtml(reportOf({ charts: [chart] })), { viewport: { width: 1100, height: 900 } });
    await opened.page.waitForSelector('[data-plot][tabindex]');
    return opened;
  };

  test('tells what stands where one points: the channel, the time, the value, what the stretch counts', async () => {
    const { page, complaints } = await open(shown(2));
    const box = (await page.locator('[data-plot] svg').boundingBox())!;
    const scale = box.width / (await page.evaluate<number>(`document.querySelector('[data-plot] svg').viewBox.baseVal.width`));
    const inner = box.width - (132 + 14) * scale;
    await page.mouse.move(box.x + 132 * scale + (100.5 / SAMPLES) * inner, box.y + 30 * scale);
    expect(await page.textContent('.tip')).toBe('sensor 0, 1 s: 0.9093\n1 s to 1.1 s counts +2.00');
    await page.mouse.move(box.x + 132 * scale + (200.5 / SAMPLES) * inner, box.y + 130 * scale);
    expect(await page.textContent('.tip')).toMatch(/^sensor 1, 2 s: .*\n2 s to 2\.1 s counts \+2\.00$/);
    await page.mouse.move(2, 2);
    expect(await page.isVisible('.tip')).toBe(false);
    expect(complaints).toEqual([]);
  });

  test('is looked at closely by drawing over it, down to the sample, and whole again', async () => {
    const { page } = await open(shown(2));
    const box = (await page.locator('[data-plot] svg').boundingBox())!;
    await page.mouse.move(box.x + box.width / 2, box.y + 30);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 2 + 100, box.y + 30, { steps: 3 });
    await page.mouse.up();
    const [from, to] = (await page.textContent('.controls output'))!.match(/[\d.]+/g)!.map(Number) as [number, number];
    expect(to - from).toBeGreaterThan(1);
    expect(to - from).toBeLessThan(4);
    await page.click('[name=whole]');
    expect(await page.textContent('.controls output')).toBe('0 s to 20 s');
    expect(await page.isDisabled('[name=whole]')).toBe(true);
  });

  test('keys go along time and channels, and look closer', async () => {
    const { page } = await open(shown(3));
    await page.focus('[data-plot]');
    for (let i = 0; i < 11; i++) await page.keyboard.press('ArrowRight');
    expect(await page.textContent('.tip')).toContain('sensor 0, 1 s');
    await page.keyboard.press('ArrowDown');
    expect(await page.textContent('.tip')).toContain('sensor 1, 1 s');
    for (let i = 0; i < 5; i++) await page.keyboard.press('+');
    const [from, to] = (await page.textContent('.controls output'))!.match(/[\d.]+/g)!.map(Number) as [number, number];
    expect(to - from).toBeCloseTo(0.63, 2);
    expect(from < 1 && 1 < to).toBe(true);
    expect(await page.textContent('.tip')).toContain('sensor 1, 1 s');
    await page.keyboard.press('0');
    expect(await page.textContent('.controls output')).toBe('0 s to 20 s');
  });

  test('many channels are cells, each of which tells its own, also of stretches that were taken away', async () => {
    const { page } = await open(shown(12, 'sensor', true));
    const box = (await page.locator('[data-plot] svg >> nth=0').boundingBox())!;
    const scale = box.width / (await page.evaluate<number>(`document.querySelector('[data-plot] svg').viewBox.baseVal.width`));
    await page.mouse.move(box.x + 132 * scale + (605 / SAMPLES) * (box.width - 146 * scale), box.y + (4 + 5.5 * 11) * scale);
    expect(await page.textContent('.tip')).toMatch(/^sensor 5, 6\.0\d s: .*\n6 s to 6\.1 s counts \+2\.00$/);
  });

  test('names stay text when it is drawn again', async () => {
    const { page, complaints } = await open(shown(2, HOSTILE));
    await page.click('[name=closer]');
    expect(await page.locator('[data-plot] text').allTextContents()).toContain(`${`${HOSTILE} 0`.slice(0, 19)}…`);
    expect(await page.locator('img').count()).toBe(0);
    expect(complaints).toEqual([]);
  });
});
