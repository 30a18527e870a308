import type { Fields, OptionsOf } from '../field.js';

/** Documents of one query, as a model that scores each by itself puts them in order. */
export interface RankingInquiry {
  readonly features: number;
  /** Documents by their rows in a pool. */
  readonly documents: readonly number[];
  /** Rows of the pool whose values stand in for what is absent. */
  readonly standIns: readonly number[];
  /** Scores of documents put together from the pool: of each, the row that each feature's value is taken from, [F]. */
  readonly score: (points: readonly Int32Array[]) => Promise<Float64Array>;
  /** How good an order is, where the grades of documents are known. */
  readonly quality?: ((scores: Float64Array) => number) | undefined;
  readonly random: (label: string) => () => number;
  readonly progress?: ((done: number, of: number) => void) | undefined;
}

/** What a feature counts for the order of a query. */
export interface RankingValue {
  readonly feature: number;
  readonly value: number;
  /** How far another seed, or other stand-ins, would move it. */
  readonly standardError: number | undefined;
  /** Of a feature that was selected: how well the order is kept without it and those selected before. */
  readonly without?: number;
}

export interface RankingFound {
  /** Of validity the features that were selected, in the order in which they were; else all. */
  readonly values: readonly RankingValue[];
  /** Documents that were scored. */
  readonly evaluations: number;
  readonly notes: readonly string[];
}

/** A way to say what an order owes to features. */
export interface RankingMethod<F extends Fields = Fields> {
  readonly name: string;
  readonly title: string;
  readonly paper: string;
  /** What one number of it says. */
  readonly meaning: string;
  readonly options: F;
  explain(q: RankingInquiry, options: OptionsOf<F>): Promise<RankingFound>;
}

export const rankingMethod = <F extends Fields>(row: RankingMethod<F>): RankingMethod<F> => row;

/** A document with the values of some features, and all others from a row that stands in. */
export const mixed = (features: number, own: number, other: number, has: (feature: number) => boolean): Int32Array =>
  Int32Array.from({ length: features }, (_, feature) => (has(feature) ? own : other));

export const asTheyAre = ({ features, documents }: RankingInquiry): readonly Int32Array[] =>
  documents.map((row) => mixed(features, row, row, () => true));
