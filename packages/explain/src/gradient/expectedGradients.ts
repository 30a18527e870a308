import { floats } from '../arithmetic.js';
import { baselineOption, baselinesFor } from '../baseline.js';
import { int, number, tensor } from '../field.js';
import { averaging } from '../rows.js';
import { drawn } from './noise.js';

export const expectedGradients = averaging({
  name: 'expected-gradients',
  title: 'Expected gradients (GradientSHAP)',
  paper: 'Erion et al. 2021, arXiv:1906.10670; Lundberg and Lee 2017, arXiv:1705.07874',
  meaning: "this element's part in the difference between the score here and its mean over the baselines",
  family: 'path',
  signed: true,
  layer: 'none',
  options: {
    samples: int(32, 'random points on random paths', { min: 1, max: 10_000 }),
    sigma: number(0, 'standard deviation of noise added to the points', { min: 0 }),
    baseline: baselineOption,
    alphas: tensor('explicit positions on the paths; sample i starts from baseline i'),
  },
  plan(setting, { samples, sigma, baseline, alphas }) {
    const starts = baselinesFor(setting, baseline);
    const given = alphas && Array.from(floats(alphas instanceof Map ? [...alphas.values()][0]! : (alphas as never)));
    const count = given?.length ?? samples;
    const [position, pick] = [setting.random('alpha'), setting.random('baseline')];
    const deviations = new Map([...setting.shapes.keys()].map((name) => [name, sigma]));
    const rows = Array.from({ length: count }, (_, i) => ({
      baseline: starts[given === undefined ? Math.floor(pick() * starts.length) : i % starts.length]!,
      alpha: given?.[i] ?? position(),
      weight: 1 / count,
      ...(sigma > 0 && { noise: () => drawn(setting, i, deviations) }),
    }));
    return { rows, fold: { moment: 'mean', timesDifference: true }, complete: true };
  },
});
