import { parseHTML } from 'linkedom';
import { expect, test } from 'vitest';
import { traceOf } from '../testing/trace.js';
import type { TraceShown } from './trace.js';
import { wordsHtml } from './words.js';

const shown = (trace: TraceShown): Document => parseHTML(`<!doctype html><body>${wordsHtml(trace, 'w').html}</body>`).document;
const plain = (e: Element): string => e.textContent.replaceAll(/\s+/g, ' ').trim();
const textOf = (trace: TraceShown, t: number): string => trace.tokens.slice(0, t).map(({ text }) => text).join(''); // prettier-ignore

test('each generated token is a button of one group, and its panel stands behind it', () => {
  const trace = traceOf();
  const page = shown(trace);
  const [legend, ...rest] = [...page.querySelector('fieldset')!.children];
  expect(legend!.localName).toBe('legend');
  expect(rest.map((e) => e.localName)).toEqual(trace.rows.flatMap(() => ['label', 'div']));
  const buttons = [...page.querySelectorAll('input')];
  expect(buttons.map((b) => [b.getAttribute('type'), b.getAttribute('name'), b.hasAttribute('checked')])).toEqual(
    trace.rows.map((_, i) => ['radio', 'w', i === 0]),
  );
});

test('a panel holds the text before its token as it was read, in reading order, with what counts marked', () => {
  const trace = traceOf();
  const panels = [...shown(trace).querySelectorAll('.panel')];
  for (const [i, { token, values }] of trace.rows.entries()) {
    const passages = [...panels[i]!.querySelectorAll('.passage')];
    expect(passages.map((p) => p.textContent).join('')).toBe(textOf(trace, token));
    for (const mark of panels[i]!.querySelectorAll('.passage span')) {
      expect(mark.textContent).not.toMatch(/^ /);
      const value = Number(mark.getAttribute('title')!.replace('−', '-'));
      expect(mark.className).toBe(value > 0 ? 'pro' : 'con');
      expect(values.some((v) => Math.abs(v - value) < 0.006)).toBe(true);
    }
  }
  expect(plain(panels[4]!.querySelector('p')!)).toMatch(
    /^·Paris rather than ·Madrid: probability 62 %, score 0\.3544, which the values miss by 0\.50\. Most for it: ·Paris \+0\.867, .*\. Most against it: ·Madrid −0\.666, /,
  );
  expect([...panels[4]!.querySelectorAll('.part > span')].map(plain)).toEqual(['system', 'document 1', 'document 2', 'question', 'answer']);
});

test('a trace without signs, parts and probabilities says nothing of them', () => {
  const { tokens, ...rest } = traceOf([['q', ['a', ' b']]], [' c'], false);
  const page = shown({ ...rest, tokens: tokens.map(({ text, generated }) => ({ text, generated })) });
  expect(plain(page.querySelector('.panel p')!)).toMatch(
    /^·c: score [\d.]+, which the values miss by 0\.50\. Most: a 0\.\d+, ·b 0\.\d+\.$/,
  );
  expect(page.querySelectorAll('.part > span').length).toBe(0);
  expect(page.body.textContent).not.toMatch(/undefined|against/);
});

test('of a long text a panel shows what counts most and what stands around it', () => {
  const text = Array.from({ length: 1000 }, (_, i) => ` w${i}`);
  const given = traceOf([['document', text]], [' end']);
  const values = text.map((_, i) => (i === 500 ? 1 : i === 990 ? -1 : 0));
  const page = shown({ ...given, rows: [{ ...given.rows[0]!, values }] });
  expect(plain(page.querySelector('.passage')!)).toBe(
    `… ${[492, 493, 494, 495, 496, 497, 498, 499, 500, 501, 502, 503, 504, 505, 506, 507, 508].map((i) => `w${i}`).join(' ')} … ${Array.from({ length: 17 }, (_, i) => `w${982 + i}`).join(' ')} …`,
  );
  expect(plain(page.querySelector('figcaption')!)).toContain('The text is long');
});

test('of many generated tokens those with the strongest values can be chosen, and all are read', () => {
  const answer = Array.from({ length: 300 }, (_, i) => ` w${i}`);
  const given = traceOf([['q', ['?']]], answer);
  const rows = given.rows.map((row, i) => ({ ...row, values: [i < 100 ? 0.1 : 1] }));
  const page = shown({ ...given, rows });
  expect(page.querySelectorAll('input').length).toBe(200);
  expect([...page.querySelectorAll('fieldset > label, fieldset > span')].map(plain)).toEqual(answer.map((w) => w.replace(' ', '·')));
  expect(plain(page.querySelector('figcaption')!)).toContain('Of 300 tokens the 200 with the strongest values can be chosen.');
});
