import { analyze, categories, numbers, type AnalyzeOptions, type Column } from '@vitrine/evaluate';
import { random } from '@vitrine/data';
import { parseHTML } from 'linkedom';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { reader, type Reader } from '../../testing/browser.js';
import { analysisHtml } from './analysisHtml.js';
import { cells, curve, ranges, type Ranged } from './charts.js';
import { tableOf } from './figure.js';
import { sha256Base64 } from '../page/sha256.js';

const HOSTILE = '"><img src=x onerror=alert(1)><script>alert(1)</script>';
const uniform = random(4, 'report');
const N = 200;
const made = <T>(of: (i: number) => T): T[] => Array.from({ length: N }, (_, i) => of(i));
const group = made((i) => (i < 12 ? 'few' : uniform() < 0.5 ? 'a' : 'b'));
const truth = group.map(() => (uniform() < 0.5 ? 'no' : 'yes'));

const columnsWith = (name: string, value: string): readonly Column[] => [
  categories(
    name,
    group.map((of) => (of === 'a' ? value : of)),
  ),
  categories('y', truth),
  numbers(
    'p',
    truth.map((label, i) => (label === 'yes' ? 0.3 : 0) + (group[i] === 'b' ? 1 : 0.7) * uniform() * 0.7),
  ),
  numbers(
    'size',
    made(() => uniform()),
  ),
  numbers(
    'guess',
    made(() => uniform()),
  ),
];
const pageOf = (columns: readonly Column[], options: AnalyzeOptions): Document => {
  const analysis = analyze(columns, { resamples: 50, permutations: 19, ...options });
  const shown = { analysis, name: 'people.csv', label: options.label, notes: ['half of the rows'], command: 'vitrine analyze people.csv' };
  return parseHTML(analysisHtml(shown)).document;
};
const texts = (page: Document, selector: string): readonly string[] =>
  [...page.querySelectorAll(selector)].map((each) => each.textContent.trim());
const OPTIONS = { label: 'y', prediction: 'p', by: [['group']], groups: ['group'] };
const page = pageOf(columnsWith('group', 'a'), OPTIONS);

test('the page tells what stands out, then section by section what is behind it', () => {
  expect(texts(page, 'h1')).toEqual(['How right are the predictions of y?']);
  expect(texts(page, 'h2')).toEqual([
    'What stands out',
    'How right the predictions are',
    'What is taken for what',
    'How well scores put rows in order',
    'Whether probabilities can be believed',
    'By slice',
    'How groups are treated',
    'What the table holds',
    'How often each class occurs',
    'How columns go together',
    'What each column tells of y',
    'How it was measured',
    'Do it again',
  ]);
  const findings = texts(page, '.verdict li').join('\n');
  expect(findings).toMatch(/^Accuracy: 0\.\d+ \(0\.\d+ to 0\.\d+\)\.$/m);
  expect(findings).toContain('Insufficient data for 1 slice: group = few.');
  expect(findings).toContain('Too few rows to judge all of it: group = few.');
  expect(findings).toContain('half of the rows');
  expect(texts(page, 'svg text')).toContain('insufficient data: 12 rows, 30 are needed');
});

test('every chart says what it is to those who cannot see it, and has its table with its file', () => {
  const charts = [...page.querySelectorAll('svg')];
  expect(charts.length).toBeGreaterThan(15);
  for (const chart of charts) expect(chart.getAttribute('aria-label')).toBeTruthy();
  const files = [...page.querySelectorAll('a[download]')].map(
    (link) => [link.getAttribute('download'), link.getAttribute('href')!] as const,
  );
  expect(new Set(files.map(([name]) => name))).toEqual(
    new Set(
      [
        'metrics',
        'confusion',
        'roc',
        'precision-recall',
        'gain',
        'lift',
        'reliability',
        'slices',
        'bias',
        'columns',
        'duplicates',
        'associations',
        'mutual-information',
        'chi-square',
        'imbalance',
      ].map((name) => `${name}.csv`),
    ),
  );
  const confusion = decodeURIComponent(files.find(([name]) => name === 'confusion.csv')![1].replace('data:text/csv;charset=utf-8,', ''));
  expect(confusion.split('\n')[0]).toBe('truth,predicted,count,share,low,high');
  expect(confusion.trimEnd().split('\n')).toHaveLength(5);
});

test('numbers have residuals in place of curves', () => {
  const headings = texts(pageOf(columnsWith('group', 'a'), { label: 'size', prediction: 'guess', by: [['group']] }), 'h2');
  expect(headings).toContain('How far predictions miss');
  expect(headings).not.toContain('How well scores put rows in order');
});

test('a table alone has no word of predictions', () => {
  const alone = pageOf(columnsWith('group', 'a'), {});
  expect(texts(alone, 'h1')).toEqual(['What people.csv holds']);
  expect(texts(alone, 'h2')).not.toContain('How right the predictions are');
});

test('one script of its own runs and nothing is fetched, whatever columns and values are called', () => {
  const hostile = pageOf(columnsWith(HOSTILE, HOSTILE), { ...OPTIONS, by: [[HOSTILE]], groups: [HOSTILE] });
  expect(hostile.querySelectorAll('img, iframe, object, foreignObject, link').length).toBe(0);
  const digests = [...hostile.querySelectorAll('script')].map(({ textContent }) => sha256Base64(textContent));
  expect(digests).toHaveLength(1);
  expect(hostile.querySelector('meta[http-equiv]')!.getAttribute('content')).toBe(
    `default-src 'none'; script-src 'sha256-${digests[0]}'; style-src 'unsafe-inline'`,
  );
  for (const each of hostile.querySelectorAll('[href]')) expect(each.getAttribute('href')).toMatch(/^data:text\/csv;/);
  expect(texts(hostile, 'td')).toContain(HOSTILE);
});

test('colours never tell alone: what is marked is a star, and its number has one too', () => {
  const rows: readonly Ranged[] = [
    { name: 'usual', value: 0.5, low: 0.4, high: 0.6 },
    { name: 'unlike', value: 0.9, low: 0.8, high: 0.95, marked: true },
    { name: 'endless', value: 0.7, low: 0.1, high: Infinity },
  ];
  const { document } = parseHTML(`<body>${ranges(rows, { x: 'accuracy', rule: 0.5 }, 'accuracy').html}</body>`);
  expect(texts(document, 'text')).toEqual(expect.arrayContaining(['0.500', '0.900 *', '0.700']));
  const shapes = [...document.querySelectorAll('[aria-hidden], g > path')].map((path) => path.getAttribute('d')).filter(Boolean);
  expect(new Set(shapes).size).toBeGreaterThan(1);
  expect(document.body.innerHTML).not.toMatch(/NaN|Infinity/);
});

test('curves of a hundred thousand points are drawn by a few hundred', () => {
  const points = Array.from({ length: 100_000 }, (_, i) => ({ x: i / 1e5, y: i / 1e5 }));
  const drawn = curve({ x: 'x', y: 'y', points, band: [], chance: (x) => x, between: 'line' }, 'long');
  expect(drawn.html.length).toBeLessThan(30_000);
});

test('cells of many columns leave their numbers to the table', () => {
  const names = Array.from({ length: 30 }, (_, i) => `c${i}`);
  const all = names.flatMap((row) => names.map((column) => ({ row, column, value: 0.5, text: '0.50', title: row })));
  const { document } = parseHTML(`<body>${cells(all, { x: null, y: null }, 'many').html}</body>`);
  expect(texts(document, 'text')).not.toContain('0.50');
  expect(document.querySelectorAll('rect').length).toBe(900);
});

test('a long table shows its first rows and says how many more there are; a file that is too large is left out', () => {
  const rows = Array.from({ length: 60 }, (_, i) => [i, 'x']);
  const { document } = parseHTML(`<html><body>${tableOf({ name: 't', title: 'T', columns: ['a', 'b_c'], rows }).html}</body></html>`);
  expect(document.querySelectorAll('tbody tr').length).toBe(50);
  expect(document.body.textContent).toContain('10 more rows');
  expect(texts(document, 'th')).toEqual(['a', 'b c']);
  const huge = tableOf({ name: 't', title: 'T', columns: ['a'], rows: [['x'.repeat(500_000)]] });
  expect(huge.html).toContain('too long for a page');
  expect(huge.html).not.toContain('href');
});

describe('in the page', () => {
  let chromium: Reader;
  beforeAll(async () => {
    chromium = await reader();
  });
  afterAll(() => chromium.close());

  test('every chart tells its values where one points, tables sort, and nothing complains', async () => {
    const analysis = analyze(columnsWith('group', 'a'), { resamples: 50, permutations: 19, ...OPTIONS });
    const { page, complaints } = await chromium.open(
      analysisHtml({ analysis, name: 'people.csv', label: 'y', notes: [], command: 'vitrine analyze' }),
    );
    const charts = page.locator('svg[role=application]');
    // All but one, whose slice is too small for numbers.
    expect(await charts.count()).toBe((await page.locator('figure.chart svg').count()) - 1);
    for (const chart of await charts.all()) {
      await chart.focus();
      await page.keyboard.press('ArrowRight');
      expect(await page.textContent('.tip')).toMatch(/\w/);
    }
    const table = page.locator('table.sortable >> nth=0');
    await table.locator('th button >> nth=0').click();
    const first = await table.locator('tbody td:first-child').allTextContents();
    expect(first).toEqual(first.toSorted((a, b) => b.localeCompare(a)));
    expect(complaints).toEqual([]);
  });
});
