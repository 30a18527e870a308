import { number } from '@vitrine/explain';
import { orderOf } from '../curve.js';
import { isEmpty, masked, NO_MASK } from '../masked.js';
import { metric } from '../metric.js';
import { removing } from '../parts.js';

/** Theiner, Müller-Budack and Ewerth 2021, section 4.3: |k largest ∩ mask| / k. */
export const topKIntersection = metric({
  name: 'top-k-intersection',
  title: 'Top-k intersection',
  family: 'localisation',
  paper: 'Theiner, Müller-Budack and Ewerth 2021, arXiv:2104.14995',
  meaning: 'the share of the parts that count most that lies in the mask',
  better: 'higher',
  needs: ['mask'],
  undefinedWhere: NO_MASK,
  options: { parts: removing('finest').parts, share: number(0.02, 'the share of all parts that k is', { min: 0, max: 1 }) },
  measure(e, { parts, share }) {
    const partition = e.partition(parts);
    const inside = masked(e, partition);
    if (isEmpty(inside)) return { value: NaN };
    const k = Math.max(1, Math.round(share * inside.length));
    const most = orderOf(e.values(partition), 'most', e.random('ties')).subarray(0, k);
    return { value: most.reduce((sum, i) => sum + inside[i]!, 0) / k };
  },
});
