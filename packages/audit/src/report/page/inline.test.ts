import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { inlined, json } from './inline.js';
import { sha256Base64 } from './sha256.js';

test.each([0, 1, 55, 56, 63, 64, 65, 1000, 30_000])('the digest of %d characters is SHA-256', (length) => {
  const text = 'aé😀\n'.repeat(length).slice(0, 2 * length);
  expect(sha256Base64(text)).toBe(createHash('sha256').update(text).digest('base64'));
});

test('a policy lets in one script by its digest', () => {
  const { element, policy } = inlined('1 + 1');
  expect(element.html).toBe('<script>1 + 1</script>');
  expect(policy).toBe(`script-src 'sha256-${createHash('sha256').update('1 + 1').digest('base64')}'; `);
});

test('a script that would end its element is refused', () => {
  expect(() => inlined('"</script>"')).toThrow('must not hold what ends it');
});

test('what a script reads ends no element, and comes back as it was', () => {
  const value = { name: '</script><!-- \u2028', n: 1 };
  const { html } = json('rows', value);
  const body = html.slice(html.indexOf('>') + 1, html.lastIndexOf('</script>'));
  expect(body).not.toContain('<');
  expect(JSON.parse(body)).toEqual(value);
});
