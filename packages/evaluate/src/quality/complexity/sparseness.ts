import { metric } from '../metric.js';
import { removing } from '../parts.js';

/** Chalasani et al. 2020, eq. 12: the Gini index, 1 − 2 Σ |a|(k) / ‖a‖₁ · (d − k + ½) / d, |a| in rising order. */
export const sparseness = metric({
  name: 'sparseness',
  title: 'Sparseness',
  family: 'complexity',
  paper: 'Chalasani et al. 2020, arXiv:1810.06583',
  meaning: 'how unequally what counts is spread, as a Gini index: 0 where all parts count the same',
  better: 'higher',
  undefinedWhere: 'no part counts anything',
  options: { parts: removing('finest').parts },
  measure: (e, { parts }) => ({ value: gini(e.values(e.partition(parts))) }),
});

export function gini(values: Float64Array): number {
  const sorted = values.map(Math.abs).sort();
  const total = sorted.reduce((a, b) => a + b, 0);
  const count = sorted.length;
  return total === 0 ? NaN : 1 - 2 * sorted.reduce((sum, v, k) => sum + (v / total) * ((count - k - 0.5) / count), 0);
}
