import type { Value } from '@vitrine/ir';
import { everything, type AnyContext } from '../lrp.js';
import type { Limits } from './limits.js';

/** Published behaviour where that runs, or the rules that hold for any graph. */
export type Profile = 'intended' | 'reference';

/** What a rule of DL-Backtrace is told of its place in the graph. */
export interface Place {
  readonly profile: Profile;
  /** Whether input i takes relevance: it depends on what is explained in a way that has a meaning. */
  readonly carries: (i: number) => boolean;
  /** Whether input i is known to be nowhere negative. */
  readonly nonNegative: (i: number) => boolean;
  /** Limits of the activation behind a layer, on its result. */
  readonly limits: Limits | undefined;
  /** A bias that a sum behind the layer adds, and that sum. */
  readonly added: { readonly bias: Value; readonly total: Value } | undefined;
  /** Input whose product with another is a mixture of experts: it takes all. */
  readonly expert: number | undefined;
}

/** Relevance at each input; null where none goes. */
export type Parts = readonly (Value | null)[];
/** How relevance goes through an operator in one lane. */
export type Single = (c: AnyContext, place: Place) => Parts;
/** How two lanes go through side by side. */
export type Pair = (positive: AnyContext, negative: AnyContext, place: Place) => readonly [Parts, Parts];

/** A family of operators; without a pair each lane goes by itself. */
export interface Family {
  readonly single: Single;
  readonly pair?: Pair;
}

/** What of relevance goes to inputs that take none stays there: constants count as biases. */
export function keepConstants(c: AnyContext, { carries }: Pick<Place, 'carries'>, parts: Parts): Parts {
  for (const [i, part] of parts.entries()) if (part !== null && !carries(i)) c.absorb('bias', () => everything(c, part));
  return parts.map((part, i) => (carries(i) ? part : null));
}

/** Books relevance of units that pass nothing on. */
export const dropped = (c: AnyContext, where: () => Value): void => c.absorb('dropped', () => everything(c, c.op.Where(where(), c.g, 0)));
