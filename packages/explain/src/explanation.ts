import type { Tensor } from '@vitrine/ir';
import type { Part } from './perturbation/partition.js';
import type { Resolved } from './target.js';

/** Relevance of each element of one value. */
export interface Attribution {
  /** The input or inner value it belongs to. */
  readonly at: string;
  readonly tensor: Tensor;
  /** Which part of it, where a method keeps several apart: positive and negative relevance. */
  readonly part?: string;
}

/** Where the relevance of one lane went. start = arrived + bias + stabilizer + dropped + gap. */
export interface Conservation {
  /** The lane: relevance, or positive and negative where they are kept apart. */
  readonly name: string;
  readonly start: number;
  /** At the attributed values. */
  readonly arrived: number;
  /** Kept by biases and constants. */
  readonly bias: number;
  /** Kept by what keeps divisions finite. */
  readonly stabilizer: number;
  /** At units that nothing contributes to. */
  readonly dropped: number;
  /** What no rule accounts for. */
  readonly gap: number;
  readonly layers: readonly LayerBooks[];
}

/** Relevance of an inner value, and the axis of its channels where the graph tells. */
export interface LayerRelevance extends Attribution {
  readonly channelAxis?: number;
}

/** Relevance of a channel of a layer: its sum over all positions, and the channel's greatest activation. */
export interface ChannelRelevance {
  readonly channel: number;
  readonly relevance: number;
  readonly activation: number;
}

/** Relevance at a layer's result, and what the layer kept of it. */
export interface LayerBooks {
  readonly value: string;
  readonly node: string;
  readonly opType: string;
  readonly relevance: number;
  /** What it gave to the layers before it, by the name of their value. */
  readonly passed: { readonly [value: string]: number };
  readonly bias: number;
  readonly stabilizer: number;
  readonly dropped: number;
}

/** What a method took away, and what each part counts. */
export interface Parts {
  /** What the parts are: word, element, slice along axis 1. */
  readonly of: string;
  /** Each value is of a set of parts: what they count together. */
  readonly interactions?: true;
  readonly values: readonly PartValue[];
}

export interface PartValue extends Part {
  readonly value: number;
  /** Of a set of parts: their names. */
  readonly members?: readonly string[];
  /** Standard deviation of the value over other draws, where it was estimated from some. */
  readonly standardError?: number;
  /** Of 95 %: other draws would make intervals that hold the true value so often. */
  readonly interval?: readonly [low: number, high: number];
  /** Its place among all by size, and how sure that is: of the first few, where values were estimated. */
  readonly rank?: Rank;
}

/** 1 for the greatest, and the share of resamples in which it is among the first so many. */
export interface Rank {
  readonly place: number;
  readonly certainty: number;
}

/** How well what a method has learned stands in for the model. */
export interface Measured {
  /** What was measured: R², accuracy. */
  readonly name: string;
  readonly value: number;
  /** On which examples, as the end of a sentence. */
  readonly on: string;
}

/** A number that was estimated, and the interval it lies in with the confidence that is told. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** Of how many samples; none where it is exact. */
  readonly samples?: number;
}

/** What stays the same where a rule applies: the class with the highest score, the side of a threshold, or the score between two numbers. */
export type Kept =
  | { readonly kind: 'class' }
  | { readonly kind: 'side'; readonly cut: number; readonly above: boolean }
  | { readonly kind: 'score'; readonly low: number; readonly high: number };

/** One part that a rule asks for. */
export interface Condition {
  /** Its number among the parts. */
  readonly part: number;
  readonly name: string;
  /** Between which numbers an element must lie, above the first up to the second; without it the part must be as it is in the example. */
  readonly bin?: { readonly at: string; readonly element: number; readonly above?: number; readonly upTo?: number };
  /** By how much it raised the precision when it was added. */
  readonly rise: number;
}

/** Where all of this is so, the model nearly always decides as it does of the example. */
export interface Rule {
  /** In the order in which they were found. */
  readonly conditions: readonly Condition[];
  readonly kept: Kept;
  /** The share of samples to which the rule applies that keep the decision. */
  readonly precision: Estimate;
  /** The share of all samples to which the rule applies. */
  readonly coverage: Estimate;
  /** The precision that was asked for, and with what confidence. */
  readonly threshold: number;
  readonly confidence: number;
}

/** What a model says of a point: the class with the highest score, where there are several, and the explained number. */
export interface Decided {
  readonly class?: number;
  readonly label?: string;
  readonly score: number;
}

/** What must be added to an example for another decision (pertinent negative), or kept of it for the same one (pertinent positive). */
export interface Contrast {
  readonly kind: 'negative' | 'positive';
  /** Whether the decision is as it should be there. */
  readonly reached: boolean;
  /** What the decision is. */
  readonly decision: Kept;
  readonly before: Decided;
  readonly after: Decided;
  /** The example with what is added; or what is kept of it, over the baseline. */
  readonly point: ReadonlyMap<string, Tensor>;
  /** How many elements moved, or are kept, of how many; and how far, each as a share of what it may be: Σ|δ| and √Σδ². */
  readonly moved: number;
  readonly of: number;
  readonly l1: number;
  readonly l2: number;
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
  /** For methods of relevance: where it went, from the output to what is explained. */
  readonly conservation?: readonly Conservation[];
  /** Relevance of a layer's channels, the most relevant first, where a method looks at them. */
  readonly channels?: readonly ChannelRelevance[];
  /** Relevance of inner values, where it was asked for. */
  readonly layers?: readonly LayerRelevance[];
  /** For methods that take parts away. */
  readonly parts?: Parts;
  /** For methods that learn a model of the model: how well it does. */
  readonly fidelity?: readonly Measured[];
  /** For methods that find a rule. */
  readonly rule?: Rule;
  /** For methods that look for another example. */
  readonly contrast?: Contrast;
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
