import { int, number } from '@vitrine/explain';
import { pearson } from '../correlation.js';
import { divided } from '../curve.js';
import { metric } from '../metric.js';
import { removing } from '../parts.js';
import { numberOption } from '../remaining.js';
import { subsets, sumOver } from '../subsets.js';

/** Bhatt et al. 2020, definition of μF: sets S of a fixed size, Σ of the attributions over S against f(x) − f(x without S). */
export const faithfulnessCorrelation = metric({
  name: 'faithfulness-correlation',
  title: 'Faithfulness correlation',
  family: 'faithfulness',
  paper: 'Bhatt, Weller and Moura 2020, arXiv:2005.00631',
  meaning: 'how well what sets of parts are said to count goes with what the score loses without them',
  better: 'higher',
  undefinedWhere: 'all sets count the same, or the score loses the same without any of them',
  options: {
    ...removing('auto'),
    number: numberOption('score'),
    samples: int(100, 'sets that are drawn', { min: 2, max: 100_000 }),
    share: number(0.25, 'the share of all parts that a set holds', { min: 0, max: 1 }),
  },
  async measure(e, options) {
    const { values, score } = await divided(e, options);
    const size = Math.min(values.length, Math.max(1, Math.round(options.share * values.length)));
    const gone = subsets(values.length, size, options.samples, e.random('subsets'));
    const left = await score(
      gone.map((set) => set.map((is) => 1 - is)),
      gone.length,
    );
    const [all] = await score([new Uint8Array(values.length).fill(1)], 1);
    return {
      value: pearson(
        gone.map((set) => sumOver(values, set)),
        left.map((s) => all! - s),
      ),
    };
  },
});
