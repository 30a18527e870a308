import { kendallTau } from '@vitrine/explain';
import type { RankingMetric } from '../rankingMetric.js';

export const kendallOfQuery: RankingMetric = {
  name: 'kendall-tau',
  title: 'Kendall’s τ',
  meaning: 'pairs of documents in the order of their grades less those in the other, of those that tie in neither: τ-b',
  source: 'Kendall 1945',
  of: ({ grades, scores }) => (new Set(Array.from(grades)).size < 2 ? NaN : kendallTau(grades, scores)),
  undefinedWhere: 'all documents of the query have one grade',
};
