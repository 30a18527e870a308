import { builder, tensorOf, type Graph, type Tensor } from '@vitrine/ir';
import { describe, expect, test } from 'vitest';
import { feedsFor } from './feeds.js';
import { adding, floats } from './testing/graphs.js';

const graph = adding(1, ['N', 2]);
const said = (feeds: readonly (readonly [string, Tensor])[], of: Graph = graph): string => {
  try {
    feedsFor(of, new Map(feeds));
    return 'nothing';
  } catch (error) {
    expect(error).toMatchObject({ code: 'bad-feed' });
    return (error as Error).message;
  }
};

test('what fits is handed on, and what the graph does not take is left out', () => {
  const x = floats([3, 2], [1, 2, 3, 4, 5, 6]);
  expect([...feedsFor(graph, new Map([['other', x], ['x', x]]))]).toEqual([['x', x]]); // prettier-ignore
});

describe('what does not fit is refused with its name', () => {
  test('nothing at all', () => expect(said([])).toBe('nothing is given for input x'));
  test('another dtype', () =>
    expect(said([['x', tensorOf('float64', [1, 2], [1, 2])]])).toBe('input x is float64, the graph takes float32'));
  test('another extent', () => expect(said([['x', floats([1, 3], [1, 2, 3])]])).toBe('input x has shape [1,3], the graph takes [N,2]'));
  test('another rank', () => expect(said([['x', floats([2], [1, 2])]])).toBe('input x has shape [2], the graph takes [N,2]'));
  test.each([
    ['too few elements', Float32Array.of(1)],
    ['too many elements', Float32Array.of(1, 2, 3)],
    ['a list in place of an array', [1, 2]],
    ['something that holds no elements', () => 1],
  ])('%s', (_, data) =>
    expect(said([['x', { dtype: 'float32', dims: [1, 2], data: data as never }]])).toBe(
      'input x does not hold the 2 float32 elements that its shape [1,2] takes',
    ),
  );
});

test('strings are counted, not measured', () => {
  const b = builder();
  const x = b.input('x', { dtype: 'string', shape: [2] });
  const strings = b.build([b.op.Identity(x)]);
  expect(said([['x', { dtype: 'string', dims: [2], data: ['a', 'bcd'] }]], strings)).toBe('nothing');
  expect(said([['x', { dtype: 'string', dims: [2], data: ['a'] }]], strings)).toMatch(/2 string elements/);
});
