import {
  dtypes,
  isFloat,
  numbersOf,
  producers,
  reducedAxes,
  uses,
  valuesByName,
  type Graph,
  type Node,
  type Ops,
  type Value,
} from '@vitrine/ir';
import { decompose, type DecompositionContext, type DecompositionTable } from '../../canonize/decomposition.js';
import { decompositions } from '../../canonize/index.js';
import { mergeBatchNorm } from '../../canonize/mergeBatchNorm.js';
import { fuse } from '../../canonize/fuse.js';
import { extents, rankOf } from '../../fit.js';
import { between } from '../../prepare.js';
import { moving } from './reference.js';
import { sortedValues } from './sort.js';
import { guarded, step } from './steps.js';

/** In place of a norm of 0. */
const LEAST = 1e-30;

/** Centred or not, divided by the root of the mean square plus ε, times scale. */
function normalized(
  { op, b, node, x: [x, scale, bias], attrs }: DecompositionContext<'LayerNormalization'>,
  centred: boolean,
): readonly (Value | undefined)[] {
  const rank = rankOf(x, node);
  const first = attrs.axis < 0 ? attrs.axis + rank : attrs.axis;
  const over = b.ints(Array.from({ length: rank - first }, (_, i) => first + i));
  const mean = centred ? op.ReduceMean(x, over) : undefined;
  const apart = mean === undefined ? x : op.Sub(x, mean);
  const deviation = op.Sqrt(op.Add(op.ReduceMean(op.Mul(apart, apart), over), attrs.epsilon));
  const scaled = op.Mul(op.Div(apart, deviation), scale);
  const y = bias === undefined ? scaled : op.Add(scaled, bias);
  const inverse = node.outputs.length > 1 ? op.Reciprocal(deviation) : undefined;
  return mean === undefined ? [y, inverse] : [y, mean, inverse];
}

interface Reduction {
  readonly keepdims: number;
  readonly noop_with_empty_axes: number;
}
const summed = (op: Ops, [, axes]: readonly [Value, Value | undefined], attrs: Reduction, v: Value): Value => op.ReduceSum(v, axes, attrs);

const power = (op: Ops, x: Value, p: number): Value => (p === 2 ? op.Mul(x, x) : p === 1 ? op.Abs(x) : op.Pow(op.Abs(x), p));
const root = (op: Ops, v: Value, p: number): Value => (p === 2 ? op.Sqrt(v) : p === 1 ? v : op.Pow(v, 1 / p));

/** The product along an axis, of two halves at a time. */
function halves({ op, b, node }: Pick<DecompositionContext, 'b' | 'node' | 'op'>, v: Value, axis: number): Value {
  const n = extents(v, node)[axis]!;
  if (n <= 1) return v;
  const half = Math.floor(n / 2);
  const [first, second, rest] = op.Split(v, b.ints([half, half, n - 2 * half].slice(0, n % 2 === 0 ? 2 : 3)), {
    axis,
    outputs: 2 + (n % 2),
  });
  const product = halves({ op, b, node }, op.Mul(first!, second!), axis);
  return rest === undefined ? product : op.Mul(product, rest);
}

/** Operators that DeepLIFT sees as what they are made of, so that Δ is complete. */
const own = {
  Clip: ({ op, x: [x, low, high] }) => {
    const above = low === undefined ? x : op.Max(x, low);
    return [high === undefined ? above : op.Min(above, high)];
  },
  Cast: (c) => [c.op.Cast(step(c, c.x[0]), { to: c.attrs.to })],
  GlobalLpPool: ({ op, b, node, x: [x], attrs: { p } }) => {
    const spatial = b.ints(extents(x, node).flatMap((_, i) => (i < 2 ? [] : [i])));
    return [root(op, op.ReduceSum(power(op, x, p), spatial), p)];
  },
  LayerNormalization: (c) => normalized(c, true),
  LpNormalization: ({ op, b, x: [x], attrs: { axis, p } }) => {
    const over = b.ints([axis]);
    const norm = p === 1 ? op.ReduceSum(op.Abs(x), over) : op.Sqrt(op.ReduceSum(op.Mul(x, x), over));
    // Nothing has no direction.
    return [op.Div(x, op.Max(norm, op.Add(op.Mul(norm, 0), LEAST)))];
  },
  LpPool: ({ op, x: [x], attrs: { p, ...window } }) => {
    const mean = op.AveragePool(power(op, x, p), { ...window, count_include_pad: 1 });
    return [
      root(
        op,
        op.Mul(
          mean,
          window.kernel_shape.reduce((n, k) => n * k, 1),
        ),
        p,
      ),
    ];
  },
  ReduceL1: ({ op, x, attrs }) => [summed(op, x, attrs, op.Abs(x[0]))],
  ReduceL2: ({ op, x, attrs }) => [op.Sqrt(summed(op, x, attrs, op.Mul(x[0], x[0])))],
  ReduceLogSum: ({ op, x, attrs }) => [op.Log(summed(op, x, attrs, x[0]))],
  ReduceProd: (c) => {
    const { op, b, node, attrs } = c;
    const [x, given] = c.x;
    const dims = extents(x, node);
    const axes = reducedAxes(dims.length, given === undefined ? [] : numbersOf(given), attrs.noop_with_empty_axes);
    if (axes === undefined) return c.fail('reduces axes that only running tells');
    const all = axes.reduce((v, axis) => halves(c, v, axis), x);
    return [attrs.keepdims === 1 || axes.length === 0 ? all : op.Squeeze(all, b.ints(axes))];
  },
  ReduceSumSquare: ({ op, x, attrs }) => [summed(op, x, attrs, op.Mul(x[0], x[0]))],
  RMSNormalization: (c) => normalized(c as never, false),
  SimplifiedLayerNormalization: (c) => normalized(c as never, false),
  TopK: sortedValues,
  Where: (c) => {
    const chosen = c.op.Cast(step(c, c.x[0]), { to: dtypes.bool.code });
    return [c.op.Where(chosen, guarded(c, chosen, c.x[1], true), guarded(c, chosen, c.x[2], false))];
  },
} satisfies DecompositionTable;

const table: DecompositionTable = { ...decompositions, ...own };

/**
 * The graph made ready for DeepLIFT between values of these names: operators that `hasRule` does not know are written out, and
 * conditions that depend on what is explained become steps.
 */
export function writtenOut(graph: Graph, from: readonly string[], to: readonly string[], hasRule: (node: Node) => boolean): Graph {
  let current = merged(graph, [...from, ...to]);
  for (;;) {
    const names = valuesByName(current);
    const pick = (list: readonly string[]): readonly Value[] => list.flatMap((name) => names.get(name) ?? []);
    const path = between(current, pick(from), pick(to));
    const changed = moving(current, pick(from));
    const known = { changed, producer: producers(current), used: new Set([...current.nodes.flatMap(uses), ...current.outputs]) };
    const { graph: next, moved } = decompose(
      current,
      table,
      (node) => path.has(node) && (hasRule(node) ? asksForMore(node, known) : node.outputs.some((v) => v && changed.has(v))),
    );
    if (next === current || moved.size === 0) return next;
    current = next;
  }
}

/** In fewer and larger pieces, as long as values of these names stay. */
function merged(graph: Graph, kept: readonly string[]): Graph {
  const whole = mergeBatchNorm(fuse(graph));
  const names = valuesByName(whole);
  return kept.every((name) => names.has(name)) ? whole : graph;
}

interface Known {
  readonly changed: ReadonlySet<Value>;
  readonly producer: ReadonlyMap<Value, Node>;
  readonly used: ReadonlySet<Value>;
}

/** Cases of operators that have a rule, but not for this. */
const furtherCases: { readonly [opType: string]: (node: Node, known: Known) => boolean } = {
  Cast: ({ inputs: [x] }) => x?.type.dtype === 'bool',
  Clip: ({ inputs: [, ...bounds] }, { changed }) => bounds.some((v) => v !== undefined && changed.has(v)),
  TopK: ({ outputs: [values] }, { used }) => values !== undefined && used.has(values),
  Where: ({ inputs: [condition] }, { changed, producer }) => {
    const before = producer.get(condition!);
    const isStep = before?.opType === 'Cast' && isFloat(before.inputs[0]!.type.dtype);
    return changed.has(condition!) && !isStep;
  },
};

const asksForMore = (node: Node, known: Known): boolean =>
  Object.hasOwn(furtherCases, node.opType) &&
  node.inputs.some((v) => v !== undefined && known.changed.has(v)) &&
  furtherCases[node.opType]!(node, known);
