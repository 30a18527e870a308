import { NO_RELEVANT, type RankedQuery, type RankingMetric } from '../rankingMetric.js';

const gainOf = (grade: number): number => 2 ** grade - 1;
const discountAt = (place: number): number => 1 / Math.log2(place + 2);

/** Σ gain · discount of the first k, documents of equal scores sharing theirs. McSherry & Najork 2008, 3.2. */
function dcg(grades: ArrayLike<number>, scores: ArrayLike<number>, k: number): number {
  const order = Array.from({ length: scores.length }, (_, i) => i).toSorted((a, b) => scores[b]! - scores[a]!);
  let sum = 0;
  for (let start = 0; start < Math.min(k, order.length);) {
    let [end, gains, discounts] = [start, 0, 0];
    for (; end < order.length && scores[order[end]!] === scores[order[start]!]; end++) {
      gains += gainOf(grades[order[end]!]!);
      if (end < k) discounts += discountAt(end);
    }
    sum += (gains / (end - start)) * discounts;
    start = end;
  }
  return sum;
}

const ndcgAt =
  (k: number) =>
  ({ grades, scores }: RankedQuery): number => {
    const best = dcg(grades, grades, k);
    return best === 0 ? NaN : dcg(grades, scores, k) / best;
  };

const row = (name: string, title: string, which: string, k: number): RankingMetric => ({
  name,
  title,
  meaning: `how much of what the best order would gain${which} this one does: Σ (2^grade − 1) / log₂(place + 1), over its greatest`,
  source: 'Järvelin & Kekäläinen 2002; Burges et al. 2005 (gain); McSherry & Najork 2008 (ties)',
  of: ndcgAt(k),
  undefinedWhere: NO_RELEVANT,
});

export const ndcg = [row('ndcg', 'NDCG', '', Infinity), row('ndcg-10', 'NDCG of the first 10', ' in its first ten places', 10)];
