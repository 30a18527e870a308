import { marginsOf } from '../margins.js';
import { ofLabels } from './classMetric.js';

export const mcc = ofLabels({
  name: 'mcc',
  title: 'Matthews correlation coefficient',
  meaning: 'how predicted and true classes go together: 1 always, 0 as by chance, −1 never (for two classes)',
  source: 'Gorodkin 2004, eq. 8',
  of(sample) {
    const { actual, predicted, right, rows } = marginsOf(sample);
    let [hits, mixed, said, is] = [0, 0, 0, 0];
    for (const [k, count] of actual.entries()) {
      hits += right[k]!;
      mixed += count * predicted[k]!;
      is += count ** 2;
      said += predicted[k]! ** 2;
    }
    return (hits * rows - mixed) / Math.sqrt((rows ** 2 - said) * (rows ** 2 - is));
  },
  undefinedWhere: 'only one class is true, or only one is predicted',
  interval: 'bootstrap',
});
