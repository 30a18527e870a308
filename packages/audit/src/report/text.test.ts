import { parseHTML } from 'linkedom';
import { expect, test } from 'vitest';
import { signed, textHtml, type Piece, type TextShown } from './text.js';

const shown = (passages: readonly (readonly Piece[])[], rows: TextShown['rows'] = []): Document =>
  parseHTML(`<!doctype html><body>${textHtml({ caption: 'embedding', unit: 'word', signed: true, passages, rows }).html}</body>`).document;
const passagesOf = (page: Document): readonly Element[] => [...page.querySelectorAll('.passage')];

const hard = [
  'plain words',
  ' two  spaces\n\tand lines \n',
  '<script>alert(1)</script> & "quotes" &amp;',
  "</p><img src=x onerror='x'>",
  'he said שלום and الفيلم رائع',
  'cafe\u0301 👩‍👩‍👧 𝔘𝔫𝔦',
  '\u202Eevil\u202C',
];

test.each(hard)('%j is copied as it was given, escaped, in reading order', (text) => {
  // Pieces of two characters, every second one marked.
  const letters = [...text];
  const pieces = letters.flatMap((_, i): readonly Piece[] =>
    i % 2 === 1 ? [] : [{ text: letters.slice(i, i + 2).join(''), ...(i % 4 === 0 && { value: i % 8 === 0 ? 1 : -1 }) }],
  );
  const page = shown([pieces]);
  expect(passagesOf(page).map((p) => p.textContent)).toEqual([text]);
  const elements = [...page.querySelectorAll('.passage *')];
  expect(elements.every((element) => element.tagName === 'SPAN' && element.children.length === 0)).toBe(true);
  expect(passagesOf(page)[0]!.getAttribute('dir')).toBe('auto');
});

test('marks tell the sign by their line, and the amount by its thickness', () => {
  const page = shown([
    [{ text: 'good', value: 2 }, { text: ' ' }, { text: 'bad', value: -1 }, { text: ' ' }, { text: 'the', value: 0.01 }],
  ]);
  const spans = [...page.querySelectorAll('.passage span')];
  expect(spans.map((s) => [s.textContent, s.className, s.getAttribute('style'), s.getAttribute('title')])).toEqual([
    ['good', 'pro', '--v:1.00', '+2.00'],
    ['bad', 'con', '--v:0.50', '−1.00'],
  ]);
});

test('two texts are two paragraphs', () => {
  expect(passagesOf(shown([[{ text: 'one' }], [{ text: 'two' }]])).map((p) => p.textContent)).toEqual(['one', 'two']);
});

test('the table has a row for each token, and a word over its tokens', () => {
  const page = shown(
    [],
    [
      {
        text: '<unwatchable>',
        value: -0.3,
        tokens: [
          { text: '<unw', place: '0–4', value: -0.4 },
          { text: '##atchable>', place: '4–13', value: 0.1 },
        ],
      },
      { text: 'film', value: 0, tokens: [{ text: 'film', place: '14–18', value: 0 }] },
    ],
  );
  const rows = [...page.querySelectorAll('tbody tr')].map((row) => [...row.children].map((cell) => cell.textContent));
  expect(rows).toEqual([
    ['<unwatchable>', '−0.300', '<unw', '0–4', '−0.400'],
    ['##atchable>', '4–13', '+0.100'],
    ['film', '0.00', 'film', '14–18', '0.00'],
  ]);
  expect(page.querySelector('tbody th')!.getAttribute('rowspan')).toBe('2');
});

test('signs are those of print', () => {
  expect([1.2345, -0.5, 0, 1234.5, -2e7, 999_999.9].map(signed)).toEqual(['+1.23', '−0.500', '0.00', '+1235', '−2.00e+7', '+1000000']);
});
