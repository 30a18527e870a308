import { sizeOf, type AttrValue, type Builder, type Value } from '@vitrine/ir';
import { any, constant, either, node, number, product, reduced, scalar, withNumber, zero, type Found, type Term } from './fuseMatch.js';

/** One operator in its place. */
export interface Fused {
  readonly inputs: readonly Value[];
  readonly attrs: { readonly [name: string]: AttrValue };
}

/** What exporters write out, and the operator it is. */
export interface Pattern {
  readonly opType: string;
  /** The operators it can end in. */
  readonly ends: readonly string[];
  readonly term: Term;
  /** The operator, from what was met, at its place in the builder; undefined where it does not fit after all. */
  readonly make: (found: Found, b: Builder, values: { readonly [name: string]: Value }) => Fused | undefined;
  /** Whether what was met fits. */
  readonly fits?: (found: Found) => boolean;
}

const x = any('x');
const mean = (of: Term): Term => reduced('ReduceMean', of);
const root = (of: Term): Term => either(node('Sqrt', of), node('Pow', of, number(0.5)));
const inverseRoot = (of: Term): Term =>
  either(node('Reciprocal', root(of)), node('Div', number(1), root(of)), node('Pow', of, number(-0.5)));
const square = (of: Term): Term => either(node('Pow', of, number(2)), node('Mul', of, of));
const overRoot = (of: Term, spread: Term): Term => either(node('Div', of, root(spread)), node('Mul', of, inverseRoot(spread)));

const centred = node('Sub', x, mean(x));
const layerNorm = overRoot(centred, node('Add', mean(square(centred)), scalar('epsilon')));
const rmsNorm = overRoot(x, node('Add', mean(square(x)), scalar('epsilon')));

/** Whether statistics are over the last axes, and scale and bias lie along these. */
const overLast = ({ values, lists }: Found): boolean => {
  const shape = values['x']!.type.shape;
  const axes = lists['axes']!;
  if (shape === undefined || axes.some((axis, i) => axis !== shape.length - axes.length + i)) return false;
  const own = shape.slice(axes[0]);
  const size = own.every((d) => typeof d === 'number') ? sizeOf(own) : undefined;
  return ['scale', 'bias'].every((name) => {
    const v = values[name];
    if (v === undefined) return true;
    const dims = v.type.shape ?? [];
    const isTrailing = dims.every((d, i) => (i < dims.length - own.length ? d === 1 : d === own[own.length - dims.length + i]));
    return size !== undefined && isTrailing && dims.length >= own.length;
  });
};

const normal: Pattern['make'] = ({ values: met, lists }, b, values) => {
  const own = met['x']!.type.shape!.slice(lists['axes']![0]) as readonly number[];
  if (own.some((d) => typeof d !== 'number')) return undefined;
  const along = (v: Value): Value => (v.type.shape?.length === own.length ? v : b.op.Reshape(v, b.ints(own)));
  const dtype = met['x']!.type.dtype as 'float32';
  const scale = values['scale'] === undefined ? b.op.Expand(b.scalar(1, dtype), b.ints(own)) : along(values['scale']);
  const bias = values['bias'] === undefined ? [] : [along(values['bias'])];
  return { inputs: [values['x']!, scale, ...bias], attrs: { axis: -own.length, epsilon: lists['epsilon']![0]! } };
};

const activation =
  (attrs: Fused['attrs'] = {}): Pattern['make'] =>
  (_, __, { x: data }) => ({ inputs: [data!], attrs });

const onePlus = (of: Term): Term => node('Add', of, number(1));
const SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);
const CUBIC = 0.044715;

/** √(2/π) (x + 0.044715 x³), as it is or with x outside of the bracket. Hendrycks and Gimpel 2016, section 2. */
const cubic = either(
  product(SQRT_2_OVER_PI, node('Add', x, product(CUBIC, x, x, x))),
  product(SQRT_2_OVER_PI, x, onePlus(product(CUBIC, x, x))),
);

const power = node('Exp', either(node('Sub', x, reduced('ReduceMax', x)), x));

/** min(max(x + 3, 0), 6). */
const shifted = node('Clip', node('Add', x, number(3)), zero, number(6));
const hardSigmoid = withNumber('alpha', 0.2, 1 / 6, withNumber('beta', 0.5, 0.5, node('HardSigmoid', x)));

/** In this order: the first that fits, from the last node to the first. Products of one kind come from longer to shorter. */
export const patterns: readonly Pattern[] = [
  {
    ends: ['Add'],
    term: node('Add', node('Mul', layerNorm, constant('scale')), constant('bias')),
    fits: overLast,
    opType: 'LayerNormalization',
    make: normal,
  },
  {
    ends: ['Mul'],
    term: node('Mul', layerNorm, constant('scale')),
    fits: overLast,
    opType: 'LayerNormalization',
    make: normal,
  },
  { ends: ['Div', 'Mul'], term: layerNorm, fits: overLast, opType: 'LayerNormalization', make: normal },
  {
    ends: ['Mul'],
    term: node('Mul', rmsNorm, constant('scale')),
    fits: overLast,
    opType: 'RMSNormalization',
    make: normal,
  },
  { ends: ['Div', 'Mul'], term: rmsNorm, fits: overLast, opType: 'RMSNormalization', make: normal },
  {
    ends: ['Mul', 'Div'],
    term: product(0.5, x, onePlus(node('Erf', product(Math.SQRT1_2, x)))),
    opType: 'Gelu',
    make: activation(),
  },
  { ends: ['Mul', 'Div'], term: product(0.5, x, onePlus(node('Tanh', cubic))), opType: 'Gelu', make: activation({ approximate: 'tanh' }) },
  { ends: ['Mul'], term: node('Mul', x, node('Sigmoid', x)), opType: 'com.microsoft.QuickGelu', make: activation({ alpha: 1 }) },
  {
    ends: ['Mul'],
    term: node('Mul', x, node('Sigmoid', product(1.702, x))),
    opType: 'com.microsoft.QuickGelu',
    make: activation({ alpha: 1.702 }),
  },
  { ends: ['Mul'], term: node('Mul', x, hardSigmoid), opType: 'HardSwish', make: activation() },
  { ends: ['Mul', 'Div'], term: product(1 / 6, x, shifted), opType: 'HardSwish', make: activation() },
  { ends: ['Mul', 'Div'], term: product(1 / 6, shifted), opType: 'HardSigmoid', make: activation({ alpha: 1 / 6, beta: 0.5 }) },
  {
    ends: ['Div'],
    term: node('Div', power, reduced('ReduceSum', power)),
    fits: ({ lists }) => lists['axes']!.length === 1,
    opType: 'Softmax',
    make: ({ lists }, _, { x: data }) => ({ inputs: [data!], attrs: { axis: lists['axes']![0]! } }),
  },
  { ends: ['Mul'], term: node('Mul', x, node('Tanh', node('Softplus', x))), opType: 'Mish', make: activation() },
];
