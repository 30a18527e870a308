import { baselineOption, baselinesFor } from '../baseline.js';
import { floats } from '../arithmetic.js';
import { ExplainError } from '../error.js';
import { choice, flag, int, tensor, type Tensors } from '../field.js';
import { quadratureNames, quadratures, type Quadrature, type QuadratureName } from '../quadrature.js';
import { averaging } from '../rows.js';

export const pathOptions = {
  steps: int(32, 'points on the path', { min: 1, max: 10_000 }),
  quadrature: choice(quadratureNames, 'gauss-legendre', 'rule for the integral'),
  baseline: baselineOption,
  alphas: tensor('explicit points on the path, in place of steps and quadrature'),
  weights: tensor('weights of the explicit points'),
};

/** The rule that the options name. @throws ExplainError 'bad-option' */
export function quadratureFor(options: {
  readonly steps: number;
  readonly quadrature: QuadratureName;
  readonly alphas?: Tensors | undefined;
  readonly weights?: Tensors | undefined;
}): Quadrature {
  const list = (given: Tensors | undefined): readonly number[] | undefined =>
    given && Array.from(floats(given instanceof Map ? [...given.values()][0]! : (given as never)));
  const [alphas, weights] = [list(options.alphas), list(options.weights)];
  if (alphas === undefined) return quadratures[options.quadrature](options.steps);
  if (weights !== undefined && weights.length !== alphas.length)
    throw new ExplainError('bad-option', `${alphas.length} alphas do not go with ${weights.length} weights`);
  return { points: alphas, weights: weights ?? alphas.map(() => 1 / alphas.length) };
}

export const integratedGradients = averaging({
  name: 'integrated-gradients',
  title: 'Integrated gradients',
  paper: 'Sundararajan, Taly and Yan 2017, arXiv:1703.01365',
  meaning: "this element's part in the difference between the score here and at the baseline",
  family: 'path',
  signed: true,
  layer: 'none',
  options: { ...pathOptions, timesInput: flag(true, 'multiply by input − baseline; without it the mean gradient') },
  plan(setting, options) {
    const { points, weights } = quadratureFor(options);
    const starts = baselinesFor(setting, options.baseline);
    return {
      rows: starts.flatMap((baseline) => points.map((alpha, i) => ({ baseline, alpha, weight: weights[i]! / starts.length }))),
      fold: { moment: 'mean', timesDifference: options.timesInput },
      complete: options.timesInput,
    };
  },
});
