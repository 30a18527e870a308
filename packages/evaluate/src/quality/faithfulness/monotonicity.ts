import { curveOf } from '../curve.js';
import { metric } from '../metric.js';
import { stepsOption } from '../curve.js';
import { removing } from '../parts.js';
import { numberOption } from '../remaining.js';

/** Arya et al. 2019, section on metrics: parts are put in from the least to the most important, and the number must not fall. */
export const monotonicity = metric({
  name: 'monotonicity',
  title: 'Monotonicity',
  family: 'faithfulness',
  paper: 'Arya et al. 2019, arXiv:1909.03012; Luss et al. 2019, arXiv:1905.12698',
  meaning: '1 where the number never falls as parts are put in, from the least important to the most, else 0',
  better: 'higher',
  undefinedWhere: 'never',
  options: { ...removing('auto'), number: numberOption('auto'), steps: stepsOption(1000) },
  async measure(e, options) {
    const curve = await curveOf(e, options, 'least', true);
    const range = Math.max(...curve.values) - Math.min(...curve.values);
    // Single precision is no fall.
    const falls = curve.values.some((v, k) => k > 0 && v < curve.values[k - 1]! - 1e-6 * range);
    return { value: falls ? 0 : 1, curve };
  },
});
