import { int } from '@vitrine/explain';
import { spearman } from '../correlation.js';
import { metric } from '../metric.js';
import { removing } from '../parts.js';
import { numberOption } from '../remaining.js';
import { squaredChanges } from '../squaredChanges.js';

/** Nguyen and Martínez 2020, section 4.2: |attribution| against the expected squared change when the part is drawn anew, by rank. */
export const monotonicityCorrelation = metric({
  name: 'monotonicity-correlation',
  title: 'Monotonicity correlation',
  family: 'faithfulness',
  paper: 'Nguyen and Martínez 2020, arXiv:2007.07584',
  meaning: 'how well the order of parts by size goes with how much the number varies when each is drawn anew',
  better: 'higher',
  undefinedWhere: 'all parts count the same, or none changes the number',
  options: {
    ...removing('auto', 'uniform'),
    number: numberOption('auto'),
    samples: int(10, 'times each part is drawn anew', { min: 1, max: 10_000 }),
  },
  async measure(e, options) {
    const partition = e.partition(options.parts);
    return { value: spearman(e.values(partition).map(Math.abs), await squaredChanges(e, partition, options)) };
  },
});
