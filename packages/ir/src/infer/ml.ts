import type { Dim, Shape, Value } from '../graph.js';
import { sizeOf } from '../tensor.js';
import { isStatic, shapeOf, type InferTable } from './context.js';

/** Operators of ai.onnx.ml: rows are examples, columns features. */
export const ml = {
  'ai.onnx.ml.ArrayFeatureExtractor': (c) => {
    const [x, at] = c.x.map(shapeOf) as [Shape, Shape];
    const count = at.length === 1 ? at[0]! : isStatic(at) ? sizeOf(at) : c.fresh();
    return [[...(x.length === 1 ? [1] : x.slice(0, -1)), count]];
  },
  'ai.onnx.ml.Binarizer': ({ x: [x] }) => [shapeOf(x)],
  'ai.onnx.ml.CategoryMapper': ({ x: [x] }) => [{ dtype: x.type.dtype === 'string' ? 'int64' : 'string', shape: shapeOf(x) }],
  'ai.onnx.ml.FeatureVectorizer': (c) => {
    const widths = c.x.map((value) => shapeOf(value)[1]!);
    const total = widths.reduce<Dim>((sum, width) => (typeof sum === 'number' && typeof width === 'number' ? sum + width : c.fresh()), 0);
    return [[shapeOf(c.x[0]!)[0]!, total]];
  },
  'ai.onnx.ml.Imputer': ({ x: [x] }) => [shapeOf(x)],
  'ai.onnx.ml.LabelEncoder': ({ x: [x], attrs }) => {
    const { values_strings: strings, values_int64s: ints, values_floats: floats, values_tensor: tensor } = attrs;
    const dtype = strings ? 'string' : ints ? 'int64' : floats ? 'float32' : (tensor?.dtype ?? 'unknown');
    return [{ dtype, shape: shapeOf(x) }];
  },
  'ai.onnx.ml.LinearClassifier': ({ x: [x], attrs, outputs }) =>
    classified(x, attrs.classlabels_ints, attrs.classlabels_strings).slice(0, outputs),
  'ai.onnx.ml.LinearRegressor': ({ x: [x], attrs: { targets } }) => [[shapeOf(x)[0]!, targets]],
  'ai.onnx.ml.Normalizer': ({ x: [x] }) => [shapeOf(x)],
  'ai.onnx.ml.OneHotEncoder': ({ x: [x], attrs: { cats_int64s: ints = [], cats_strings: strings = [] } }) => [
    [...shapeOf(x), Math.max(ints.length, strings.length)],
  ],
  'ai.onnx.ml.Scaler': ({ x: [x] }) => [shapeOf(x)],
  // Without probabilities, the number of scores depends on the kernel: it is measured.
  'ai.onnx.ml.SVMClassifier': (c) => {
    const { classlabels_ints: ints, classlabels_strings: strings, prob_a: probabilities } = c.attrs;
    const [label, each] = classified(c.x[0], ints, strings);
    return [label, probabilities?.length ? each : [rowsOf(c.x[0]), c.fresh()]].slice(0, c.outputs) as [typeof label, typeof each];
  },
  'ai.onnx.ml.SVMRegressor': ({ x: [x] }) => [[rowsOf(x), 1]],
  'ai.onnx.ml.TreeEnsemble': ({ x: [x], attrs }) => [[rowsOf(x), attrs.n_targets ?? 1]],
  'ai.onnx.ml.TreeEnsembleClassifier': ({ x: [x], attrs, outputs }) =>
    classified(x, attrs.classlabels_int64s, attrs.classlabels_strings).slice(0, outputs),
  'ai.onnx.ml.TreeEnsembleRegressor': ({ x: [x], attrs: { n_targets: targets } }) => [[rowsOf(x), targets ?? 1]],
} satisfies InferTable;

/** A vector is one example. */
const rowsOf = (x: Value): Dim => (shapeOf(x).length === 1 ? 1 : shapeOf(x)[0]!);

/** A label for each example, and scores of the classes. */
const classified = (x: Value, ints: readonly number[] = [], strings: readonly string[] = []) =>
  [{ dtype: strings.length > 0 ? 'string' : 'int64', shape: [rowsOf(x)] }, [rowsOf(x), Math.max(ints.length, strings.length)]] as const;
