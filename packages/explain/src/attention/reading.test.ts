import { builder, tensorOf, type Builder, type Value } from '@vitrine/ir';
import { describe, expect, test } from 'vitest';
import { readingFor } from './reading.js';

/** Attention over 5 tokens, and how what follows reads them. */
function layerThen(read: (b: Builder, tokens: Value) => Value) {
  const b = builder();
  const x = b.input('x', { dtype: 'float32', shape: [1, 5, 4] });
  const weights = b.op.Softmax(b.op.MatMul(x, b.op.Transpose(x, { perm: [0, 2, 1] })), { axis: -1 });
  const graph = b.build([read(b, b.op.MatMul(weights, x))]);
  return { graph, layer: { weights, queries: 5, keys: 5 } };
}
const asked = { token: -1, show: 'token' } as const;

describe('the row that is read', () => {
  test.each([
    ['the first token, by Gather', 0, (b, v) => b.op.Gather(v, b.scalar(0, 'int64'), { axis: 1 })],
    ['the last token, by Gather', 4, (b, v) => b.op.Gather(v, b.scalar(-1, 'int64'), { axis: 1 })],
    ['a token, by Slice', 3, (b, v) => b.op.Slice(v, b.ints([3]), b.ints([4]), b.ints([1]))],
    ['all tokens, by their mean', 'mean', (b, v) => b.op.ReduceMean(v, b.ints([1]), { keepdims: 0 })],
    [
      'all tokens but masked ones, by their sum',
      'mean',
      (b, v) => b.op.ReduceSum(b.op.Mul(v, b.initializer(tensorOf('float32', [1, 5, 1], [1, 1, 1, 0, 0]))), b.ints([1]), { keepdims: 0 }),
    ],
    ['the first where nothing tells', 0, (b, v) => b.op.Reshape(v, b.ints([1, 20]))],
  ] as readonly (readonly [string, number | 'mean', (b: Builder, v: Value) => Value])[])('is %s', (_, expected, read) => {
    const { graph, layer } = layerThen(read);
    expect(readingFor(graph, layer, asked, undefined, 'm')).toBe(expected);
  });

  test('is the position of the target in a model that answers for each token', () => {
    const { graph, layer } = layerThen((b, v) => b.op.Tanh(v));
    expect(readingFor(graph, layer, asked, { kind: 'index', index: [3, 1] }, 'm')).toBe(3);
    const minus = { kind: 'index', index: [3, 2] } as const;
    expect(readingFor(graph, layer, asked, { kind: 'difference', of: { kind: 'index', index: [2, 1] }, minus }, 'm')).toBe(2);
    expect(() => readingFor(graph, layer, asked, undefined, 'm')).toThrow('m: the model answers for each of 5 tokens: say which');
  });

  test('is the one that is asked for, if there is one', () => {
    const { graph, layer } = layerThen((b, v) => b.op.ReduceMean(v, b.ints([1])));
    expect(readingFor(graph, layer, { ...asked, token: 2 }, undefined, 'm')).toBe(2);
    expect(() => readingFor(graph, layer, { ...asked, token: 5 }, undefined, 'm')).toThrow(
      'm: token 5 was asked for and there are tokens 0 to 4',
    );
  });
});
