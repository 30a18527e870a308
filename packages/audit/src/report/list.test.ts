import { expect, test } from 'vitest';
import { listHtml, type Listed } from './list.js';

const example: Listed = { number: 0, texts: ['<b>dull</b>'], said: 'bad', strongest: '“dull”', page: 'why.0.html', failure: undefined };
const failed: Listed = { ...example, number: 1, page: undefined, failure: 'the text is empty' };
const TITLE = '</tbody></html>';
const page = `${listHtml.head(TITLE, 'vitrine explain')}${listHtml.row(example)}${listHtml.row(failed)}${listHtml.end}`;

test('put together, the pieces are one page with a row for each example in its table', () => {
  const open: string[] = [];
  const places: string[] = [];
  for (const [, end, name, attributes] of page.replace('<!doctype html>', '').matchAll(/<(\/?)([a-z][\w-]*)((?:"[^"]*"|[^">])*)>/g)) {
    if (end === '/') expect(open.pop()).toBe(name);
    else if (name !== 'meta' || !attributes!.endsWith('/')) open.push(name!);
    if (name === 'tr' && end === '') places.push(open.join(' '));
  }
  expect(open).toEqual([]);
  expect(places.slice(1)).toEqual(['html body main table tbody tr', 'html body main table tbody tr']);
  expect(page.match(/<\/html>/g)).toHaveLength(1);
});

test('texts are escaped, and what failed has no link', () => {
  expect(page).toContain('&lt;b&gt;dull&lt;/b&gt;');
  expect(page).toContain('<h1>&lt;/tbody&gt;&lt;/html&gt;</h1>');
  expect(page.match(/<a href="[^"]*">/g)).toEqual(['<a href="why.0.html">']);
  expect(page).toContain('<td colspan="2" class="warning">the text is empty</td>');
});
