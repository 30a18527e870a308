import { numbers, tensorOf, sizeOf, type Builder, type Tensor, type Value } from '@vitrine/ir';
import { ExplainError } from './error.js';

/** The number that is explained: one per example. */
export type Target =
  /** An element of an output, its axes behind the batch; the first output unless named. `name` is what people call it. */
  | { readonly kind: 'index'; readonly output?: string; readonly index: readonly number[]; readonly name?: string }
  /** A token of the vocabulary, as the next one: text that a tokenizer reads as one token. */
  | { readonly kind: 'token'; readonly output?: string; readonly text: string }
  /** The class with the highest score. */
  | { readonly kind: 'top'; readonly output?: string }
  /** Why this rather than that. */
  | { readonly kind: 'difference'; readonly of: Target; readonly minus: Target }
  /** A weighted sum of an output. */
  | { readonly kind: 'weights'; readonly output?: string; readonly weights: Tensor }
  /** One class of a segmentation, over a mask [H,W] or all pixels. */
  | { readonly kind: 'class'; readonly output?: string; readonly class: number; readonly mask?: Tensor | 'predicted' }
  /** The score of a detection, the boxes in order of their scores. */
  | { readonly kind: 'box'; readonly rank: number }
  /** An inner value: a neuron by its full index, or a channel summed over its positions. */
  | { readonly kind: 'value'; readonly value: string; readonly index: readonly number[] };

/**
 * A target with nothing left to look up outside the graph; `top` finds the class of the last example in the batch. Where the graph has an
 * input for the last number of an index, `fed` names it.
 */
export type Resolved =
  | Exclude<Target, { readonly kind: 'box' | 'difference' | 'token' | 'index' }>
  | (Extract<Target, { readonly kind: 'index' }> & { readonly fed?: string })
  | { readonly kind: 'difference'; readonly of: Resolved; readonly minus: Resolved }
  /** A detection's score that is an objectness times a class probability. */
  | { readonly kind: 'product'; readonly of: Resolved; readonly times: Resolved };

type Combined = Extract<Resolved, { readonly kind: 'difference' | 'product' }>;
const parts = (target: Combined): readonly [Resolved, Resolved] => [target.of, target.kind === 'difference' ? target.minus : target.times];
const isCombined = (target: Resolved): target is Combined => target.kind === 'difference' || target.kind === 'product';

const bad = (message: string): never => {
  throw new ExplainError('bad-target', message);
};

export interface TargetTexts {
  /** Class names, for `label:…`. */
  readonly labels?: readonly string[] | undefined;
  /** Reads a file named in a target. */
  readonly tensor?: (file: string) => Tensor;
}

/**
 * Reads a target as the command line gives it: `7`, `0,7`, `top`, `label:tabby`, `3-5`, `weights=FILE`, `output:NAME,7`, `class:3`,
 * `class:3,mask=FILE`, `box:0`, `value:NAME,3`, `token:" Paris"`. @throws ExplainError 'bad-target'
 */
export function parseTarget(text: string, texts: TargetTexts = {}): Target {
  const named = /^(.+)-((?:label|token):.+)$/.exec(text);
  if (named) return { kind: 'difference', of: parseTarget(named[1]!, texts), minus: parseTarget(named[2]!, texts) };
  const [head, tail] = split(text, ':');
  switch (head) {
    case 'output': {
      const [output, rest] = split(tail ?? '', ',');
      if (output === '') bad('output: names no output: write output:NAME,7');
      const inner = rest === undefined ? ({ kind: 'index', index: [] } as const) : parseTarget(rest, texts);
      return 'value' in inner || inner.kind === 'box'
        ? bad(`${text}: only an index, top, class or weights can follow an output's name`)
        : withOutput(inner, output);
    }
    case 'label':
      return { kind: 'index', index: [labelIndex(tail ?? '', texts.labels)] };
    case 'token':
      return { kind: 'token', text: unquoted(tail ?? '', text) };
    case 'class': {
      const [number, rest] = split(tail ?? '', ',');
      const mask = rest?.startsWith('mask=')
        ? rest.slice(5)
        : rest === undefined
          ? undefined
          : bad(`${text}: behind the class only mask=FILE or mask=predicted can stand`);
      return {
        kind: 'class',
        class: whole(number, text),
        ...(mask === undefined ? {} : { mask: mask === 'predicted' ? mask : file(mask, texts) }),
      };
    }
    case 'box':
      return { kind: 'box', rank: whole(tail ?? '', text) };
    case 'value': {
      const parts = (tail ?? '').split(',');
      const first = parts.findIndex((part, i) => i > 0 && parts.slice(i).every((p) => /^\d+$/.test(p)) && part !== '');
      const name = parts.slice(0, first < 0 ? parts.length : first).join(',');
      return name === ''
        ? bad('value: names no value: write value:NAME,3')
        : { kind: 'value', value: name, index: first < 0 ? [] : parts.slice(first).map(Number) };
    }
  }
  if (text === 'top') return { kind: 'top' };
  if (text.startsWith('weights=')) return { kind: 'weights', weights: file(text.slice(8), texts) };
  const difference = /^([^-]+)-([^-]+)$/.exec(text);
  if (difference) return { kind: 'difference', of: parseTarget(difference[1]!, texts), minus: parseTarget(difference[2]!, texts) };
  if (!/^\d+(,\d+)*$/.test(text))
    bad(
      `'${text}' is no target: write 7, 0,7, top, label:NAME, 3-5, weights=FILE.npy, output:NAME,7, class:3, box:0, value:NAME,3 or token:" NAME"`,
    );
  return { kind: 'index', index: text.split(',').map(Number) };
}

/** Quotes keep the space before a word, which belongs to its token. */
function unquoted(text: string, target: string): string {
  const inner = /^"(.*)"$/s.exec(text)?.[1] ?? text;
  return inner === '' ? bad(`${target} names no token: write token:" Paris"`) : inner;
}

const split = (text: string, mark: string): readonly [string, string | undefined] => {
  const at = text.indexOf(mark);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
};
const whole = (text: string, target: string): number =>
  /^\d+$/.test(text) ? Number(text) : bad(`'${target}': '${text}' is not a whole number`);
const file = (name: string, { tensor }: TargetTexts): Tensor =>
  tensor === undefined ? bad(`a file (${name}) cannot be read here: give the weights themselves`) : tensor(name);

const withOutput = (target: Target, output: string): Target =>
  target.kind === 'difference'
    ? { kind: 'difference', of: withOutput(target.of, output), minus: withOutput(target.minus, output) }
    : ({ ...target, output } as Target);

function labelIndex(label: string, labels: readonly string[] | undefined): number {
  if (labels === undefined) return bad(`label:${label} needs class names: give them with --labels FILE`);
  const found = (fits: (name: string) => boolean): readonly number[] => labels.flatMap((name, i) => (fits(name) ? [i] : []));
  const [lower, spelled] = [label.toLowerCase(), found((name) => name === label)];
  const same = spelled.length > 0 ? spelled : found((name) => name.toLowerCase() === lower);
  if (same.length > 1) return bad(`${same.length} classes are called '${label}': write the index, ${same.join(' or ')}`);
  if (same.length === 1) return same[0]!;
  const near = found((name) => name.toLowerCase().includes(lower));
  if (near.length === 1) return near[0]!;
  return bad(
    near.length === 0
      ? `no class is called '${label}'`
      : `'${label}' may be ${near
          .slice(0, 5)
          .map((i) => labels[i])
          .join(', ')}${near.length > 5 ? ' …' : ''}: write the whole name`,
  );
}

/** Values a target reads, by name; undefined stands for the first output. */
export function reads(target: Resolved): readonly (string | undefined)[] {
  if (isCombined(target)) return parts(target).flatMap(reads);
  return [target.kind === 'value' ? target.value : target.output];
}

/**
 * Adds the score to a graph: [B], one number per example. `find` gives the value of a name, undefined the first output.
 * `batch` is the number of examples along axis 0; 1 also for graphs without a batch axis.
 * @throws ExplainError 'bad-target' when an index lies outside
 */
export function addScore(b: Builder, target: Resolved, find: (name: string | undefined) => Value, batch: number): Value {
  const { op } = b;
  if (isCombined(target)) {
    const [left, right] = parts(target).map((part) => addScore(b, part, find, batch)) as [Value, Value];
    return target.kind === 'difference' ? op.Sub(left, right) : op.Mul(left, right);
  }
  const y = find(target.kind === 'value' ? target.value : target.output);
  const dims = y.type.shape as readonly number[];
  const inner = dims[0] === batch ? dims.slice(1) : dims;
  const flat = op.Reshape(y, b.ints([batch, -1]));
  const picked = (positions: readonly number[], weights?: readonly number[]): Value => {
    const part =
      positions.length === sizeOf(inner) && positions.every((p, i) => p === i) ? flat : op.Gather(flat, b.ints(positions), { axis: 1 });
    const weighted =
      weights === undefined
        ? part
        : op.Mul(part, b.initializer(tensorOf(y.type.dtype as 'float32', [1, weights.length], weights), 'target/weights'));
    return op.ReduceSum(weighted, b.ints([1]), { keepdims: 0 });
  };
  if (target.kind === 'index' && target.fed !== undefined)
    return op.ReduceSum(op.Gather(flat, find(target.fed), { axis: 1 }), b.ints([1]), { keepdims: 0 });
  if (target.kind === 'top') {
    const last = op.Slice(flat, b.ints([-1]), b.ints([2 ** 31]), b.ints([0]));
    return op.ReduceSum(op.Gather(flat, op.Reshape(op.ArgMax(last, { axis: 1 }), b.ints([1])), { axis: 1 }), b.ints([1]), { keepdims: 0 });
  }
  return picked(...positionsOf(target, inner, y.name));
}

/** Flat positions of a target in one example of shape `dims`, and their weights unless all are 1. */
function positionsOf(
  target: Exclude<Resolved, Combined | { readonly kind: 'top' }>,
  dims: readonly number[],
  name: string,
): readonly [readonly number[], (readonly number[])?] {
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
  { class: c, mask }: Extract<Target, { readonly kind: 'class' }>,
  dims: readonly number[],
  name: string,
): readonly [readonly number[], (readonly number[])?] {
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
