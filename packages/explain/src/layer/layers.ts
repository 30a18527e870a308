import { ExplainError } from '../error.js';
import { single, type Layered } from '../explainer.js';

const needed = (q: Layered, method: string): string => {
  if (q.layer === undefined)
    throw new ExplainError('no-layer', `${method} needs a layer: name one with --layer (vitrine inspect lists them)`);
  return q.layer;
};

const about = { family: 'layer', signed: true, layer: 'named', options: {} } as const;

export const layerActivation = single({
  ...about,
  name: 'layer-activation',
  forwardOnly: true,
  title: 'Layer activation',
  paper: 'Kokhlikyan et al. 2020, arXiv:2009.07896',
  meaning: "this neuron's value",
  write: (f, _, q) => {
    const layer = needed(q, 'layer-activation');
    return { [layer]: f.op.Identity(f.value(layer)) };
  },
});

export const layerGradient = single({
  ...about,
  name: 'layer-gradient',
  title: 'Layer gradient',
  paper: 'Kokhlikyan et al. 2020, arXiv:2009.07896',
  meaning: 'how much the score would rise if this neuron were a little more active',
  rate: true,
  write: (f, _, q) => {
    const layer = needed(q, 'layer-gradient');
    return { [layer]: f.gradient([f.value(layer)])[0]! };
  },
});

export const layerGradientXActivation = single({
  ...about,
  name: 'layer-gradient-x-activation',
  title: 'Layer gradient × activation',
  paper: 'Ancona et al. 2018, arXiv:1711.06104',
  meaning: "this neuron's share of the score, as if the rest of the model were linear here",
  write: (f, _, q) => {
    const layer = needed(q, 'layer-gradient-x-activation');
    const value = f.value(layer);
    return { [layer]: f.op.Mul(f.gradient([value])[0]!, value) };
  },
});

export { needed as layerNeeded };
