import { increasing } from '../../statistics/interval.js';
import { marginsOf } from '../margins.js';
import type { Classified, Sample } from '../outcome.js';
import { rankingOf, walk } from '../ranking.js';
import { rankMetric } from './rankMetric.js';

function valueOf({ outcome, counts }: Sample<Classified>, k: number): number {
  let [sum, before] = [0, 0];
  walk(rankingOf(outcome, k), counts, (found, others) => {
    if (found > before) sum += ((found - before) * found) / (found + others);
    before = found;
  });
  return sum / before;
}

export const averagePrecision = rankMetric({
  name: 'average-precision',
  title: 'Average precision',
  meaning: 'the area under the precision–recall curve, in steps: Σ (Rₙ − Rₙ₋₁) Pₙ',
  source: 'Boyd et al. 2013, 2.1 and 3.2 (logit interval)',
  of: valueOf,
  interval: {
    name: 'logit',
    at(sample, k, z) {
      const value = valueOf(sample, k);
      // At 1 the formula has no width.
      if (!(value > 0 && value < 1)) return undefined;
      const [centre, spread] = [Math.log(value / (1 - value)), z / Math.sqrt(marginsOf(sample).actual[k]! * value * (1 - value))];
      return increasing({ value: centre, low: centre - spread, high: centre + spread }, (x) => 1 / (1 + Math.exp(-x)));
    },
  },
});
