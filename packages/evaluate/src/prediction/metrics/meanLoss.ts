import { lazily } from '../../lazily.js';
import { allRows, total, type ClassificationMetric } from '../metric.js';
import type { Classified } from '../outcome.js';

/** The mean over rows of a loss that each row has by itself. */
export function meanLoss(
  row: Pick<ClassificationMetric, 'name' | 'title' | 'meaning' | 'source'>,
  loss: (outcome: Classified, row: number) => number,
): ClassificationMetric {
  const losses = lazily((outcome: Classified) => Float64Array.from(outcome.truth, (_, i) => loss(outcome, i)));
  return {
    ...row,
    task: 'classification',
    per: 'model',
    needs: 'probabilities',
    better: 'lower',
    of: ({ outcome, counts }) => losses(outcome).reduce((sum, value, i) => sum + counts[i]! * value, 0) / total(counts),
    undefinedWhere: 'there are no rows',
    support: allRows,
    interval: 'bootstrap',
  };
}
