import { parseHTML } from 'linkedom';
import { expect, test } from 'vitest';
import { ticksOf, timeScale } from './axis.js';
import type { Html } from './html.js';
import { bandChart, seriesChart, type SeriesChart } from './series.js';

const svgsOf = ({ html }: Html): readonly Element[] => [
  ...parseHTML(`<!doctype html><html><body>${html}</body></html>`).document.querySelectorAll('body > svg, .wide > svg, .broad > svg'),
];
const chart = (channels: number, more: Partial<SeriesChart> = {}): SeriesChart => ({
  label: 'gradient of x',
  channels: Array.from({ length: channels }, (_, c) => ({
    name: `sensor ${c}`,
    values: Float64Array.from({ length: 50 }, (__, t) => Math.sin(t / 5 + c)),
    marks: [
      { from: 0, to: 10, value: 2 },
      { from: 10, to: 20, value: -1 },
    ],
  })),
  rateHz: 100,
  start: 0,
  signed: true,
  ...more,
});

test('what speaks for is drawn up and orange, what speaks against down and purple', () => {
  const [svg] = svgsOf(seriesChart(chart(1)));
  expect([...svg!.querySelectorAll('rect')].map((rect) => rect.getAttribute('fill'))).toEqual(['var(--for)', 'var(--against)']);
  const [up, down] = ['var(--for)', 'var(--against)'].map((fill) => svg!.querySelector(`path[fill="${fill}"]`)!.getAttribute('d')!);
  const heightOf = (d: string): number => Number(/V([\d.]+)H/.exec(d)![1]) - Number(/ ([\d.]+)V/.exec(d)![1]);
  // Twice as much is twice as long, the other way.
  expect(heightOf(up!)).toBeCloseTo(-2 * heightOf(down!), 1);
});

test('channels share one axis of time, in the unit that suits it', () => {
  const [svg] = svgsOf(seriesChart(chart(3)));
  const texts = [...svg!.querySelectorAll('text')].map(({ textContent }) => textContent);
  for (const text of ['sensor 0', 'sensor 2', 'milliseconds', '500']) expect(texts).toContain(text);
  expect(
    [...svgsOf(seriesChart(chart(1, { rateHz: undefined })))[0]!.querySelectorAll('text')].map(({ textContent }) => textContent),
  ).toContain('samples');
});

test('many channels are rows of cells, those that speak against with a dash, and the strongest as lines', () => {
  const found = svgsOf(seriesChart(chart(20)));
  expect(found.map((svg) => svg.getAttribute('aria-label'))).toEqual(['gradient of x, all channels', 'gradient of x']);
  expect(found[0]!.querySelectorAll('rect')).toHaveLength(40);
  expect(found[0]!.querySelectorAll('path[stroke="var(--paper)"]')[0]!.getAttribute('d')).toMatch(/^M.*H/);
  expect(found[1]!.querySelectorAll('g')).toHaveLength(3);
});

test('a series that never moves, values that are all zero and a hundred thousand samples are drawn all the same', () => {
  const flat = chart(1);
  const drawn = seriesChart({
    ...flat,
    channels: [{ name: 'x', values: new Float64Array(100_000).fill(3), marks: [{ from: 0, to: 100_000, value: 0 }] }],
  });
  expect(drawn.html).not.toMatch(/NaN|Infinity/);
  expect(drawn.html.length).toBeLessThan(60_000);
});

test('bands stand over their frequencies', () => {
  const [svg] = svgsOf(bandChart([{ low: 0, high: 10, value: 3 }, { low: 10, high: 50, value: -1 }], 'Hz', 'bands of x')); // prettier-ignore
  const [first, second] = [...svg!.querySelectorAll('rect')].map((rect) =>
    ['x', 'y', 'width', 'height'].map((name) => Number(rect.getAttribute(name))),
  );
  expect(second![2]! / first![2]!).toBeCloseTo(4, 1);
  expect(first![3]! / second![3]!).toBeCloseTo(3, 1);
  expect(first![1]! + first![3]!).toBeCloseTo(second![1]!, 1);
});

test('names stay text', () => {
  const hostile = '<script>1</script>';
  const base = chart(1);
  for (const svg of svgsOf(seriesChart({ ...base, label: hostile, channels: [{ ...base.channels[0]!, name: hostile }] }))) {
    expect(svg.getAttribute('aria-label')).toBe(hostile);
    expect(svg.querySelectorAll('script')).toHaveLength(0);
  }
});

test('ticks are round numbers, and time is told in what it lasts', () => {
  expect(ticksOf(0, 10, 5)).toEqual([0, 2, 4, 6, 8, 10]);
  expect(ticksOf(0.13, 0.61, 5)).toEqual([0.2, 0.3, 0.4, 0.5, 0.6]);
  expect(ticksOf(3, 3, 5)).toEqual([3]);
  expect([[100, 1], [1000, 100], [20, 100], [1e6, 100], [50, 1 / 3600]].map(([n, hz]) => timeScale(n!, hz).unit)).toEqual(['seconds', 'seconds', 'milliseconds', 'minutes', 'hours']); // prettier-ignore
});
