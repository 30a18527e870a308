import { expect, test } from 'vitest';
import { closeNames } from './closeNames.js';

const many = Array.from({ length: 40 }, (_, i) => `class ${i}`);

test.each([
  ['tabbi', ['tabby', 'tiger', ...many], ': did you mean tabby?'],
  ['b-lok', ['O', 'B-LOC', 'I-LOC', 'B-ORG'], ': did you mean B-LOC?'],
  ['LOC', ['O', 'good'], ': there are O, good'],
  ['something else', many, ''],
  ['x', [], ''],
])('%s is near to what is spelled like it', (name, known, expected) => {
  expect(closeNames(name, known)).toBe(expected);
});
