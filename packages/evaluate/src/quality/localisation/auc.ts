import { ranks } from '../../statistics/order.js';
import { isEmpty, masked, NO_MASK } from '../masked.js';
import { metric } from '../metric.js';
import { removing } from '../parts.js';

/** Fawcett 2006, section 7: the probability that a place in the mask counts more than one outside. */
export const localisationAuc = metric({
  name: 'localisation-auc',
  title: 'Localisation AUC',
  family: 'localisation',
  paper: 'Fawcett 2006, doi:10.1016/j.patrec.2005.10.010',
  meaning: 'how often a part in the mask counts more than one outside: ½ by chance',
  better: 'higher',
  needs: ['mask'],
  undefinedWhere: NO_MASK,
  options: { parts: removing('finest').parts },
  measure(e, { parts }) {
    const partition = e.partition(parts);
    const inside = masked(e, partition);
    return { value: isEmpty(inside) ? NaN : areaOf(e.values(partition), inside) };
  },
});

/** Area under the receiver's operating curve, those who tie counting half. */
export function areaOf(values: Float64Array, inside: Uint8Array): number {
  const size = inside.reduce((a, b) => a + b, 0);
  const sum = ranks(values).reduce((total, rank, i) => total + rank * inside[i]!, 0);
  return (sum - (size * (size + 1)) / 2) / (size * (inside.length - size));
}
