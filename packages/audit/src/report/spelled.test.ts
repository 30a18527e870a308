import { expect, test } from 'vitest';
import { spelled } from './spelled.js';

test.each([
  [' good', '·good'],
  ['\n', '⏎'],
  ['\r\n\t', '⏎⇥'],
  ['a\u00A0b\u3000c', 'a·b·c'],
  ['', '∅'],
  ['\u202Eevil\u200F', 'U+202EevilU+200F'],
  ['\u0000\u001b[31m', 'U+0000U+001B[31m'],
  ['\u0301', '◌\u0301'],
  ['👩‍👩‍👧', '👩‍👩‍👧'],
  ['שלום', 'שלום'],
  ['<b>', '<b>'],
  ['x'.repeat(33), `${'x'.repeat(31)}…`],
  ['𝔘'.repeat(32), '𝔘'.repeat(32)],
])('%j is spelled %s', (token, label) => expect(spelled(token)).toBe(label));
