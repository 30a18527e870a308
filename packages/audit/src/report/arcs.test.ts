import { parseHTML } from 'linkedom';
import { expect, test } from 'vitest';
import { arcsHtml, breadth, pairsHtml, type Pair } from './arcs.js';

const tokens = ['it', 'was', '<film>', '漢字', '!'];
const pairs: readonly Pair[] = [
  { from: 2, to: 0, value: 1 },
  { from: 0, to: 4, value: -0.5 },
];
const page = (markup: string): Document => parseHTML(`<!doctype html><body>${markup}</body>`).document;
const svg = page(arcsHtml({ label: 'Arcs', tokens, pairs, signed: true }).html).querySelector('svg')!;
const numbers = (text: string): readonly number[] => text.match(/-?[\d.]+/g)!.map(Number);
const words = [...svg.querySelectorAll('text')];
const middle = (t: number): number => Number(words[t]!.getAttribute('x'));
const line = Number(words[0]!.getAttribute('y'));
/** The strongest is drawn last, over the others. */
const [ahead, back] = [...svg.querySelectorAll('g')] as readonly Element[] as readonly [Element, Element];

test('tokens stand in a line in their order, none over another', () => {
  expect(words.map((word) => word.textContent)).toEqual(tokens);
  const width = (t: number): number => 7.9 * breadth(tokens[t]!);
  for (let t = 1; t < tokens.length; t++) expect(middle(t) - middle(t - 1)).toBeGreaterThan((width(t) + width(t - 1)) / 2);
  expect([breadth('漢字'), breadth('e\u0301'), breadth('שלום')]).toEqual([4, 1, 4]);
});

test('an arc starts at the token that looks: above the line for one before it, below for one behind it', () => {
  for (const [arc, { from, to }, side] of [
    [back, pairs[0]!, -1],
    [ahead, pairs[1]!, 1],
  ] as const) {
    // prettier-ignore
    const [x1, y1, , peak, , , x2, y2] = numbers(arc.querySelector('path')!.getAttribute('d')!);
    expect([x1, x2]).toEqual([middle(from), middle(to)]);
    expect(y1).toBe(y2);
    expect(Math.sign(y1! - line)).toBe(side);
    expect(Math.sign(peak! - y1!)).toBe(side);
    expect(Number(arc.querySelector('circle')!.getAttribute('cx'))).toBe(middle(from));
  }
});

test('all of it lies within the picture', () => {
  const [, , width, height] = numbers(svg.getAttribute('viewBox')!);
  for (const path of svg.querySelectorAll('path')) {
    const [x1, y1, , peak, , , x2] = numbers(path.getAttribute('d')!);
    const top = y1! + 0.75 * (peak! - y1!);
    for (const x of [x1!, x2!]) expect(x > 0 && x < width!).toBe(true);
    expect(top > 0 && top < height!).toBe(true);
  }
});

test('more is thicker, less than zero is dashed by its class, and each arc says what it joins', () => {
  const thickness = (arc: Element): number => Number(arc.querySelector('path')!.getAttribute('stroke-width'));
  expect(thickness(back)).toBeGreaterThan(thickness(ahead));
  expect([back.getAttribute('class'), ahead.getAttribute('class')]).toEqual(['more', 'less']);
  expect([back, ahead].map((arc) => arc.querySelector('title')!.textContent)).toEqual(['<film> → it: +1.00', 'it → !: −0.500']);
});

test('the pairs are a table too', () => {
  const rows = [...page(pairsHtml({ tokens, pairs, signed: false }).html).querySelectorAll('tbody tr')];
  expect(rows.map((row) => [...row.children].map((td) => td.textContent))).toEqual([
    ['<film> 2', 'it 0', '1.00'],
    ['it 0', '! 4', '−0.500'],
  ]);
});

test('no tokens and no pairs are an empty picture', () => {
  expect(arcsHtml({ label: '', tokens: [], pairs: [], signed: false }).html).not.toMatch(/NaN|Infinity|undefined/);
});
