import { builder, numbers, tensorOf, type Tensor } from '@vitrine/ir';
import { describe, expect, test } from 'vitest';
import { resolve } from './resolve.js';
import { parseTarget } from './parseTarget.js';
import { addScore } from './score.js';
import { written, type Target, type TextTarget } from './target.js';

const labels = ['tench', 'goldfish', 'great white shark', 'tiger shark', 'tabby cat', 'crane', 'pen', 'Crane', 'crane', 'Pen'];
const weights: Tensor = { dtype: 'float32', dims: [2], data: Float32Array.of(1, -1) };
const difference = (of: Target, minus: Target): Target => ({ kind: 'difference', of, minus });
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
  ['token:"Paris"@2', { kind: 'token', text: 'Paris', mask: 2 }],
  ['token:me@2', { kind: 'token', text: 'me@2' }],
  ['answer', { kind: 'answer' }],
  ['tag:B-LOC', { kind: 'tag', label: 'B-LOC' }],
  ['tag:3', { kind: 'tag', label: 3 }],
  ['tag:B-LOC-tag:"B-ORG"', difference({ kind: 'tag', label: 'B-LOC' }, { kind: 'tag', label: 'B-ORG' })],
  ['span:0..5', { kind: 'span', at: { start: 0, end: 5 } }],
  ['span:0..5,label:B-LOC', { kind: 'span', at: { start: 0, end: 5 }, label: 'B-LOC' }],
  ['span:"0..5"', { kind: 'span', at: '0..5' }],
  ['span:0..5 km', { kind: 'span', at: '0..5 km' }],
  ['span:New York, the city', { kind: 'span', at: 'New York, the city' }],
  ['span:Paris,label:2', { kind: 'span', at: 'Paris', label: 2 }],
  ['span:"Paris"-span:"Rome"', difference({ kind: 'span', at: 'Paris' }, { kind: 'span', at: 'Rome' })],
  ['span:3..9-span:"Rome"', difference({ kind: 'span', at: { start: 3, end: 9 } }, { kind: 'span', at: 'Rome' })],
  ['answer-span:"Rome"', difference({ kind: 'answer' }, { kind: 'span', at: 'Rome' })],
  ['span:"Rome"-answer', difference({ kind: 'span', at: 'Rome' }, { kind: 'answer' })],
  ['token:"a"-top', difference({ kind: 'token', text: 'a' }, { kind: 'top' })],
  [
    'span:"a",label:B-LOC-span:"b",label:I-LOC',
    difference({ kind: 'span', at: 'a', label: 'B-LOC' }, { kind: 'span', at: 'b', label: 'I-LOC' }),
  ],
  ['span:"Jean-Paul, 20:30 – 5-3"', { kind: 'span', at: 'Jean-Paul, 20:30 – 5-3' }],
  ['span:"a "quoted" word"', { kind: 'span', at: 'a "quoted" word' }],
  ['token:"""', { kind: 'token', text: '"' }],
  ['token:"""-token:"-"', difference({ kind: 'token', text: '"' }, { kind: 'token', text: '-' })],
  ['token:"token:"-token:"label:"', difference({ kind: 'token', text: 'token:' }, { kind: 'token', text: 'label:' })],
  ['span:"👩‍🚀 שלום\n"-span:"😀"', difference({ kind: 'span', at: '👩‍🚀 שלום\n' }, { kind: 'span', at: '😀' })],
  ['label:"tiger shark"-label:pen', difference({ kind: 'index', index: [3] }, { kind: 'index', index: [6] })],
  ['output:a,label:pen-label:tench', difference({ kind: 'index', output: 'a', index: [6] }, { kind: 'index', output: 'a', index: [0] })],
  ['output:a,3-output:b,5', difference({ kind: 'index', output: 'a', index: [3] }, { kind: 'index', output: 'b', index: [5] })],
  ['class:3-class:5', difference({ kind: 'class', class: 3 }, { kind: 'class', class: 5 })],
  ['weights=my-file.npy', { kind: 'weights', weights }],
  ['value:a-b:0,1', { kind: 'value', value: 'a-b:0', index: [1] }],
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
  ['label:', 'names no label'],
  ['label:tenhc', "no class is called 'tenhc': did you mean tench?"],
  ['token:"Paris', 'opens a quote and does not close it'],
  ['span:"a" b', 'opens a quote and does not close it'],
  ['span:', 'names no words'],
  ['span:""', 'names no words'],
  ['span:"a",label:', 'names no label'],
  ['tag:', 'names no label'],
  ['answer:', "'answer:' is no target"],
  ['3-', "'3-' is no target"],
  ['1-2-3', "'1-2-3' is no target"],
  ['output:a,value:b', "only an index, top, label, token, class or weights can follow an output's name"],
  ['output:a,span:"b"', "only an index, top, label, token, class or weights can follow an output's name"],
])('%s is refused in one sentence', (text, message) => {
  expect(() => parseTarget(text, { labels, tensor: () => weights })).toThrow(message);
});

const spelled: readonly TextTarget[] = [
  { kind: 'token', text: ' Paris' },
  { kind: 'token', text: 'a-b, "c": 😀', mask: 3 },
  { kind: 'span', at: { start: 3, end: 11 }, label: 2 },
  { kind: 'span', at: '"' },
  { kind: 'span', at: 'a-top', label: 'B-LOC' },
  { kind: 'answer' },
  { kind: 'tag', label: 'I-PER' },
];
test.each(spelled)('%j is read as it is written', (target) => {
  expect(parseTarget(written(target))).toEqual(target);
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
