import { orderOf } from '../curve.js';
import { isEmpty, masked, NO_MASK, pooled, poolOption } from '../masked.js';
import { metric } from '../metric.js';
import { removing } from '../parts.js';

/** Arras, Osman and Samek 2022, eq. 2: of the K largest, K being the size of the mask, the share in the mask. */
export const relevanceRankAccuracy = metric({
  name: 'relevance-rank-accuracy',
  title: 'Relevance rank accuracy',
  family: 'localisation',
  paper: 'Arras, Osman and Samek 2022, arXiv:2003.07258',
  meaning: 'of as many of the largest as the mask holds, the share that lies in it',
  better: 'higher',
  needs: ['mask'],
  undefinedWhere: NO_MASK,
  options: { parts: removing('finest').parts, pool: poolOption('max-norm') },
  measure(e, { parts, pool }) {
    const partition = e.partition(parts);
    const inside = masked(e, partition);
    if (isEmpty(inside)) return { value: NaN };
    const size = inside.reduce((a, b) => a + b, 0);
    const most = orderOf(pooled(e, partition, pool), 'most', e.random('ties')).subarray(0, size);
    return { value: most.reduce((sum, i) => sum + inside[i]!, 0) / size };
  },
});
