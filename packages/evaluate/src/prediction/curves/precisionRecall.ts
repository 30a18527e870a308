import { rankingOf, walk } from '../ranking.js';
import type { CurveKind } from './curve.js';
import { shareOf } from './gain.js';

export const precisionRecall: CurveKind = {
  name: 'precision-recall',
  title: 'Precision and recall',
  x: 'recall',
  y: 'precision',
  meaning: 'at each threshold, the share of what is found that is of the class, by the share of the class that is found',
  source: 'Davis & Goadrich 2006',
  points({ outcome, counts }, k) {
    const ranking = rankingOf(outcome, k);
    const [x, y, threshold]: [number[], number[], number[]] = [[], [], []];
    walk(ranking, counts, (found, others, rank) => {
      if (found + others === 0) return;
      x.push(found);
      y.push(found / (found + others));
      threshold.push(ranking.scores[rank]!);
    });
    const all = x.at(-1)!;
    // By convention: nothing found, nothing wrong.
    return { x: [0, ...x.map((v) => v / all)], y: [1, ...y], threshold: [Infinity, ...threshold] };
  },
  between: 'step',
  chance: (sample, k) => {
    const share = shareOf(sample, k);
    return () => share;
  },
};
