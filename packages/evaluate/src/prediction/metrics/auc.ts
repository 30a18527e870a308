import { areaInterval, deLong } from '../deLong.js';
import { rankingOf, walk } from '../ranking.js';
import { rankMetric } from './rankMetric.js';

export const auc = rankMetric({
  name: 'auc',
  title: 'Area under the ROC curve',
  meaning: 'how often a row of the class scores above one that is not, ties counting half',
  source: 'Hanley & McNeil 1982; DeLong et al. 1988, Newcombe 2006 (interval)',
  of({ outcome, counts }, k) {
    let [area, before, beforeOthers] = [0, 0, 0];
    walk(rankingOf(outcome, k), counts, (found, others) => {
      area += (others - beforeOthers) * (before + found) * 0.5;
      [before, beforeOthers] = [found, others];
    });
    return area / (before * beforeOthers);
  },
  interval: { name: 'DeLong, logit', at: ({ outcome }, k, z) => areaInterval(deLong(rankingOf(outcome, k)), z) },
});
