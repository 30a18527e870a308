import type { Dim } from '../graph.js';
import { shapeOf, type InferTable } from './context.js';

/** Operators of ai.onnx.ml: rows are examples, columns features. */
export const ml = {
  'ai.onnx.ml.ArrayFeatureExtractor': ({ x: [x, at] }) => [[...shapeOf(x).slice(0, -1), shapeOf(at).at(-1)!]],
  'ai.onnx.ml.FeatureVectorizer': (c) => {
    const widths = c.x.map((value) => shapeOf(value)[1]!);
    const total = widths.reduce<Dim>((sum, width) => (typeof sum === 'number' && typeof width === 'number' ? sum + width : c.fresh()), 0);
    return [[shapeOf(c.x[0]!)[0]!, total]];
  },
  'ai.onnx.ml.Imputer': ({ x: [x] }) => [shapeOf(x)],
  'ai.onnx.ml.LinearClassifier': ({ x: [x], attrs, outputs }) => {
    const classes = (attrs.classlabels_ints ?? attrs.classlabels_strings ?? []).length;
    const dtype = attrs.classlabels_strings === undefined ? 'int64' : 'string';
    return [{ dtype, shape: [shapeOf(x)[0]!] } as const, [shapeOf(x)[0]!, classes]].slice(0, outputs);
  },
  'ai.onnx.ml.LinearRegressor': ({ x: [x], attrs: { targets } }) => [[shapeOf(x)[0]!, targets]],
  'ai.onnx.ml.Normalizer': ({ x: [x] }) => [shapeOf(x)],
  'ai.onnx.ml.Scaler': ({ x: [x] }) => [shapeOf(x)],
} satisfies InferTable;
