import { int, number } from '@vitrine/explain';
import { spearman } from '../correlation.js';
import { divided } from '../curve.js';
import { metric } from '../metric.js';
import { removing } from '../parts.js';
import { numberOption } from '../remaining.js';
import { subsets, sumOver } from '../subsets.js';

/** Bhatt et al. 2020, μF, by rank and over a grid as Fel et al. 2021 have it, section 4.1. */
export const muFidelity = metric({
  name: 'mu-fidelity',
  title: 'MuFidelity',
  family: 'faithfulness',
  paper: 'Bhatt, Weller and Moura 2020, arXiv:2005.00631; Fel et al. 2021, arXiv:2111.04138',
  meaning: 'how well the order of what sets of parts are said to count goes with the order of what the score loses without them',
  better: 'higher',
  undefinedWhere: 'all sets count the same, or the score loses the same without any of them',
  options: {
    ...removing('auto'),
    number: numberOption('score'),
    samples: int(200, 'sets that are drawn', { min: 2, max: 100_000 }),
    share: number(0.2, 'the share of all parts that a set holds', { min: 0, max: 1 }),
  },
  async measure(e, options) {
    const { values, score } = await divided(e, options);
    const size = Math.min(values.length, Math.max(1, Math.round(options.share * values.length)));
    const gone = subsets(values.length, size, options.samples, e.random('subsets'));
    const left = await score(
      gone.map((set) => set.map((is) => 1 - is)),
      gone.length,
    );
    return {
      value: spearman(
        gone.map((set) => sumOver(values, set)),
        left.map((s) => -s),
      ),
    };
  },
});
