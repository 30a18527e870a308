import { inOrder, NO_RELEVANT, type RankingMetric } from '../rankingMetric.js';

export const averagePrecisionOfQuery: RankingMetric = {
  name: 'map',
  title: 'Mean average precision',
  meaning:
    'the share of relevant documents down to each relevant one, averaged over these: Σ P(place) / relevant; a grade above 0 is relevant',
  source: 'Buckley & Voorhees 2000',
  of(query) {
    let [found, sum] = [0, 0];
    for (const [place, document] of inOrder(query).entries()) {
      if (!(query.grades[document]! > 0)) continue;
      found++;
      sum += found / (place + 1);
    }
    return sum / found;
  },
  undefinedWhere: NO_RELEVANT,
};
