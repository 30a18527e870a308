import { parseHTML } from 'linkedom';
import { expect, test } from 'vitest';
import { AGAINST, bars, FOR, series } from './chart.js';
import type { Html } from './html.js';

const HOSTILE = ['<script>alert(1)</script>', '"><img src=x onerror=alert(1)>', "'-->]]></svg><style>*{}</style>"];

/** What a reader's browser makes of it. */
const svgOf = ({ html }: Html): Element =>
  parseHTML(`<!doctype html><html><body>${html}</body></html>`).document.querySelector('body > svg')!;
const texts = (svg: Element): readonly string[] => [...svg.querySelectorAll('text')].map((text) => text.textContent);
const fills = (svg: Element): readonly string[] => [...svg.querySelectorAll('rect')].map((rect) => rect.getAttribute('fill')!);

test('bars lie to either side of zero, in the colours of for and against, with their numbers', () => {
  const svg = svgOf(
    bars(
      [
        { name: 'age', value: 2 },
        { name: 'income', value: -1.5 },
      ],
      'by feature',
    ),
  );
  expect(fills(svg)).toEqual([FOR, AGAINST]);
  const [age, income] = [...svg.querySelectorAll('rect')].map((rect) => ['x', 'width'].map((name) => Number(rect.getAttribute(name))));
  expect(income![0]! + income![1]!).toBeCloseTo(age![0]!, 6);
  expect(age![1]! / income![1]!).toBeCloseTo(2 / 1.5, 6);
  for (const text of ['age', 'income', '2.00', '-1.50']) expect(texts(svg)).toContain(text);
});

test('bands are orange where a step speaks for, purple where against, near white where it says nothing', () => {
  const svg = svgOf(series([1, 5, 2], [3, -3, 0], 'along x'));
  const [up, down, none] = fills(svg).map((fill) => fill.match(/\d+/g)!.map(Number)) as [number[], number[], number[]];
  expect(up[0]! > up[1]! && up[1]! > up[2]!).toBe(true);
  expect(down[2]! > down[0]! && down[0]! > down[1]!).toBe(true);
  expect(Math.min(...none)).toBeGreaterThan(225);
});

test('a line that never moves, and contributions that are all zero, are drawn all the same', () => {
  const svg = svgOf(series([2, 2, 2], [0, 0, 0], 'along x'));
  for (const rect of svg.querySelectorAll('rect')) {
    expect(Number(rect.getAttribute('height'))).toBeGreaterThan(0);
    expect(rect.getAttribute('fill')).toBe('rgb(243, 238, 234)');
  }
  expect(svg.outerHTML).not.toMatch(/NaN|Infinity/);
});

test('a chart says to those who cannot see it what it is', () => {
  const svg = svgOf(bars([{ name: 'age', value: 2 }], 'by feature of x'));
  expect([svg.getAttribute('role'), svg.getAttribute('aria-label')]).toEqual(['img', 'by feature of x']);
  expect(svg.querySelectorAll('[aria-label]').length).toBe(0);
});

test.each(HOSTILE)('%s stays text, as a name and as a label', (name) => {
  for (const svg of [svgOf(bars([{ name, value: 1 }], name)), svgOf(series([1, 2], [1, 2], name))]) {
    expect(svg.getAttribute('aria-label')).toBe(name);
    expect(svg.ownerDocument.querySelectorAll('script, img, style, foreignObject').length).toBe(0);
    expect(svg.ownerDocument.body.children.length).toBe(1);
  }
  expect(texts(svgOf(bars([{ name, value: 1 }], 'x')))).toContain(name);
});

test('no chart refers to anything outside it', () => {
  for (const chart of [bars([{ name: 'age', value: 2 }], 'x'), series([1, 2], [1, 2], 'x')])
    expect(chart.html.replaceAll(/xmlns(:\w+)?="[^"]*"/g, '')).not.toMatch(/https?:|href|url\(|@import/);
});
