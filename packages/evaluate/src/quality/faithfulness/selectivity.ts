import { areaUnder, curveOf, stepsOption } from '../curve.js';
import { metric } from '../metric.js';
import { removing } from '../parts.js';
import { numberOption } from '../remaining.js';

/** Montavon, Samek and Müller 2018, section 7.2: the area under the curve while patches are set to zero, the most relevant first. */
export const selectivity = metric({
  name: 'selectivity',
  title: 'Selectivity',
  family: 'faithfulness',
  paper: 'Montavon, Samek and Müller 2018, doi:10.1016/j.dsp.2017.10.011',
  meaning: 'the mean score while small squares are taken away, what counts most first',
  better: 'lower',
  undefinedWhere: 'never',
  options: { ...removing('patches=4'), number: numberOption('score'), steps: stepsOption(100) },
  async measure(e, options) {
    const curve = await curveOf(e, options, 'most');
    return { value: areaUnder(curve), curve };
  },
});
