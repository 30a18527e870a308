import { builder, tensorOf, type Graph, type Value } from '@vitrine/ir';
import { expect, test } from 'vitest';
import { classLabels } from './classLabels.js';

function classifier(
  labels: { readonly classlabels_ints?: readonly number[]; readonly classlabels_strings?: readonly string[] },
  columns?: number,
): Graph {
  const b = builder();
  const x = b.input('x', { dtype: 'float32', shape: ['N', 2] });
  const attrs = { ...labels, coefficients: [1, 2, 3, 4, 5, 6] };
  const scores = (b.node('ai.onnx.ml.LinearClassifier', [x], attrs, 2) as readonly Value[])[1]!;
  const doubled = b.op.Mul(scores, 2);
  return b.build([
    columns === undefined
      ? doubled
      : b.op.MatMul(doubled, b.initializer(tensorOf('float32', [3, columns], new Array<number>(3 * columns).fill(1)))),
  ]);
}

test('classes are called as the classifier behind the scores calls them', () => {
  expect(classLabels(classifier({ classlabels_strings: ['a', 'b', 'c'] }))).toEqual(['a', 'b', 'c']);
  expect(classLabels(classifier({ classlabels_ints: [3, 5, 8] }))).toEqual(['3', '5', '8']);
});

test('classes that are only counted have no names, and other scores than those of the classes have none of theirs', () => {
  expect(classLabels(classifier({ classlabels_ints: [0, 1, 2] }))).toBeUndefined();
  expect(classLabels(classifier({ classlabels_strings: ['a', 'b', 'c'] }, 2))).toBeUndefined();
});
