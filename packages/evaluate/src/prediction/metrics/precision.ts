import { marginsOf } from '../margins.js';
import { classShare } from './classMetric.js';

export const precision = classShare(
  {
    name: 'precision',
    title: 'Precision',
    meaning: 'of the rows predicted to be of the class, the share that are: TP / (TP + FP)',
    source: 'Wilson 1927 (interval)',
    trials: (sample, k) => marginsOf(sample).predicted[k]!,
    trialsAre: 'rows predicted to be of the class',
    interval: 'Wilson',
  },
  'With one label a row it is the accuracy',
);
