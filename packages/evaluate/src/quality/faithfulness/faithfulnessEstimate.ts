import { pearson } from '../correlation.js';
import { divided } from '../curve.js';
import { metric } from '../metric.js';
import { removing } from '../parts.js';
import { numberOption } from '../remaining.js';
import { eachGone } from '../subsets.js';

/** Alvarez-Melis and Jaakkola 2018, section 5.2: what each part counts against the drop when that part alone is removed. */
export const faithfulnessEstimate = metric({
  name: 'faithfulness-estimate',
  title: 'Faithfulness estimate',
  family: 'faithfulness',
  paper: 'Alvarez-Melis and Jaakkola 2018, arXiv:1806.07538',
  meaning: 'how well what each part is said to count goes with what the probability loses without it',
  better: 'higher',
  undefinedWhere: 'all parts count the same, or the probability loses the same without any of them',
  options: { ...removing('auto'), number: numberOption('auto') },
  async measure(e, options) {
    const { values, score } = await divided(e, options);
    const [all] = await score([new Uint8Array(values.length).fill(1)], 1);
    const left = await score(eachGone(values.length), values.length);
    return {
      value: pearson(
        values,
        left.map((s) => all! - s),
      ),
    };
  },
});
