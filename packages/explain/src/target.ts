import type { Tensor } from '@vitrine/ir';

/** Places in a text, in UTF-16 units; the end is not part of it. */
export interface Place {
  readonly start: number;
  readonly end: number;
}

/** The number that is explained: one per example. */
export type Target =
  /** An element of an output, its axes behind the batch; the first output unless named. `name` is what people call it. */
  | { readonly kind: 'index'; readonly output?: string; readonly index: readonly number[]; readonly name?: string }
  /** The class with the highest score. */
  | { readonly kind: 'top'; readonly output?: string }
  /** Why this rather than that. */
  | { readonly kind: 'difference'; readonly of: Target; readonly minus: Target }
  /** Several together, each times its weight, or once. */
  | { readonly kind: 'sum'; readonly of: readonly Target[]; readonly weights?: readonly number[]; readonly name?: string }
  /** A weighted sum of an output. */
  | { readonly kind: 'weights'; readonly output?: string; readonly weights: Tensor }
  /** One class of a segmentation, over a mask [H,W] or all pixels. */
  | { readonly kind: 'class'; readonly output?: string; readonly class: number; readonly mask?: Tensor | 'predicted' }
  /** The score of a detection, the boxes in order of their scores. */
  | { readonly kind: 'box'; readonly rank: number }
  /** An inner value: a neuron by its full index, or a channel summed over its positions. */
  | { readonly kind: 'value'; readonly value: string; readonly index: readonly number[] }
  | TextTarget;

/** What only an example that a tokenizer reads can tell. */
export type TextTarget =
  /** A token of the vocabulary, as the next one or at a mask (of several, the n-th, from 1): text that a tokenizer reads as one token. */
  | { readonly kind: 'token'; readonly output?: string; readonly text: string; readonly mask?: number }
  /** Words of the text, by their place or as they stand there first; with what a tagger may call them, by name or number. */
  | { readonly kind: 'span'; readonly at: Place | string; readonly label?: string | number }
  /** The best answer to a question. */
  | { readonly kind: 'answer' }
  /** The token that a tagger is surest to give this label. */
  | { readonly kind: 'tag'; readonly label: string | number };

/**
 * A target with nothing left to look up outside the graph; `top` finds the class of the last example in the batch. Where the graph is
 * fed the last number of an index, `fed` tells how.
 */
export type Resolved =
  | Exclude<Target, TextTarget | { readonly kind: 'box' | 'difference' | 'index' | 'sum' }>
  | (Extract<Target, { readonly kind: 'index' }> & { readonly fed?: Fed })
  | { readonly kind: 'difference'; readonly of: Resolved; readonly minus: Resolved }
  | { readonly kind: 'sum'; readonly of: readonly Resolved[]; readonly weights?: readonly number[]; readonly name?: string }
  /** A detection's score that is an objectness times a class probability. */
  | { readonly kind: 'product'; readonly of: Resolved; readonly times: Resolved };

/** Last numbers of indices as an input of the graph. */
export interface Fed {
  /** Which of them. */
  readonly at: number;
  /** The input, where the output has all elements; undefined where it has those of the input alone, in that order. */
  readonly among?: string | undefined;
}

/** A target of text as the command line takes it. */
export function written(target: TextTarget): string {
  switch (target.kind) {
    case 'token':
      return `token:"${target.text}"${target.mask === undefined ? '' : `@${target.mask}`}`;
    case 'span': {
      const at = typeof target.at === 'string' ? `"${target.at}"` : `${target.at.start}..${target.at.end}`;
      return `span:${at}${target.label === undefined ? '' : `,label:${target.label}`}`;
    }
    case 'answer':
      return 'answer';
    case 'tag':
      return `tag:${target.label}`;
  }
}
