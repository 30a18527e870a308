import type { Tensor } from '@vitrine/ir';
import type { Resolved } from './target.js';

/** Relevance of each element of one value. */
export interface Attribution {
  /** The input or inner value it belongs to. */
  readonly at: string;
  readonly tensor: Tensor;
}

interface Base {
  readonly method: string;
  readonly options: { readonly [name: string]: unknown };
  readonly attributions: readonly Attribution[];
  readonly target: {
    readonly resolved: Resolved;
    /** The explained number at the input. */
    readonly score: number;
    readonly label?: string;
  };
  /** For methods that promise a sum: what the attributions should add up to, and by how much they miss it. */
  readonly completeness?: { readonly expected: number; readonly gap: number };
  /** Times the model was run, forward and backward counting as one. */
  readonly evaluations: number;
  readonly seed: number;
  /** Digest of the graph that was run, and the examples in one run. */
  readonly graph: { readonly digest: string; readonly batch: number };
  readonly warnings: readonly string[];
}

/** What a method found. Adding a kind makes the compiler list every place that must show it. */
export type Explanation =
  /** Attributions laid out as pixels: [1,C,H,W] or [1,H,W,C]. */
  (Base & { readonly kind: 'image'; readonly layout: 'NCHW' | 'NHWC' }) | (Base & { readonly kind: 'tensor' });
