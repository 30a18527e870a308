import { expect, test } from 'vitest';
import { utf16Offsets } from './offsets.js';

test('code points become UTF-16 units', () => {
  const text = 'a😀é\u0301𝔘z';
  const to = utf16Offsets(text);
  const points = [...text];
  for (let i = 0; i <= points.length; i++) expect(to(i)).toBe(points.slice(0, i).join('').length);
  expect(to(99)).toBe(text.length);
  expect(utf16Offsets('plain')(3)).toBe(3);
});
