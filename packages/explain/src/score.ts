import { numbers, sizeOf, tensorOf, type Builder, type Tensor, type Value } from '@vitrine/ir';
import { ExplainError } from './error.js';
import { outputOf } from './resolve.js';
import type { Fed, Resolved } from './target.js';

/** Targets made of others. */
type Combined = Extract<Resolved, { readonly kind: 'difference' | 'product' | 'sum' }>;
/** Targets that are elements of one value. */
type Placed = Exclude<Resolved, Combined | { readonly kind: 'top' }>;
/** Flat positions in one example, and their weights unless all are 1. */
type Positions = readonly [positions: readonly number[], weights?: readonly number[] | undefined];

const bad = (message: string): never => {
  throw new ExplainError('bad-target', message);
};

function partsOf(target: Resolved): readonly Resolved[] | undefined {
  switch (target.kind) {
    case 'difference':
      return [target.of, target.minus];
    case 'product':
      return [target.of, target.times];
    case 'sum':
      return target.of;
    default:
      return undefined;
  }
}

/** Values a target reads, by name, each once; undefined stands for the first output. */
export function reads(target: Resolved): readonly (string | undefined)[] {
  const parts = partsOf(target);
  return parts === undefined ? [valueIn(target)] : [...new Set(parts.flatMap(reads))];
}

const valueIn = (target: Resolved): string | undefined =>
  target.kind === 'value' ? target.value : 'output' in target ? target.output : undefined;

/**
 * Adds the score to a graph: [B], one number per example. `find` gives the value of a name, undefined the first output.
 * `batch` is the number of examples along axis 0; 1 also for graphs without a batch axis.
 * @throws ExplainError 'bad-target' when an index lies outside
 */
export function addScore(b: Builder, target: Resolved, find: (name: string | undefined) => Value, batch: number): Value {
  const { op } = b;
  const scoreOf = (part: Resolved): Value => addScore(b, part, find, batch);
  switch (target.kind) {
    case 'difference':
      return op.Sub(scoreOf(target.of), scoreOf(target.minus));
    case 'product':
      return op.Mul(scoreOf(target.of), scoreOf(target.times));
    case 'sum':
      return summed(b, target, find, batch, scoreOf);
    case 'top': {
      const flat = op.Reshape(find(target.output), b.ints([batch, -1]));
      const last = op.Slice(flat, b.ints([-1]), b.ints([2 ** 31]), b.ints([0]));
      const best = op.Reshape(op.ArgMax(last, { axis: 1 }), b.ints([1]));
      return op.ReduceSum(op.Gather(flat, best, { axis: 1 }), b.ints([1]), { keepdims: 0 });
    }
    default: {
      const y = find(valueIn(target));
      if (target.kind === 'index' && target.fed !== undefined) return pickedAs(b, y, batch, target.fed, find);
      return picked(b, y, batch, positionsOf(target, innerOf(y, batch), y.name));
    }
  }
}

/** The score of one example, from what the model gave for it; undefined where a target reads inner values. @throws ExplainError 'bad-target' */
export function scoreFrom(target: Resolved, outputs: ReadonlyMap<string, Tensor>): number | undefined {
  const parts = partsOf(target);
  if (parts !== undefined) {
    const scores = parts.map((part) => scoreFrom(part, outputs));
    return scores.every((score) => score !== undefined) ? combined(target as Combined, scores) : undefined;
  }
  if (!isPlaced(target) || target.kind === 'value') return undefined;
  const y = outputOf(target.output, outputs);
  const values = numbers(y);
  const [positions, weights] = positionsOf(target, y.dims[0] === 1 ? y.dims.slice(1) : y.dims, target.output ?? [...outputs.keys()][0]!);
  return positions.reduce((sum, p, i) => sum + (weights?.[i] ?? 1) * Number(values[p]), 0);
}

function combined(target: Combined, scores: readonly number[]): number {
  const [first, second] = scores as readonly [number, number];
  switch (target.kind) {
    case 'difference':
      return first - second;
    case 'product':
      return first * second;
    case 'sum':
      return scores.reduce((sum, score, i) => sum + (target.weights?.[i] ?? 1) * score, 0);
  }
}

/** The axes of one example. */
function innerOf({ type }: Value, batch: number): readonly number[] {
  const dims = type.shape as readonly number[];
  return dims[0] === batch ? dims.slice(1) : dims;
}

/** The weighted sum of elements of each example: [B]. */
function picked(b: Builder, y: Value, batch: number, [positions, weights]: Positions): Value {
  const { op } = b;
  const flat = op.Reshape(y, b.ints([batch, -1]));
  const all = positions.length === sizeOf(innerOf(y, batch)) && positions.every((p, i) => p === i);
  const part = all ? flat : op.Gather(flat, b.ints(positions), { axis: 1 });
  const weighted =
    weights === undefined
      ? part
      : op.Mul(part, b.initializer(tensorOf(y.type.dtype as 'float32', [1, weights.length], weights), 'target/weights'));
  return op.ReduceSum(weighted, b.ints([1]), { keepdims: 0 });
}

/** The element that an input names: [B]. */
function pickedAs(b: Builder, y: Value, batch: number, { at, among }: Fed, find: (name: string) => Value): Value {
  if (among === undefined) return picked(b, y, batch, [[at]]);
  const flat = b.op.Reshape(y, b.ints([batch, -1]));
  const one = b.op.Gather(find(among), b.ints([at]));
  return b.op.ReduceSum(b.op.Gather(flat, one, { axis: 1 }), b.ints([1]), { keepdims: 0 });
}

/** Elements of one value are picked together, whatever their number; the rest is added one by one. */
function summed(
  b: Builder,
  { of, weights }: Extract<Resolved, { readonly kind: 'sum' }>,
  find: (name: string | undefined) => Value,
  batch: number,
  scoreOf: (part: Resolved) => Value,
): Value {
  if (of.length === 0) bad('a sum needs at least one target');
  if (weights !== undefined && weights.length !== of.length) bad(`a sum of ${of.length} targets has ${weights.length} weights`);
  const elements = new Map<Value, { readonly positions: number[]; readonly weights: number[] }>();
  const others: Value[] = [];
  for (const [i, part] of of.entries()) {
    const weight = weights?.[i] ?? 1;
    if (!isPlaced(part)) {
      const score = scoreOf(part);
      others.push(weight === 1 ? score : b.op.Mul(score, b.scalar(weight, score.type.dtype as 'float32')));
      continue;
    }
    const y = find(valueIn(part));
    const [positions, own] = positionsOf(part, innerOf(y, batch), y.name);
    const known = elements.get(y) ?? { positions: [], weights: [] };
    elements.set(y, known);
    known.positions.push(...positions);
    known.weights.push(...positions.map((_, k) => weight * (own?.[k] ?? 1)));
  }
  const scores = [...elements].map(([y, { positions, weights: own }]) =>
    picked(b, y, batch, [positions, own.every((w) => w === 1) ? undefined : own]),
  );
  return [...scores, ...others].reduce((left, right) => b.op.Add(left, right));
}

const isPlaced = (target: Resolved): target is Placed => partsOf(target) === undefined && target.kind !== 'top' && !('fed' in target);

function positionsOf(target: Placed, dims: readonly number[], name: string): Positions {
  const shape = `[${dims.join(',')}]`;
  if (target.kind === 'weights') {
    const given = target.weights.dims;
    const size = sizeOf(dims);
    if (sizeOf(given) !== size) bad(`the weights have shape [${given.join(',')}], ${name} has ${shape}`);
    const values = numbers(target.weights);
    const positions = Array.from(values.keys()).filter((i) => values[i] !== 0);
    if (positions.length === 0) bad('the weights are all zero');
    return [positions, positions.map((i) => values[i]!)];
  }
  if (target.kind === 'class') return classPositions(target, dims, name);
  const { index } = target;
  const lifted = index.length === dims.length + 1 && index[0] === 0 ? index.slice(1) : index;
  if (lifted.length > dims.length) bad(`index ${index.join(',')} has more axes than ${name} ${shape}`);
  lifted.forEach((i, axis) => i >= dims[axis]! && bad(`index ${index.join(',')} lies outside ${name} ${shape}`));
  if (target.kind === 'index' && lifted.length < dims.length && sizeOf(dims.slice(lifted.length)) > 1)
    bad(
      `${name} has ${shape} for each example: index ${index.join(',') || '(none)'} leaves more than one element; name all axes, or use weights=FILE or class:N`,
    );
  const rest = sizeOf(dims.slice(lifted.length));
  const start = lifted.reduce((at, i, axis) => at * dims[axis]! + i, 0) * rest;
  return [Array.from({ length: rest }, (_, i) => start + i)];
}

function classPositions(
  { class: c, mask }: Extract<Resolved, { readonly kind: 'class' }>,
  dims: readonly number[],
  name: string,
): Positions {
  if (dims.length < 2) bad(`class:${c} needs an output of classes and pixels, ${name} is [${dims.join(',')}]`);
  const [classes, ...spatial] = dims as readonly [number, ...number[]];
  if (c >= classes) bad(`class ${c} lies outside the ${classes} classes of ${name}`);
  const pixels = sizeOf(spatial);
  const all = Array.from({ length: pixels }, (_, i) => c * pixels + i);
  if (mask === undefined) return [all];
  if (mask === 'predicted') return bad('the predicted mask is not looked up yet');
  if (sizeOf(mask.dims) !== pixels) bad(`the mask has shape [${mask.dims.join(',')}], the output has [${spatial.join(',')}] pixels`);
  const values = numbers(mask);
  const positions = all.filter((_, i) => values[i] !== 0);
  if (positions.length === 0) bad('the mask is empty');
  return [positions, positions.map((p) => values[p - c * pixels]!)];
}
