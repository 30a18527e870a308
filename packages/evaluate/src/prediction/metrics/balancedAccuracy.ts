import { marginsOf } from '../margins.js';
import { meanOfShares, ofLabels } from './classMetric.js';

export const balancedAccuracy = ofLabels({
  name: 'balanced-accuracy',
  title: 'Balanced accuracy',
  meaning: 'the mean over classes of the share of their rows that are predicted right',
  source: 'Brodersen et al. 2010; Zou & Donner 2008 (interval)',
  of(sample) {
    const { actual, right } = marginsOf(sample);
    const recalls = Array.from(actual, (count, k) => right[k]! / count).filter((recall) => !Number.isNaN(recall));
    return recalls.reduce((sum, recall) => sum + recall, 0) / recalls.length;
  },
  undefinedWhere: 'there are no rows',
  interval: meanOfShares,
});
