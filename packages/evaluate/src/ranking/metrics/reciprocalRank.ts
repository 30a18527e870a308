import { inOrder, NO_RELEVANT, type RankingMetric } from '../rankingMetric.js';

export const reciprocalRank: RankingMetric = {
  name: 'mrr',
  title: 'Mean reciprocal rank',
  meaning: 'one over the place of the first relevant document: 1 / place; a grade above 0 is relevant',
  source: 'Voorhees 1999',
  of(query) {
    const place = inOrder(query).findIndex((document) => query.grades[document]! > 0);
    return place === -1 ? NaN : 1 / (place + 1);
  },
  undefinedWhere: NO_RELEVANT,
};
