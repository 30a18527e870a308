import { areaUnder, curveOf, stepsOption } from '../curve.js';
import { metric } from '../metric.js';
import { removing } from '../parts.js';
import { numberOption } from '../remaining.js';

const shared = { family: 'faithfulness', paper: 'Petsiuk, Das and Saenko 2018, arXiv:1806.07421', undefinedWhere: 'never' } as const;

/** Petsiuk et al. 2018, section 4.2: pixels are put into a blurred picture, what counts most first. */
export const insertion = metric({
  ...shared,
  name: 'insertion',
  title: 'Insertion',
  meaning: 'the mean probability while parts are put into a blur, or into nothing where there is no picture, what counts most first',
  better: 'higher',
  options: { ...removing('finest', 'blur'), number: numberOption('auto'), steps: stepsOption(100) },
  async measure(e, options) {
    const curve = await curveOf(e, options, 'most', true);
    return { value: areaUnder(curve), curve };
  },
});

/** The same turned about: pixels become grey. */
export const deletion = metric({
  ...shared,
  name: 'deletion',
  title: 'Deletion',
  meaning: 'the mean probability while parts are taken away, what counts most first',
  better: 'lower',
  options: { ...removing('finest'), number: numberOption('auto'), steps: stepsOption(100) },
  async measure(e, options) {
    const curve = await curveOf(e, options, 'most');
    return { value: areaUnder(curve), curve };
  },
});
