import { areaUnder, curveOf, stepsOption } from '../curve.js';
import { metric } from '../metric.js';
import { removing } from '../parts.js';
import { numberOption } from '../remaining.js';

/** Bach et al. 2015, section on pixel-flipping: the curve of the score as what counts most is removed first. */
export const pixelFlipping = metric({
  name: 'pixel-flipping',
  title: 'Pixel flipping',
  family: 'faithfulness',
  paper: 'Bach et al. 2015, doi:10.1371/journal.pone.0130140',
  meaning: 'the mean score while the smallest parts are taken away, what counts most first',
  better: 'lower',
  undefinedWhere: 'never',
  options: { ...removing('finest'), number: numberOption('score'), steps: stepsOption(100) },
  async measure(e, options) {
    const curve = await curveOf(e, options, 'most');
    return { value: areaUnder(curve), curve };
  },
});
