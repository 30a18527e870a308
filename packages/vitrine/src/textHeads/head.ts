import { ExplainError, type Example, type Target, type TextTarget } from '@vitrine/explain';
import { isFloat, type Tensor } from '@vitrine/ir';
import type { TextModel } from '../textModel.js';
import type { Ranked } from '../ranked.js';
import type { ReadText } from '../text.js';

/** A text as a model answered it. */
export interface Scene {
  readonly model: TextModel;
  readonly example: Example;
  readonly text: ReadText;
}

/** A target that is looked up, and what is to be said about that. */
export interface Found {
  readonly target: Target;
  readonly notes?: readonly string[];
}

type Lookup<Kind extends TextTarget['kind']> = (target: Extract<TextTarget, { readonly kind: Kind }>) => Found | Promise<Found>;

/** What a model does with the tokens it has read, told by its outputs. */
export interface TextHead {
  /** What one row of what it says is called. */
  readonly row: string;
  /** What it says, the best first. */
  readonly said: readonly Ranked[];
  /** What is explained unless said otherwise. @throws ExplainError 'bad-target' where nothing is */
  readonly top: () => Found;
  /** Looks up the targets that it has. @throws ExplainError 'bad-target' */
  readonly lookups: { readonly [Kind in TextTarget['kind']]?: Lookup<Kind> };
  /** @throws ExplainError 'bad-target' where an element of the output is asked for in a way that others use */
  readonly check?: (target: Target) => void;
}

export const bad = (message: string): never => {
  throw new ExplainError('bad-target', message);
};

/** Scores of tokens by their name: [1,T,…], or [T,…] without a batch axis. */
export interface TokenScores {
  readonly name: string;
  readonly tensor: Tensor;
  /** Numbers for each token. */
  readonly width: number;
  at(token: number, i: number): number;
  /** Those of one token. */
  row(token: number): Float32Array;
}

/** The outputs that hold so many axes of numbers for each token, 0 or 1. */
export const tokenScores = ({ model, example, text }: Scene, axes: 0 | 1): readonly TokenScores[] => {
  const count = text.encoded.tokens.length;
  const { outputs: declared } = model.subject.graph;
  // An output of fixed length may have as many classes as the text has tokens.
  const fixed = isFixed(text.feeds, model);
  return [...example.outputs].flatMap(([name, tensor]) => {
    const { dims, dtype, data } = tensor;
    const axis = dims.length - 1 - axes;
    if (!isFloat(dtype) || dims[axis] !== count || !(axis === 0 || (axis === 1 && dims[0] === 1))) return [];
    const shape = declared.find((value) => value.name === name)?.type.shape;
    if (!fixed && typeof shape?.[axis] === 'number') return [];
    // Of one token the axis of the batch is as long.
    if (axis === 0 && count === 1 && text.feeds.get(text.ids)!.dims.length > 1) return [];
    const width = axes === 0 ? 1 : dims.at(-1)!;
    const values = data as Float32Array;
    return [{ name, tensor, width, at: (t, i) => values[t * width + i]!, row: (t) => values.subarray(t * width, (t + 1) * width) }];
  });
};

const isFixed = (feeds: ReadonlyMap<string, Tensor>, { subject }: TextModel): boolean =>
  subject.graph.inputs.some(({ name, type }) => feeds.has(name) && typeof type.shape?.at(-1) === 'number');

/** Elements that count together. */
export function together(parts: readonly Extract<Target, { readonly kind: 'index' }>[], name: string): Target {
  const [only] = parts;
  return parts.length === 1 ? { ...only!, name } : { kind: 'sum', of: parts, name };
}
