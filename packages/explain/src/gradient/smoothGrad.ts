import { sizeOf } from '@vitrine/ir';
import { fromTensors } from '../baseline.js';
import { int, number, tensor, type OptionsOf } from '../field.js';
import type { Point } from '../inquiry.js';
import { drawn } from './noise.js';
import { averaging, type Fold, type RowsPlan, type Setting } from '../rows.js';

const options = {
  samples: int(25, 'noisy copies of the input', { min: 1, max: 10_000 }),
  sigma: number(0.15, 'standard deviation of the noise, as a share of the input’s range', { min: 0 }),
  absoluteSigma: number(-1, 'standard deviation of the noise in the units of the input; −1 leaves it to sigma', { min: -1 }),
  noise: tensor('explicit noise [N,…], in place of samples and sigma'),
};

function noises(setting: Setting, { samples, sigma, absoluteSigma, noise }: OptionsOf<typeof options>): readonly (() => Point)[] {
  const { shapes } = setting;
  if (noise !== undefined) return fromTensors(noise, shapes, 'noise').map((point) => () => point);
  const deviations = new Map([...shapes.keys()].map((name) => [name, absoluteSigma >= 0 ? absoluteSigma : sigma]));
  return Array.from({ length: samples }, (_, sample) => () => drawn(setting, sample, deviations));
}

const noisy =
  (moment: Fold['moment']) =>
  (setting: Setting, given: OptionsOf<typeof options>): RowsPlan => {
    const list = noises(setting, given);
    const zero = new Map(
      [...setting.shapes].map(([name, dims]) => [name, { dtype: 'float32', dims, data: new Float32Array(sizeOf(dims)) } as const]),
    );
    return {
      rows: list.map((noise) => ({ baseline: zero, alpha: 1, noise, weight: 1 / list.length })),
      fold: { moment, timesDifference: false },
      relative: given.noise === undefined && given.absoluteSigma < 0,
    };
  };

export const smoothGrad = averaging({
  name: 'smoothgrad',
  title: 'SmoothGrad',
  paper: 'Smilkov et al. 2017, arXiv:1706.03825',
  meaning: 'how much the score would rise if this element were a little larger, averaged over noisy copies of the input',
  family: 'gradient',
  signed: true,
  rate: true,
  layer: 'none',
  options,
  plan: noisy('mean'),
});

export const smoothGradSquared = averaging({
  name: 'smoothgrad-squared',
  title: 'SmoothGrad²',
  paper: 'Hooker et al. 2019, arXiv:1806.10758',
  meaning: 'how sensitive the score is to this element, averaged over noisy copies of the input',
  family: 'gradient',
  signed: false,
  layer: 'none',
  options,
  plan: noisy('square'),
});

export const varGrad = averaging({
  name: 'vargrad',
  title: 'VarGrad',
  paper: 'Adebayo et al. 2018, arXiv:1810.03307',
  meaning: 'how much the sensitivity to this element varies between noisy copies of the input',
  family: 'gradient',
  signed: false,
  layer: 'none',
  options,
  plan: noisy('variance'),
});
