import { builder, numbers, tensorOf, type Tensor } from '@vitrine/ir';
import { describe, expect, test } from 'vitest';
import { resolve } from './resolve.js';
import { addScore, parseTarget, type Target } from './target.js';

const labels = ['tench', 'goldfish', 'great white shark', 'tiger shark', 'tabby cat', 'crane', 'pen', 'Crane', 'crane', 'Pen'];
const weights: Tensor = { dtype: 'float32', dims: [2], data: Float32Array.of(1, -1) };
const read: readonly (readonly [string, Target])[] = [
  ['7', { kind: 'index', index: [7] }],
  ['0,7', { kind: 'index', index: [0, 7] }],
  ['top', { kind: 'top' }],
  ['label:tabby', { kind: 'index', index: [4] }],
  ['label:Tiger Shark', { kind: 'index', index: [3] }],
  ['label:Crane', { kind: 'index', index: [7] }],
  ['label:pen', { kind: 'index', index: [6] }],
  ['3-5', { kind: 'difference', of: { kind: 'index', index: [3] }, minus: { kind: 'index', index: [5] } }],
  ['top-label:goldfish', { kind: 'difference', of: { kind: 'top' }, minus: { kind: 'index', index: [1] } }],
  ['weights=w.npy', { kind: 'weights', weights }],
  ['output:scores,2', { kind: 'index', output: 'scores', index: [2] }],
  ['output:a/b:0,1,2', { kind: 'index', output: 'a/b:0', index: [1, 2] }],
  ['output:scores', { kind: 'index', output: 'scores', index: [] }],
  ['class:3', { kind: 'class', class: 3 }],
  ['class:3,mask=m.npy', { kind: 'class', class: 3, mask: weights }],
  ['class:3,mask=predicted', { kind: 'class', class: 3, mask: 'predicted' }],
  ['box:0', { kind: 'box', rank: 0 }],
  ['value:/layer/Relu_output_0,5', { kind: 'value', value: '/layer/Relu_output_0', index: [5] }],
  ['value:x', { kind: 'value', value: 'x', index: [] }],
  ['token:" Paris"', { kind: 'token', text: ' Paris' }],
  ['token:Paris', { kind: 'token', text: 'Paris' }],
  ['token:"-"', { kind: 'token', text: '-' }],
  ['token:" Paris"-token:" Rome"', { kind: 'difference', of: { kind: 'token', text: ' Paris' }, minus: { kind: 'token', text: ' Rome' } }],
  ['output:scores,token: a', { kind: 'token', output: 'scores', text: ' a' }],
];

test.each(read)('%s is read', (text, target) => {
  expect(parseTarget(text, { labels, tensor: () => weights })).toEqual(target);
});

test.each([
  ['', "'' is no target"],
  ['seven', "'seven' is no target"],
  ['-3', "'-3' is no target"],
  ['label:shark', "'shark' may be great white shark, tiger shark"],
  ['label:crane', "2 classes are called 'crane': write the index, 5 or 8"],
  ['label:CRANE', "3 classes are called 'CRANE': write the index, 5 or 7 or 8"],
  ['label:dog', "no class is called 'dog'"],
  ['class:x', "'x' is not a whole number"],
  ['class:3,7', 'only mask=FILE'],
  ['value:', 'names no value'],
  ['output:', 'names no output'],
  ['token:', 'names no token'],
  ['token:""', 'names no token'],
])('%s is refused in one sentence', (text, message) => {
  expect(() => parseTarget(text, { labels, tensor: () => weights })).toThrow(message);
});

test.each(['float16', 'bfloat16', 'float64', 'int64', 'bool'] as const)('weights and masks of %s count by their value', (dtype) => {
  const given = tensorOf(dtype, [1, 3], [0, 1, 1]);
  const weightsOf = (dims: readonly number[], target: Target): readonly number[] => {
    const b = builder();
    const y = b.input('y', { dtype: 'float32', shape: dims });
    const graph = b.build([addScore(b, target as never, () => y, 1)]);
    const [content] = [...graph.initializers].flatMap(([{ name }, t]) => (name === 'target/weights' ? [t] : []));
    return [...numbers(content as Tensor)];
  };
  expect(weightsOf([1, 3], { kind: 'weights', weights: given })).toEqual([1, 1]);
  expect(weightsOf([1, 2, 1, 3], { kind: 'class', class: 1, mask: given })).toEqual([1, 1]);
});

describe('what a target leaves open is looked up', () => {
  const tensor = (dims: readonly number[], values: readonly number[]): Tensor => ({
    dtype: 'float32',
    dims,
    data: Float32Array.from(values),
  });

  test('the top class', () => {
    expect(resolve({ kind: 'top' }, new Map([['y', tensor([1, 3], [0, 2, 1])]]))).toEqual({ kind: 'index', index: [1] });
    expect(resolve({ kind: 'top' }, new Map([['y', tensor([1, 1], [5])]]))).toEqual({ kind: 'index', index: [0] });
    expect(() => resolve({ kind: 'top' }, new Map([['y', tensor([1, 2, 2], [0, 1, 2, 3])]]))).toThrow(
      'needs an output of one score per class',
    );
  });

  test('the predicted mask', () => {
    const y = tensor([1, 2, 1, 3], [0, 5, 0, 1, 1, 1]);
    const { mask } = resolve({ kind: 'class', class: 1, mask: 'predicted' }, new Map([['y', y]])) as { mask: Tensor };
    expect(Array.from(mask.data as Float32Array)).toEqual([1, 0, 1]);
  });

  test.each<readonly [string, ReadonlyMap<string, Tensor>, unknown]>([
    [
      'scores beside boxes',
      new Map([
        ['boxes', tensor([2, 4], [0, 0, 1, 1, 0, 0, 1, 1])],
        ['scores', tensor([2], [0.3, 0.9])],
      ]),
      { kind: 'index', output: 'scores', index: [1] },
    ],
    [
      'rows with objectness',
      new Map([
        [
          'y',
          tensor(
            [1, 8, 7],
            Array.from({ length: 56 }, (_, i) => (i === 3 * 7 + 4 || i === 3 * 7 + 6 ? 0.9 : 0.1)),
          ),
        ],
      ]),
      { kind: 'product', of: { kind: 'index', output: 'y', index: [3, 4] }, times: { kind: 'index', output: 'y', index: [3, 6] } },
    ],
    [
      'columns of classes',
      new Map([
        [
          'y',
          tensor(
            [1, 6, 9],
            Array.from({ length: 54 }, (_, i) => (i === 5 * 9 + 2 ? 0.9 : 0.1)),
          ),
        ],
      ]),
      { kind: 'index', output: 'y', index: [5, 2] },
    ],
    [
      'cells of a grid',
      new Map([
        [
          'y',
          tensor(
            [1, 7, 2, 2],
            Array.from({ length: 28 }, (_, i) => (i === 3 || i === 6 * 4 + 3 ? 0.9 : 0.1)),
          ),
        ],
      ]),
      { kind: 'product', of: { kind: 'index', output: 'y', index: [0, 1, 1] }, times: { kind: 'index', output: 'y', index: [6, 1, 1] } },
    ],
  ])('the best box among %s', (_, outputs, expected) => {
    expect(resolve({ kind: 'box', rank: 0 }, outputs)).toEqual(expected);
  });

  test('a box beyond the last is refused', () => {
    expect(() =>
      resolve(
        { kind: 'box', rank: 9 },
        new Map([
          ['boxes', tensor([1, 4], [0, 0, 1, 1])],
          ['scores', tensor([1], [0.3])],
        ]),
      ),
    ).toThrow('beyond the 1 boxes');
  });
});
