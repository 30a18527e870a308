import { parseHTML } from 'linkedom';
import { describe, expect, test } from 'vitest';
import { traceOf } from '../testing/trace.js';
import { MOST_CELLS } from './heat.js';
import { isLong, traceHtml, type TraceShown } from './trace.js';

const shown = (trace: TraceShown): Document => parseHTML(`<!doctype html><body>${traceHtml(trace).html}</body>`).document;
const plain = (e: Element): string => e.textContent.replaceAll(/\s+/g, ' ').trim();
const texts = (all: Iterable<Element>): readonly string[] => [...all].map(plain);
const number = (text: string): number => Number(text.replace('−', '-'));
const PROMPT = [['question', ['Is', ' it', '?', '\n']]] as const;
/** The tables of cells: tokens, layers, heads. */
const heats = (page: Document): readonly Element[] => [...page.querySelectorAll('.heat table')];

test('a trace is a table: a row for each generated token, a cell for each token before it', () => {
  const trace = traceOf(PROMPT, [' No', '.']);
  const [table] = heats(shown(trace));
  const [groups, columns] = [...table!.querySelectorAll('thead tr')];
  expect(texts(groups!.querySelectorAll('th'))).toEqual(['question', 'answer']);
  expect([...groups!.querySelectorAll('th')].map((th) => th.getAttribute('colspan'))).toEqual(['4', '1']);
  expect(texts(columns!.children)).toEqual(['token', 'Is', '·it', '?', '⏎', '·No']);
  const rows = [...table!.querySelectorAll('tbody tr')];
  expect(rows.map((row) => plain(row.querySelector('th[scope=row]')!))).toEqual(['·No', '.']);
  expect(rows.map((row) => row.querySelectorAll('td').length)).toEqual([4, 5]);
  for (const [r, row] of rows.entries())
    for (const [c, cell] of [...row.querySelectorAll('td')].entries())
      expect(number(plain(cell))).toBeCloseTo(trace.rows[r]!.values[c]!, 2);
});

test('cells tell their sign by their look and share one scale; what is faint is blank', () => {
  const base = traceOf(PROMPT, [' No']);
  const [table] = heats(shown({ ...base, rows: [{ ...base.rows[0]!, values: [2, -0.5, 0.01, 0] }] }));
  const cells = [...table!.querySelectorAll('tbody td')].map((td) => [td.className, td.getAttribute('style'), plain(td)]);
  expect(cells).toEqual([
    ['up', '--v:1.00', '+2.00'],
    ['down', '--v:0.50', '−0.500'],
    ['', null, '+0.0100'],
    ['', null, '0.00'],
  ]);
  expect(table!.querySelector('tbody td')!.getAttribute('title')).toBe('·No ← Is: +2.00');
  const captions = texts(shown(base).querySelectorAll('.heat figcaption'));
  expect(captions[0]).toMatch(/^Generated tokens down, the tokens before them across\. −[\d.]+ −[\d.]+ 0 \+[\d.]+ \+[\d.]+$/);
});

test('parts, layers, heads and the lens are shown where the method tells them', () => {
  const trace = traceOf(PROMPT, [' No', '.']);
  const page = shown(trace);
  expect(texts(page.querySelectorAll('h3'))).toHaveLength(5);
  const [parts, lens] = [...page.querySelectorAll('.amounts table')];
  const bars = [...parts!.querySelectorAll('tbody tr')].map((row) => [plain(row.querySelector('th')!), plain(row.querySelector('td')!)]);
  expect(bars).toEqual(trace.parts!.map(({ name, value }) => [name, expect.stringContaining(Math.abs(value).toPrecision(3))]));
  expect(plain(lens!.querySelectorAll('tbody tr')[1]!)).toBe('layer 1 40.0 % ·No 50.0 %, . 25.0 %');
  expect(lens!.querySelectorAll('tbody .bar i')[1]!.getAttribute('style')).toContain('width:40.0%');
  const [, layers, heads] = heats(page);
  expect(layers!.querySelectorAll('tbody td').length).toBe(2 * 4);
  expect(texts(heads!.querySelectorAll('tbody th'))).toEqual(['layer 0', 'layer 1', 'layer 2', 'layer 3']);
  const { parts: _, layers: __, heads: ___, lens: ____, ...bare } = trace;
  expect(shown(bare).querySelectorAll('h3, .amounts, .heat').length).toBe(2);
});

const HOSTILE = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  '\u202Eevil',
  '\n',
  ' ',
  '',
  '\u0301',
  '</style>',
  'x'.repeat(500),
];

test.each(HOSTILE)('a token %j is but text, wherever it stands', (text) => {
  const given = traceOf([[`${text} system`, [text, 'a', text]]], [text, ' b']);
  const trace = { ...given, lens: [{ layer: text, answer: 0.5, best: [{ text, probability: 0.5 }] }] };
  const harmless = {
    ...traceOf([['x system', ['x', 'a', 'x']]], ['x', ' b']),
    lens: [{ layer: 'x', answer: 0.5, best: [{ text: 'x', probability: 0.5 }] }],
  };
  const names = (page: Document): readonly string[] => [...page.querySelectorAll('*')].map((e) => e.localName);
  expect(names(shown(trace))).toEqual(names(shown(harmless)));
  const labels = texts(shown(trace).querySelectorAll('th, label, legend'));
  expect(labels.join('')).not.toMatch(/[\n\u202E]|x{40}/);
});

describe('a long trace is a page that opens', () => {
  const words = ['the', ' fox', ' jumps', ' over', ' a', ' dog', '.'];
  const many = (n: number): readonly string[] => Array.from({ length: n }, (_, i) => words[(3 * i) % words.length]!);
  const long = traceOf([['system', many(100)], ['document 1', many(600)], ['question', many(300)]], many(200)); // prettier-ignore

  test('with a picture, its parts named over it, and the strongest values as a table', () => {
    expect([isLong(traceOf()), isLong(long)]).toEqual([false, true]);
    const page = shown({ ...long, picture: 'data:image/png;base64,AAAA' });
    expect(page.querySelector('.map img')!.getAttribute('alt')).toBe('Values of 1199 tokens for 200 generated ones');
    expect(texts(page.querySelectorAll('.map p span'))).toEqual(['system', 'document 1', 'question', 'answer']);
    const strongest = [...page.querySelectorAll('.trace > table tbody tr')].map((row) => number(plain(row.lastElementChild!)));
    const all = long.rows.flatMap(({ values }) => values).toSorted((a, b) => Math.abs(b) - Math.abs(a));
    expect(strongest).toHaveLength(20);
    for (const [i, value] of strongest.entries()) expect(value).toBeCloseTo(all[i]!, 2);
  });

  test('in less than a megabyte beside the picture, and no more cells than a table may have', () => {
    const markup = traceHtml(long).html;
    expect(markup.length).toBeLessThan(1e6);
    const layers = { names: words, values: Array.from({ length: 2000 }, (_, r) => words.map((__, l) => r * l)) };
    const rows = Array.from({ length: 2000 }, () => long.rows[0]!);
    const table = heats(shown({ ...long, rows, layers })).at(-2)!;
    const cells = table.querySelectorAll('tbody td').length;
    expect(cells).toBeLessThanOrEqual(MOST_CELLS);
    expect(cells).toBeGreaterThan(MOST_CELLS - words.length);
    expect(plain(table.closest('figure')!)).toContain('Of 2000 rows the 857 with the greatest values are shown.');
  });
});
