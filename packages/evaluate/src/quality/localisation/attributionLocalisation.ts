import { flag } from '@vitrine/explain';
import { isEmpty, masked, NO_MASK } from '../masked.js';
import { metric } from '../metric.js';
import { removing } from '../parts.js';

/** Kohlbrenner et al. 2020, eq. 9 and 10: positive relevance in the mask by all of it, μ; weighted by the size of the mask, μw. */
export const attributionLocalisation = metric({
  name: 'attribution-localisation',
  title: 'Attribution localisation',
  family: 'localisation',
  paper: 'Kohlbrenner et al. 2020, arXiv:1910.09840',
  meaning: 'the share of what speaks for the answer that lies in the mask',
  better: 'higher',
  needs: ['mask'],
  undefinedWhere: `nothing speaks for the answer, or ${NO_MASK}`,
  options: {
    parts: removing('finest').parts,
    weighted: flag(false, "whether it is divided by the mask's share of the whole, so that small objects count as much as large ones"),
  },
  measure(e, { parts, weighted }) {
    const partition = e.partition(parts);
    const inside = masked(e, partition);
    const values = e.values(partition).map((v) => Math.max(0, v));
    const total = values.reduce((a, b) => a + b, 0);
    if (isEmpty(inside) || total === 0) return { value: NaN };
    const share = values.reduce((sum, v, i) => sum + v * inside[i]!, 0) / total;
    const size = inside.reduce((a, b) => a + b, 0);
    return { value: weighted ? (share * inside.length) / size : share };
  },
});
