import { parseHTML } from 'linkedom';
import { describe, expect, test } from 'vitest';
import { isIntact, record, type ExplanationRecord } from '../provenance.js';
import { explanation, parts } from '../testing/parts.js';
import { bars } from './chart.js';
import { sha256Base64 } from './page/sha256.js';
import { reportHtml, type ReportParts, type Section } from './report.js';

const PIXEL = 'data:image/png;base64,iVBORw0KGgo=';
const written = await record(parts);

const section = (given: Partial<Section> = {}): Section => ({
  title: 'Integrated gradients',
  paper: 'Sundararajan et al. 2017',
  meaning: 'how much a pixel adds to the score',
  signed: true,
  findings: ['Half of what speaks for tench lies in 8 % of what the model saw, in the middle.'],
  legend: ['rgb(77,34,122)', 'rgb(243,238,234)', 'rgb(168,83,8)'],
  pictures: [{ caption: 'Over the picture', alt: 'Integrated gradients: over the picture', source: PIXEL }],
  charts: [{ caption: 'By feature', svg: bars([{ name: 'age', value: 1 }], 'by feature') }],
  record: written,
  caveats: ['Detail finer than a cell is interpolated.'],
  ...given,
});
const given: ReportParts = {
  model: { name: 'model.onnx', digest: 'model-digest', facts: [['Operators', '66']] },
  input: { name: 'cat.jpg', picture: { caption: 'The input', alt: 'The picture cat.jpg', source: PIXEL } },
  classes: {
    best: [
      { label: 'tench', score: 2.5, probability: 0.75 },
      { label: 'shark', score: 1.25, probability: 0.25 },
    ],
    given: true,
  },
  question: 'Why “tench”?',
  sections: [section()],
  command: 'vitrine explain model.onnx --input cat.jpg',
};

const pageOf = (report: ReportParts): Document => parseHTML(reportHtml(report)).document;
const plain = (node: Element): string => node.textContent.replaceAll(/\s+/g, ' ').trim();
const textOf = (report: ReportParts): string => plain(pageOf(report).querySelector('main')!);
const method = (record: ExplanationRecord, more: Partial<Section> = {}): string =>
  textOf({ ...given, sections: [section({ record, ...more })] });

describe('the page', () => {
  test('is HTML whose elements are all closed, in order', () => {
    const open: string[] = [];
    const markup = reportHtml(given)
      .replace(/<style>[^]*?<\/style>/, '')
      .replace('<!doctype html>', '');
    for (const [, end, name, attributes] of markup.matchAll(/<(\/?)([a-zA-Z][\w-]*)((?:"[^"]*"|[^">])*)>/g)) {
      if (end === '/') expect(open.pop()).toBe(name);
      else if (!/^(meta|img)$/.test(name!) && !attributes!.endsWith('/')) open.push(name!);
    }
    expect(open).toEqual([]);
    expect(pageOf(given).documentElement.getAttribute('lang')).toBe('en');
    expect(pageOf(given).querySelector('meta[charset]')!.getAttribute('charset')).toBe('utf-8');
  });

  test('lists parts that were taken away, the greatest first, and how sure their order is', () => {
    const values = Array.from({ length: 23 }, (_, i) => ({ name: `part ${i}`, value: (i % 2 ? -1 : 1) * i, standardError: 0.25, ...(i === 22 && { rank: { place: 1, certainty: 0.876 } }) })); // prettier-ignore
    const page = pageOf({ ...given, sections: [section({ parts: [{ of: 'superpixel', signed: true, values }] })] });
    const rows = [...page.querySelectorAll('.taken tbody tr')].map(plain);
    expect(rows).toHaveLength(23);
    expect(rows[0]).toBe('part 22 +22.0 ± 0.25 1st in 88 %');
    expect(rows[1]).toBe('part 21 −21.0 ± 0.25');
    expect(plain(page.querySelector('.taken')!)).toContain('The 20 strongest of 23.');
    const many = Array.from({ length: 5001 }, (_, i) => ({ name: String(i), value: 1 }));
    expect(pageOf({ ...given, sections: [section({ parts: [{ of: 'pixel', signed: true, values: many }] })] }).querySelector('.taken')).toBe(null); // prettier-ignore
  });

  test('asks the network for nothing, and runs one script of its own where there are charts', () => {
    const page = pageOf(given);
    expect(page.querySelectorAll('link, iframe, object, embed, base, form, video, audio').length).toBe(0);
    const policyOf = (document: Document): string | null =>
      document.querySelector('meta[http-equiv="Content-Security-Policy"]')!.getAttribute('content');
    const digests = [...page.querySelectorAll('script')].map(({ textContent }) => sha256Base64(textContent));
    expect(digests).toHaveLength(1);
    expect(policyOf(page)).toBe(`default-src 'none'; img-src data:; script-src 'sha256-${digests[0]}'; style-src 'unsafe-inline'`);
    const still = pageOf({ ...given, sections: [section({ charts: [] })] });
    expect(still.querySelectorAll('script').length).toBe(0);
    expect(policyOf(still)).toBe("default-src 'none'; img-src data:; style-src 'unsafe-inline'");
    for (const element of page.querySelectorAll('*')) {
      for (const { name, value } of element.attributes) {
        expect(name).not.toMatch(/^on|^(href|srcset|action|ping|xlink:href)$/);
        if (name === 'src') expect(value).toMatch(/^data:image\/png;base64,/);
        if (!name.startsWith('xmlns')) expect(value).not.toMatch(/https?:|url\(|javascript:/);
      }
    }
    expect(page.querySelector('style')!.textContent).not.toMatch(/url\(|@import|@font-face/);
  });

  test('is the same each time', () => expect(reportHtml(given)).toBe(reportHtml(given)));

  test('gives every picture words for those who cannot see it', () => {
    for (const picture of pageOf(given).querySelectorAll('img')) expect(picture.getAttribute('alt')).not.toBe('');
    expect([...pageOf(given).querySelectorAll('img')].map((picture) => picture.getAttribute('alt'))).toEqual([
      'The picture cat.jpg',
      'Integrated gradients: over the picture',
    ]);
  });

  test('starts with the question and the answer, and ends with how to do it again', () => {
    expect(plain(pageOf(given).querySelector('h1')!)).toBe('Why “tench”?');
    expect(pageOf(given).title).toBe('Why “tench”?');
    expect(plain(pageOf(given).querySelector('.answer')!)).toBe('tench 75 %');
    expect(textOf(given)).toMatch(/Do it again vitrine explain model\.onnx --input cat\.jpg/);
  });

  test('tells probabilities of the model from those that a softmax made', () => {
    expect(textOf(given)).not.toContain('softmax');
    expect(textOf({ ...given, classes: { ...given.classes, given: false } })).toContain('Probability (softmax of the scores)');
  });

  test('needs neither classes, nor pictures, nor methods', () => {
    const bare: ReportParts = { ...given, input: { name: 'x.npy' }, classes: { best: [], given: false }, sections: [] };
    expect(pageOf(bare).querySelectorAll('img, table, .answer, .method').length).toBe(0);
    expect(textOf(bare)).not.toMatch(/undefined|NaN|\[object|false/);
  });
});

describe('each method', () => {
  test('says in plain sentences what its colours mean for the target, and what it found', () => {
    expect(method(written)).toContain('Each point shows how much a pixel adds to the score. Orange speaks for tench, purple against it;');
    expect(method(written)).toContain('Half of what speaks for tench lies in 8 % of what the model saw, in the middle.');
    expect(method(written, { signed: false })).toContain('The brighter, the more it counts for tench.');
    const { targetLabel: _, ...nameless } = written;
    expect(method(nameless as ExplanationRecord)).toContain('Orange speaks for the explained output, purple against it;');
  });

  test('has its own part of the page, each with such sentences', () => {
    const titles = ['Gradient', 'Grad-CAM', 'Occlusion'];
    const shown = pageOf({ ...given, sections: titles.map((title) => section({ title })) }).querySelectorAll('.method');
    expect([...shown].map((part) => plain(part.querySelector('h2')!))).toEqual(titles);
    for (const part of shown)
      for (const words of ['.lead', '.finding', 'ul > li']) expect(plain(part.querySelector(words)!)).toMatch(/^[A-Z].*\.$/);
  });

  test.each([
    [0.001, 'They miss it by 0.0010 (0.05 %). They add up.'],
    [-0.06, 'They miss it by -0.060 (3 %). They nearly add up.'],
    [0.2, 'They miss it by 0.20 (10 %). They do not add up: raise steps before relying on the amounts.'],
  ])('says whether its parts add up: a gap of %d of 2', (gap, sentence) => {
    const promise = 'The parts should add up to 2.000, what the score (2.500) gains over the baseline.';
    expect(method({ ...written, completenessResidual: { expected: 2, gap } })).toContain(`${promise} ${sentence}`);
  });

  test('says so when it makes no such promise', () => {
    const { completenessResidual: _, ...silent } = written;
    expect(method(silent)).toContain('This method makes no promise that its parts add up to the score.');
  });

  test('shows its caveats and its warnings', () => {
    expect(method(written)).toContain('Detail finer than a cell is interpolated.');
    expect(plain(pageOf(given).querySelector('.warning')!)).toBe('The path crosses a kink.');
  });

  test('carries its record whole: it can be copied off the page and checked', async () => {
    const copied = JSON.parse(pageOf(given).querySelector('.record')!.textContent) as ExplanationRecord;
    expect(copied).toEqual(JSON.parse(JSON.stringify(written)));
    expect(await isIntact(copied)).toBe(true);
  });
});

const HOSTILE = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "'><svg/onload=alert(1)>",
  '</title></style></pre><iframe src=//evil.example>',
  '<!--',
  '&lt;b&gt;',
];

/** The value with each of its texts replaced; numbers and pictures stay. */
function poisoned<T>(value: T, text: string): T {
  if (typeof value === 'string') return (value.startsWith('data:') ? value : text) as T;
  if (Array.isArray(value)) return value.map((inner: unknown) => poisoned(inner, text)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, poisoned(inner, text)])) as T;
}

describe.each(HOSTILE)('when every text is %s', (text) => {
  const { charts: _, ...others } = poisoned(section(), text);
  const params = { [text]: text, nested: { [text]: [text] } };
  const hostile: ReportParts = {
    ...poisoned({ ...given, sections: [] }, text),
    sections: [
      {
        ...others,
        charts: [{ caption: text, svg: bars([{ name: text, value: 1 }], text) }],
        record: { ...others.record, methodParams: params, environment: { [text]: text } },
      },
    ],
  };

  test('the page has the elements it always has, and not one more', () => {
    const shape = (report: ReportParts): readonly string[] =>
      [...pageOf(report).querySelectorAll('*')].map((e) => e.localName).filter((name) => name !== 'code');
    expect(shape(hostile)).toEqual(shape(given));
    // Without a parser's help: in quotes a '<' is but a character, outside it opens an element.
    expect(
      reportHtml(hostile)
        .replaceAll(/<script>'use strict'[^]*?<\/script>/g, '')
        .replaceAll(/="[^"]*"/g, ''),
    ).not.toMatch(/<(script|iframe|svg\/)|<img src=x|<!--/);
  });

  test('people read it as it was written', () => {
    const page = pageOf(hostile);
    const read = [
      'title',
      'h1',
      '.answer',
      'td',
      'figcaption',
      '.finding',
      '.method h2',
      '.warning',
      'main > section > pre',
      'section:not([class]) dt',
    ];
    for (const place of read) expect(page.querySelector(place)!.textContent, place).toContain(text);
    expect(page.querySelector('img')!.getAttribute('alt')).toBe(text);
    expect((JSON.parse(page.querySelector('.record')!.textContent) as ExplanationRecord).methodParams).toEqual(params);
  });
});

test('an explanation without a label is asked about as an output', async () => {
  const nameless = await record({ ...parts, explanation: { ...explanation, target: { resolved: { kind: 'top' }, score: 1 } } });
  expect(method(nameless)).toContain('Orange speaks for the explained output');
  expect(method(nameless)).not.toMatch(/undefined|\[object/);
});
