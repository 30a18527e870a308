import { metric } from '../metric.js';
import { removing } from '../parts.js';

/** Bhatt et al. 2020, definition of μC: the entropy of |a| / ‖a‖₁, in nats. */
export const complexity = metric({
  name: 'complexity',
  title: 'Complexity',
  family: 'complexity',
  paper: 'Bhatt, Weller and Moura 2020, arXiv:2005.00631',
  meaning: 'the entropy of what parts count, in nats: 0 where one part is all, ln d where d parts count the same',
  better: 'lower',
  undefinedWhere: 'no part counts anything',
  options: { parts: removing('finest').parts },
  measure: (e, { parts }) => ({ value: entropy(e.values(e.partition(parts))) }),
});

export function entropy(values: Float64Array): number {
  const total = values.reduce((sum, v) => sum + Math.abs(v), 0);
  if (total === 0) return NaN;
  return -values.reduce((sum, v) => (v === 0 ? sum : sum + (Math.abs(v) / total) * Math.log(Math.abs(v) / total)), 0);
}
