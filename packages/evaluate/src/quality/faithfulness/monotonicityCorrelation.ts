import { int } from '@vitrine/explain';
import { spearman } from '../correlation.js';
import { metric } from '../metric.js';
import { removing } from '../parts.js';
import { numberOption, remaining } from '../remaining.js';
import { eachGone } from '../subsets.js';

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
  async measure(e, { parts, baseline, number, samples }) {
    const partition = e.partition(parts);
    const values = e.values(partition);
    const squares = new Float64Array(values.length);
    for (let k = 0; k < samples; k++) {
      const score = await remaining(e, partition, e.probe.removal(baseline, `draw ${k}`), number);
      const [all] = await score([new Uint8Array(values.length).fill(1)], 1);
      (await score(eachGone(values.length), values.length)).forEach((s, i) => (squares[i]! += (all! - s) ** 2));
    }
    return { value: spearman(values.map(Math.abs), squares) };
  },
});
