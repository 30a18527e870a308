import { expect, test } from 'vitest';
import { html, trusted, type Html } from './html.js';

test('what is put into a template is escaped, what was made by one is not', () => {
  expect(html`<p title="${'"><img onerror=x>'}">${"<script>&'"}</p>`.html).toBe(
    '<p title="&quot;&gt;&lt;img onerror=x&gt;">&lt;script&gt;&amp;&#39;</p>',
  );
  expect(html`${['<a>', '<b>'].map((text) => html`<i>${text}</i>`)}`.html).toBe('<i>&lt;a&gt;</i><i>&lt;b&gt;</i>');
  expect(html`${trusted('<svg/>')}`.html).toBe('<svg/>');
});

test('numbers are written, zero too, and what is absent or false leaves nothing', () =>
  expect(html`${0}|${-1.5}|${undefined}|${false}|${[]}|${''}`.html).toBe('0|-1.5||||'));

test('an object from a file that looks like markup is none', () => {
  const forged = JSON.parse('{"html": "<script>"}') as Html;
  expect(html`<p>${forged}</p>`.html).toBe('<p>[object Object]</p>');
});
