import { tensorOf } from '@vitrine/ir';
import { expect, test } from 'vitest';
import { stemsOf } from './fileNames.js';

const stems = (...names: readonly (string | readonly [string, string])[]): readonly string[] =>
  stemsOf({
    method: 'gradient',
    attributions: names.map((name) => {
      const [at, part] = typeof name === 'string' ? [name] : name;
      return { at, tensor: tensorOf('float32', [1], [0]), ...(part !== undefined && { part }) };
    }),
  });

test('one attribution is named by its method', () => expect(stems('b/c')).toEqual(['gradient']));

test.each<readonly [string, readonly (string | readonly [string, string])[], readonly string[]]>([
  ['names that differ in what no file name holds', ['b/c', 'b_c', 'b:c'], ['gradient.b_c', 'gradient.b_c.2', 'gradient.b_c.3']],
  ['a name that looks like a number given', ['b/c', 'b_c.2', 'b_c'], ['gradient.b_c', 'gradient.b_c.2', 'gradient.b_c.3']],
  ['capitals', ['X', 'x'], ['gradient.X', 'gradient.x.2']],
  ['names of nothing but signs', ['…', '/'], ['gradient.value', 'gradient.value.2']],
  ['parts of one value', ['x', ['x', 'positive']], ['gradient.x', 'gradient.x.positive']],
])('%s stay apart', (_, names, expected) => expect(stems(...names)).toEqual(expected));

test('names of 300 characters are cut, and stay apart', () => {
  const found = stems(`${'a'.repeat(300)}1`, `${'a'.repeat(300)}2`);
  expect(new Set(found).size).toBe(2);
  for (const stem of found) expect(`${stem}.overlay.png`.length).toBeLessThan(255);
});
