/** Documents of one query: how relevant each is, and the score that puts it in its place. */
export interface RankedQuery {
  /** None below 0; above 0 is relevant. */
  readonly grades: ArrayLike<number>;
  readonly scores: ArrayLike<number>;
}

/** One way to say with a number how good the order of a query is. */
export interface RankingMetric {
  readonly name: string;
  readonly title: string;
  /** What it measures, as a sentence that ends in its formula. */
  readonly meaning: string;
  readonly source: string;
  /** NaN where it is not defined. */
  readonly of: (query: RankedQuery) => number;
  /** Why it may be NaN. */
  readonly undefinedWhere: string;
}

export const NO_RELEVANT = 'no document of the query is relevant';

/** Documents from the highest score to the lowest; of equal scores the less relevant first, so that ties win nothing. */
export function inOrder({ grades, scores }: RankedQuery): readonly number[] {
  return Array.from({ length: scores.length }, (_, i) => i).toSorted((a, b) => scores[b]! - scores[a]! || grades[a]! - grades[b]!);
}
