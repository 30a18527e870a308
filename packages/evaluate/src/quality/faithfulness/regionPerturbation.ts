import { curveOf, meanOf, stepsOption } from '../curve.js';
import { metric } from '../metric.js';
import { removing } from '../parts.js';
import { numberOption } from '../remaining.js';

/** Samek et al. 2017, eq. 12: (Σ over k from 0 to L of f(x0) − f(xk)) / (L + 1), squares that count most first, each replaced by random colours. */
export const regionPerturbation = metric({
  name: 'region-perturbation',
  title: 'Region perturbation (AOPC, most relevant first)',
  family: 'faithfulness',
  paper: 'Samek et al. 2017, arXiv:1509.06321',
  meaning: 'the mean drop of the score while regions are taken away, what counts most first',
  better: 'higher',
  undefinedWhere: 'never',
  options: { ...removing('patches=9', 'uniform'), number: numberOption('score'), steps: stepsOption(100) },
  async measure(e, options) {
    const curve = await curveOf(e, options, 'most');
    return { value: meanOf(curve.values.map((s) => curve.values[0]! - s)), curve };
  },
});
