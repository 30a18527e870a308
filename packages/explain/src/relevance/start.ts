import { dtypes, sizeOf, type Value } from '@vitrine/ir';
import { ExplainError } from '../error.js';
import type { Frame } from '../program.js';

export const TASKS = ['auto', 'classification', 'bbox-regression', 'binary-segmentation', 'generation'] as const;

export interface StartOptions {
  readonly task: (typeof TASKS)[number];
  readonly scaler: number;
  readonly threshold: number;
}

type Start = ReadonlyMap<Value, Value>;

const refuse = (message: string): never => {
  throw new ExplainError('bad-option', `dl-backtrace: ${message}`);
};

/** An output with the shares that the target has of it, 1 at the chosen element, and how its examples are laid out. */
interface Chosen {
  readonly f: Frame;
  readonly y: Value;
  readonly share: Value;
  /** Extents of one example. */
  readonly dims: readonly number[];
  /** Axes of one example in y. */
  readonly axes: readonly number[];
}

function chosen(f: Frame, y: Value): Chosen {
  const shape = y.type.shape as readonly number[];
  const lead = shape[0] === f.batch && shape.length > 1 ? 1 : 0;
  const dims = shape.slice(lead);
  return { f, y, share: f.gradient([y])[0]!, dims, axes: dims.map((_, i) => i + lead) };
}

/** The one output that a task which counts elements needs. */
const only = (f: Frame, reads: readonly Value[], task: string): Chosen =>
  reads.length === 1 ? chosen(f, reads[0]!) : refuse(`the task ${task} starts at one output, and the target reads ${reads.length}`);

const over = ({ f: { op, b }, axes }: Chosen, v: Value, how: 'ReduceSum' | 'ReduceMax'): Value => op[how](v, b.ints(axes));
const asFloat = ({ f: { op }, y }: Chosen, condition: Value): Value => op.Cast(condition, { to: dtypes[y.type.dtype as 'float32'].code });
/** v, its sum brought to the scaler where that is not 0. */
function scaledTo(c: Chosen, v: Value, scaler: number): Value {
  const { op } = c.f;
  if (scaler === 0) return v;
  const sum = over(c, v, 'ReduceSum');
  const some = op.Greater(sum, 0);
  return op.Where(some, op.Mul(v, op.Div(scaler, op.Where(some, sum, 1))), v);
}

function objectMask(c: Chosen, threshold: number): Value {
  if (c.dims.length < 2)
    refuse(`binary-segmentation needs an output of pixels, and ${c.y.name} has shape [${c.dims.join(',')}] for each example`);
  return c.f.op.Greater(c.y, threshold);
}

function checkGeneration({ dims, y }: Chosen): void {
  if (dims.length !== 2)
    refuse(`generation needs an output of tokens and their scores, and ${y.name} has shape [${dims.join(',')}] for each example`);
}

/** Where relevance starts in default mode. Section 1.1. */
export function defaultStart(f: Frame, reads: readonly Value[], { task, scaler, threshold }: StartOptions): readonly Start[] {
  const { op } = f;
  const at = (c: Chosen, v: Value): readonly Start[] => [new Map([[c.y, v]])];
  switch (task) {
    case 'auto':
    case 'classification':
      return scaler === 0 ? [f.start()] : [new Map(reads.map((y) => [y, op.Mul(chosen(f, y).share, scaler)]))];
    case 'bbox-regression': {
      const c = only(f, reads, task);
      return scaler === 0 ? [f.start()] : at(c, op.Add(op.Mul(c.y, 0), scaler / sizeOf(c.dims)));
    }
    case 'binary-segmentation': {
      const c = only(f, reads, task);
      const mask = objectMask(c, threshold);
      return at(c, op.Where(mask, scaler === 0 ? c.y : scaledTo(c, asFloat(c, mask), scaler), 0));
    }
    case 'generation': {
      const c = only(f, reads, task);
      checkGeneration(c);
      return at(c, op.Mul(c.share, scaler === 0 ? 1 : scaler));
    }
  }
}

/** Where the relevance for the answer and the one against it start in contrast mode. Section 1.1. */
export function contrastStart(f: Frame, reads: readonly Value[], options: StartOptions): readonly Start[] {
  const { op } = f;
  const { task, scaler, threshold } = options;
  if (task === 'generation') refuse('generation has no contrast: use mode default');
  const c = only(f, reads, 'contrast');
  const { y, share } = c;
  const both = (p: Value, n: Value): readonly Start[] => [new Map([[y, p]]), new Map([[y, scaledTo(c, n, scaler)]])];
  if (task === 'binary-segmentation') {
    const mask = objectMask(c, threshold);
    const isProbability = op.LessOrEqual(over(c, y, 'ReduceMax'), 1);
    const [[start]] = [defaultStart(f, reads, options)];
    return both(start!.get(y)!, op.Where(mask, op.Where(isProbability, op.Sub(1, y), 0), y));
  }
  const chosenValue = op.Mul(op.Relu(share), scaler === 0 ? y : scaler);
  const others = against(c);
  if (task !== 'bbox-regression') return both(chosenValue, others);
  return both(op.Add(op.Mul(y, 0), scaler === 0 ? over(c, y, 'ReduceMax') : scaler / sizeOf(c.dims)), others);
}

/** Values of the classes that the answer is held against: those the target subtracts, or all others at the places it reads. */
function against(c: Chosen): Value {
  const { f, y, share, dims } = c;
  const { op, b } = f;
  // Classes come first in pictures and last in sequences.
  const classes = dims.length > 2 ? c.axes[0]! : c.axes.at(-1)!;
  if (sizeOf(dims) === 1 || (y.type.shape as readonly number[])[classes] === 1) {
    if (!isBounded(f, y)) refuse(`a contrast needs other classes, and ${y.name} is the number of a regression: use mode default`);
    // The other answer of a probability.
    return op.Mul(op.Relu(share), op.Where(op.Less(y, 1), op.Sub(1, y), 0));
  }
  const subtracted = op.Relu(op.Neg(share));
  const isDifference = op.Greater(over(c, subtracted, 'ReduceMax'), 0);
  const places = op.ReduceMax(op.Abs(share), b.ints([classes]));
  const rest = op.Where(op.And(op.Greater(places, 0), op.Equal(share, 0)), y, 0);
  return op.Where(isDifference, op.Mul(subtracted, y), rest);
}

const BOUNDED: ReadonlySet<string> = new Set(['Sigmoid', 'HardSigmoid', 'Softmax', 'Clip']);
const MOVING: ReadonlySet<string> = new Set(['Identity', 'Reshape', 'Squeeze', 'Unsqueeze', 'Flatten', 'Transpose', 'Cast']);

/** Whether a value is a probability: what last computed it gives numbers between 0 and 1. */
function isBounded(f: Frame, y: Value): boolean {
  let node = f.b.producer(y);
  while (node !== undefined && MOVING.has(node.opType)) node = f.b.producer(node.inputs[0]!);
  return node !== undefined && BOUNDED.has(node.opType);
}
