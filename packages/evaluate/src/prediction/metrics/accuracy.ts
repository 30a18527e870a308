import { ofLabels, rightOfAll, wilsonOfAll } from './classMetric.js';

export const accuracy = ofLabels({
  name: 'accuracy',
  title: 'Accuracy',
  meaning: 'the share of rows that are predicted right',
  source: 'Wilson 1927 (interval)',
  of: rightOfAll,
  undefinedWhere: 'there are no rows',
  interval: wilsonOfAll,
});
