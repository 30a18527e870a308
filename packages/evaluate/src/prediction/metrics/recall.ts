import { marginsOf } from '../margins.js';
import { classShare } from './classMetric.js';

export const recall = classShare(
  {
    name: 'recall',
    title: 'Recall',
    meaning: 'of the rows of the class, the share that are predicted to be: TP / (TP + FN)',
    source: 'Wilson 1927 (interval)',
    trials: (sample, k) => marginsOf(sample).actual[k]!,
    trialsAre: 'rows of the class',
    interval: 'Wilson',
  },
  'With one label a row it is the accuracy',
);
