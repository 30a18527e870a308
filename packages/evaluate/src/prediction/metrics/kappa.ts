import { marginsOf } from '../margins.js';
import { ofLabels } from './classMetric.js';

export const kappa = ofLabels({
  name: 'kappa',
  title: 'Cohen’s kappa',
  meaning: 'agreement beyond what classes as frequent as these reach by chance: (p − pₑ) / (1 − pₑ)',
  source: 'Cohen 1960',
  of(sample) {
    const { actual, predicted, right, rows } = marginsOf(sample);
    let [agreed, chance] = [0, 0];
    for (const [k, count] of actual.entries()) {
      agreed += right[k]! / rows;
      chance += (count / rows) * (predicted[k]! / rows);
    }
    return (agreed - chance) / (1 - chance);
  },
  undefinedWhere: 'one class is all that is true and predicted',
  interval: 'bootstrap',
});
