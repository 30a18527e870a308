import { isFloat, numbersOf, producers, valuesByName, type Graph, type Node, type Ops, type Value, dtypes } from '@vitrine/ir';
import { decompose, type DecompositionContext, type DecompositionTable } from '../../canonize/decomposition.js';
import { decompositions } from '../../canonize/index.js';
import { mergeBatchNorm } from '../../canonize/mergeBatchNorm.js';
import { fuse } from '../../canonize/fuse.js';
import { rankOf } from '../../fit.js';
import { between } from '../../prepare.js';
import { moving } from './reference.js';

type Common = Pick<DecompositionContext, 'b' | 'fail' | 'op'>;

/** 1 where the condition holds, else 0, as arithmetic: what it hangs on takes its part of Δ. */
function step(c: Common, condition: Value): Value {
  const { op, b } = c;
  const made = b.producer(condition);
  const [u, v] = made?.inputs ?? [];
  const real = (w: Value): Value => (isFloat(w.type.dtype) ? w : op.Cast(w, { to: dtypes.float32.code }));
  const sign = (p: Value, q: Value): Value => op.Sign(op.Sub(real(p), real(q)));
  const not = (s: Value): Value => op.Sub(1, s);
  const and = (p: Value, q: Value): Value => op.Mul(step(c, p), step(c, q));
  switch (made?.opType) {
    case 'Greater':
      return op.Relu(sign(u!, v!));
    case 'Less':
      return op.Relu(sign(v!, u!));
    case 'GreaterOrEqual':
      return not(op.Relu(sign(v!, u!)));
    case 'LessOrEqual':
      return not(op.Relu(sign(u!, v!)));
    case 'Equal':
      return u!.type.dtype === 'bool' ? unknown(c, made) : not(op.Abs(sign(u!, v!)));
    case 'Not':
      return not(step(c, u!));
    case 'And':
      return and(u!, v!);
    case 'Or':
      return not(op.Mul(not(step(c, u!)), not(step(c, v!))));
    case 'Cast':
      return u!.type.dtype === 'bool' ? step(c, u!) : op.Abs(op.Sign(real(u!)));
    case 'Identity':
    case 'Reshape':
    case 'Unsqueeze':
    case 'Squeeze':
    case 'Expand':
    case 'Transpose':
      return b.node(made.opType, [step(c, u!), ...made.inputs.slice(1)], made.attrs)[0]!;
    default:
      return made === undefined ? op.Cast(condition, { to: dtypes.float32.code }) : unknown(c, made);
  }
}

const unknown = (c: Common, { opType, name }: Node): never =>
  c.fail(
    `chooses by ${opType} (at ${name}), whose truth depends on what is explained in a way that DeepLIFT cannot follow: explain from a value behind this node`,
  );

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

/** Operators that DeepLIFT sees as what they are made of, so that Δ is complete. */
const own = {
  Cast: (c) => [c.op.Cast(step(c, c.x[0]), { to: c.attrs.to })],
  LayerNormalization: (c) => normalized(c, true),
  LpNormalization: ({ op, b, x: [x], attrs: { axis, p } }) => {
    const over = b.ints([axis]);
    const norm = p === 1 ? op.ReduceSum(op.Abs(x), over) : op.Sqrt(op.ReduceSum(op.Mul(x, x), over));
    // Nothing has no direction.
    return [op.Div(x, op.Max(norm, op.Add(op.Mul(norm, 0), LEAST)))];
  },
  ReduceL1: ({ op, x, attrs }) => [summed(op, x, attrs, op.Abs(x[0]))],
  ReduceL2: ({ op, x, attrs }) => [op.Sqrt(summed(op, x, attrs, op.Mul(x[0], x[0])))],
  ReduceLogSum: ({ op, x, attrs }) => [op.Log(summed(op, x, attrs, x[0]))],
  ReduceSumSquare: ({ op, x, attrs }) => [summed(op, x, attrs, op.Mul(x[0], x[0]))],
  RMSNormalization: (c) => normalized(c as never, false),
  SimplifiedLayerNormalization: (c) => normalized(c as never, false),
  TopK: ({ op, b, x: [x], attrs: { axis, largest } }) => {
    const over = b.ints([axis]);
    return largest === 0 ? [op.ReduceMin(x, over), op.ArgMin(x, { axis })] : [op.ReduceMax(x, over), op.ArgMax(x, { axis })];
  },
  Where: (c) => [c.op.Where(c.op.Cast(step(c, c.x[0]), { to: dtypes.bool.code }), c.x[1], c.x[2])],
} satisfies DecompositionTable;

const table: DecompositionTable = { ...decompositions, ...own };

/**
 * The graph made ready for DeepLIFT between values of these names: operators that `hasRule` does not know are written out, and
 * conditions that depend on what is explained become steps.
 */
export function writtenOut(graph: Graph, from: readonly string[], to: readonly string[], hasRule: (node: Node) => boolean): Graph {
  let current = mergeBatchNorm(fuse(graph));
  for (;;) {
    const names = valuesByName(current);
    const pick = (list: readonly string[]): readonly Value[] => list.flatMap((name) => names.get(name) ?? []);
    const path = between(current, pick(from), pick(to));
    const changed = moving(current, pick(from));
    const producer = producers(current);
    const { graph: next, moved } = decompose(
      current,
      table,
      (node) => path.has(node) && (hasRule(node) ? asksForMore(node, changed, producer) : node.outputs.some((v) => v && changed.has(v))),
    );
    if (next === current || moved.size === 0) return next;
    current = next;
  }
}

/** Nodes that have a rule, but for another case than this. */
function asksForMore({ opType, inputs }: Node, changed: ReadonlySet<Value>, producer: ReadonlyMap<Value, Node>): boolean {
  const [first] = inputs as readonly [Value];
  const madeOf = producer.get(first)?.inputs[0]?.type.dtype;
  if (opType === 'Where') return changed.has(first) && !(producer.get(first)?.opType === 'Cast' && madeOf !== undefined && isFloat(madeOf));
  if (opType === 'Cast') return first.type.dtype === 'bool' && changed.has(first);
  if (opType === 'TopK') return numbersOf(inputs[1]!)?.join() === '1' && changed.has(first);
  return false;
}
