import { dtypes, tensorOf, type Ops, type Tensor, type Value } from '@vitrine/ir';
import { extents } from '../../fit.js';
import type { DecompositionContext, DecompositionTable } from '../decomposition.js';

const FLOAT32 = dtypes.float32.code;
const asFloat = (op: Ops, x: Value): Value => (x.type.dtype === 'float32' ? x : op.Cast(x, { to: FLOAT32 }));

/** What becomes of scores, by ONNX's name. */
const transforms: { readonly [name: string]: (op: Ops, y: Value) => Value } = {
  NONE: (_, y) => y,
  LOGISTIC: (op, y) => op.Sigmoid(y),
  SOFTMAX: (op, y) => op.Softmax(y, { axis: -1 }),
};

interface Linear {
  readonly coefficients: readonly number[];
  readonly intercepts?: readonly number[] | undefined;
  readonly post_transform: string;
}

/** Scores x · coefficientsᵀ + intercepts, transformed. */
function scores(
  c: Pick<DecompositionContext, 'b' | 'fail' | 'node' | 'op'>,
  x: Value,
  { coefficients, intercepts, post_transform: post }: Linear,
  rows: number,
): Value {
  const { op, b, node } = c;
  const columns = extents(x, node).at(-1)!;
  if (coefficients.length !== rows * columns) c.fail(`has ${coefficients.length} coefficients for ${rows} scores of ${columns} features`);
  const weight = b.initializer(tensorOf('float32', [rows, columns], coefficients), 'coefficients');
  const bias = intercepts?.length ? b.initializer(tensorOf('float32', [rows], intercepts), 'intercepts') : undefined;
  const transform = Object.hasOwn(transforms, post) ? transforms[post]! : c.fail(`transforms its scores by ${post}, which has no row`);
  return transform(op, op.Gemm(asFloat(op, x), weight, bias, { transB: 1 }));
}

/** A number, or one per feature. */
const perFeature = ({ b }: Pick<DecompositionContext, 'b'>, values: readonly number[], name: string): Value =>
  b.initializer(tensorOf('float32', values.length === 1 ? [] : [values.length], values), name);

/** Classical models and what prepares their features. */
export const ml = {
  'ai.onnx.ml.ArrayFeatureExtractor': ({ op, b, x: [x, at] }) => [op.Gather(x, op.Reshape(at, b.ints([-1])), { axis: -1 })],
  'ai.onnx.ml.FeatureVectorizer': ({ op, x }) => [op.Concat(...x.map((part) => asFloat(op, part)), { axis: 1 })],
  'ai.onnx.ml.Imputer': (c) => {
    const { op, x, attrs } = c;
    const { imputed_value_floats: imputed, replaced_value_float: replaced } = attrs;
    if (imputed === undefined) return c.fail('replaces whole numbers');
    const missing = Number.isNaN(replaced) ? op.IsNaN(x[0]) : op.Equal(x[0], replaced);
    return [op.Where(missing, perFeature(c, imputed, 'imputed'), x[0])];
  },
  'ai.onnx.ml.LinearClassifier': (c) => {
    const { op, b, node, x, attrs } = c;
    const { classlabels_ints: ints, classlabels_strings: strings } = attrs;
    const names: Tensor | undefined = strings?.length
      ? { dtype: 'string', dims: [strings.length], data: strings }
      : ints && tensorOf('int64', [ints.length], ints);
    const [count] = names?.dims ?? c.fail('has no class labels');
    const y = scores(c, x[0], attrs, count!);
    const label = (): Value => op.Gather(b.initializer(names!, 'labels'), op.ArgMax(y, { axis: -1, keepdims: 0 }));
    return [node.outputs[0] && label(), y];
  },
  'ai.onnx.ml.LinearRegressor': (c) => [
    scores(c, c.x[0], { ...c.attrs, coefficients: c.attrs.coefficients ?? c.fail('has no coefficients') }, c.attrs.targets),
  ],
  'ai.onnx.ml.Normalizer': (c) => {
    const { op, b, attrs } = c;
    const x = asFloat(op, c.x[0]);
    const last = b.ints([-1]);
    const norms: { readonly [name: string]: () => Value } = {
      L1: () => op.ReduceL1(x, last),
      L2: () => op.ReduceL2(x, last),
      MAX: () => op.ReduceMax(x, last),
    };
    return [op.Div(x, (norms[attrs.norm] ?? c.fail(`normalizes by ${attrs.norm}, which has no row`))())];
  },
  'ai.onnx.ml.Scaler': (c) => {
    const { op, attrs } = c;
    const shifted = attrs.offset === undefined ? asFloat(op, c.x[0]) : op.Sub(asFloat(op, c.x[0]), perFeature(c, attrs.offset, 'offset'));
    return [attrs.scale === undefined ? shifted : op.Mul(shifted, perFeature(c, attrs.scale, 'scale'))];
  },
} satisfies DecompositionTable;
