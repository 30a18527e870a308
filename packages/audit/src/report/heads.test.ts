import { parseHTML } from 'linkedom';
import { expect, test } from 'vitest';
import { headsHtml, type HeadsShown } from './heads.js';

/** As many layers and heads over as many tokens, each with the same strongest pairs. */
const given = (layers: number, heads: number, tokens: number, told = 16): HeadsShown => ({
  tokens,
  labels: Array.from({ length: tokens }, (_, t) => `<w${t}>`),
  layers: Array.from({ length: layers }, (_, l) => ({
    name: `layer <${l}>`,
    heads: Array.from({ length: heads }, (__, h) => ({
      name: `head ${h}`,
      source: 'data:image/png;base64,AAAA',
      pairs: Array.from({ length: told }, (___, k) => ({ from: (k + 1) % tokens, to: 0, value: 1 / (k + 1) })),
    })),
  })),
});
const shown = (heads: HeadsShown): Document => parseHTML(`<!doctype html><body>${headsHtml(heads, 'h').html}</body>`).document;

test('each head is a button, and its panel has arcs, the square with its tokens, and the pairs', () => {
  const page = shown(given(2, 3, 5));
  const buttons = [...page.querySelectorAll('fieldset > label')];
  expect(buttons.map((label) => label.querySelector('img')!.getAttribute('alt'))).toEqual(
    [0, 1].flatMap((l) => [0, 1, 2].map((h) => `layer <${l}>, head ${h}`)),
  );
  expect(buttons.map((label) => label.querySelector('input')!.getAttribute('name'))).toEqual(Array.from({ length: 6 }, () => 'h'));
  for (const label of buttons) {
    const panel = label.nextElementSibling!;
    expect(panel.className).toBe('panel');
    expect(panel.querySelector('p')!.textContent.replaceAll(/\s+/g, ' ').trim()).toMatch(
      /^layer <\d>, head \d: “<w1>” looks most at “<w0>” \(1\.00\)\.$/,
    );
    expect(panel.querySelectorAll('svg.arcs path').length).toBe(16);
    expect([...panel.querySelectorAll('.axes p')].map((side) => [...side.children].map((s) => s.textContent))).toEqual(
      [0, 1].map(() => ['<w0>', '<w1>', '<w2>', '<w3>', '<w4>']),
    );
    expect(panel.querySelectorAll('tbody tr').length).toBe(16);
  }
});

test('layers with fewer heads keep their place in the grid', () => {
  const { layers, ...rest } = given(2, 3, 5);
  const page = shown({ ...rest, layers: [{ ...layers[0]!, heads: layers[0]!.heads.slice(0, 1) }, layers[1]!] });
  const cells = [...page.querySelector('fieldset')!.children].filter(({ localName }) => localName === 'label' || localName === 'span');
  expect(cells.map(({ localName }) => localName)).toEqual(['span', 'label', 'span', 'span', 'span', 'label', 'label', 'label']);
});

test('one square alone is no choice', () => {
  const page = shown(given(1, 1, 5));
  expect([page.querySelectorAll('input').length, page.querySelectorAll('svg.arcs').length]).toEqual([0, 1]);
});

test('without names of tokens there are squares, their strongest pair in their title', () => {
  const { labels: _, ...patches } = given(2, 3, 50);
  const page = shown(patches);
  expect([page.querySelectorAll('input, svg').length, page.querySelectorAll('table img').length]).toEqual([0, 6]);
  expect(page.querySelector('img')!.getAttribute('title')).toBe('head 0: token 1 looks most at token 0 (1.00)');
});

test('too many heads are squares alone, and too many tokens have no arcs', () => {
  const many = shown(given(16, 16, 5));
  expect([many.querySelectorAll('input, svg').length, many.querySelectorAll('table img').length]).toEqual([0, 256]);
  expect(many.querySelector('figcaption')!.textContent).toContain('ask for fewer layers with the options from and to');
  const long = shown(given(1, 2, 121));
  expect([long.querySelectorAll('svg, .axes').length, long.querySelectorAll('.panel tbody tr').length]).toEqual([0, 32]);
});

test('all heads of a model as large as BERT-base over a long line are a page that opens', () => {
  expect(headsHtml(given(12, 12, 120)).html.length).toBeLessThan(4e6);
});
