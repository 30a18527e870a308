import { expect, test } from 'vitest';
import { DataError } from './error.js';
import { readLabels } from './labels.js';

test.each([
  ['one per line', 'tench\ngreat_white_shark\n'],
  ['Windows lines and a byte order mark', '\uFEFFtench\r\ngreat white shark\r\n\r\n'],
  ['a list', '["tench", "great_white_shark"]'],
  ['index to name', '{"1": "great_white_shark", "0": "tench"}'],
  ['index to id and name', '{"0": ["n01440764", "tench"], "1": ["n01484850", "great_white_shark"]}'],
  ['name to index', '{"tench": 0, "great_white_shark": 1}'],
])('labels are read from %s', (_, text) => expect(readLabels(text, 'x')).toEqual(['tench', 'great white shark']));

test('classes without a name keep their place', () => {
  expect(readLabels('\ntench\n\nshark\n', 'x')).toEqual(['', 'tench', '', 'shark']);
  expect(readLabels('{"0": "tench", "2": "shark"}', 'x')).toEqual(['tench', 'class 1', 'shark']);
});

test.each([
  ['', 'labels.txt holds no class names'],
  [' \n ', 'labels.txt holds no class names'],
  ['[]', 'labels.txt holds no class names'],
  ['{}', 'labels.txt holds no class names'],
  ['{"0": "tench"', 'labels.txt is not valid JSON'],
  ['[1, 2]', 'labels.txt must hold a list of class names, or an object of index and name'],
  ['{"": "tench"}', 'labels.txt must hold a list of class names, or an object of index and name'],
  ['{"-1": "tench"}', 'labels.txt must hold a list of class names, or an object of index and name'],
  ['{"tench": 0.5}', 'labels.txt must hold a list of class names, or an object of index and name'],
  ['{"0": {"name": "tench"}}', 'labels.txt must hold a list of class names, or an object of index and name'],
  ['{"999999999": "tench"}', 'labels.txt names class 999999999, and at most 1000000 classes are read'],
  ['{"tench": 0, "shark": 0}', 'labels.txt names class 0 twice'],
  ['\u0089PNG\r\n\u001a\n\0\0\0', 'labels.txt is not a text file of class names'],
])('%j is refused', (text, message) => expect(() => readLabels(text, 'labels.txt')).toThrow(new DataError('malformed', message)));
