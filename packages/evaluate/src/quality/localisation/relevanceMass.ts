import { isEmpty, masked, NO_MASK, pooled, poolOption } from '../masked.js';
import { metric } from '../metric.js';
import { removing } from '../parts.js';

/** Arras, Osman and Samek 2022, eq. 1: what lies in the mask by all there is, each place pooled over its channels. */
export const relevanceMassAccuracy = metric({
  name: 'relevance-mass-accuracy',
  title: 'Relevance mass accuracy',
  family: 'localisation',
  paper: 'Arras, Osman and Samek 2022, arXiv:2003.07258',
  meaning: 'the share of all relevance that lies in the mask',
  better: 'higher',
  needs: ['mask'],
  undefinedWhere: `nothing counts, or ${NO_MASK}`,
  options: { parts: removing('finest').parts, pool: poolOption('l2-norm-sq') },
  measure(e, { parts, pool }) {
    const partition = e.partition(parts);
    const inside = masked(e, partition);
    const values = pooled(e, partition, pool);
    const total = values.reduce((a, b) => a + b, 0);
    return { value: isEmpty(inside) || total === 0 ? NaN : values.reduce((sum, v, i) => sum + v * inside[i]!, 0) / total };
  },
});
