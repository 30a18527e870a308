import { marginsOf } from '../margins.js';
import { classShare } from './classMetric.js';

/** F1 = 2J / (1 + J), J the share of right rows among those that are of the class or predicted to be. */
export const f1 = classShare(
  {
    name: 'f1',
    title: 'F1',
    meaning: 'the harmonic mean of precision and recall: 2 TP / (2 TP + FP + FN)',
    source: 'van Rijsbergen 1979; Wilson 1927 (interval, of the Jaccard index)',
    trials(sample, k) {
      const { actual, predicted, right } = marginsOf(sample);
      return actual[k]! + predicted[k]! - right[k]!;
    },
    trialsAre: 'rows that are of the class or predicted to be',
    of: (jaccard) => (2 * jaccard) / (1 + jaccard),
    interval: 'Wilson, of the Jaccard index',
  },
  'With one label a row it is the accuracy',
);
