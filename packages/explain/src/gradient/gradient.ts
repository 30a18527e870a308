import { single } from '../explainer.js';
import { flag } from '../field.js';

const names = (f: { readonly x: readonly { readonly name: string }[] }): readonly string[] => f.x.map(({ name }) => name);

/** How the score changes with each element. */
export const gradient = single({
  name: 'gradient',
  title: 'Gradient',
  paper: 'Simonyan, Vedaldi and Zisserman 2014, arXiv:1312.6034',
  meaning: 'how much the score would rise if this element were a little larger',
  family: 'gradient',
  signed: true,
  rate: true,
  layer: 'none',
  options: {},
  write: (f) => Object.fromEntries(f.gradient(f.x).map((g, i) => [names(f)[i]!, g])),
});

export const saliency = single({
  name: 'saliency',
  title: 'Saliency',
  paper: 'Simonyan, Vedaldi and Zisserman 2014, arXiv:1312.6034',
  meaning: 'how sensitive the score is to this element, in either direction',
  family: 'gradient',
  signed: false,
  layer: 'none',
  options: { signed: flag(false, 'keep the sign of the gradient') },
  write: (f, { signed }) => Object.fromEntries(f.gradient(f.x).map((g, i) => [names(f)[i]!, signed ? g : f.op.Abs(g)])),
});

export const inputXGradient = single({
  name: 'input-x-gradient',
  title: 'Input × gradient',
  paper: 'Shrikumar et al. 2016, arXiv:1605.01713',
  meaning: "this element's share of the score, as if the model were linear here",
  family: 'gradient',
  signed: true,
  layer: 'none',
  options: {},
  write: (f) => Object.fromEntries(f.gradient(f.x).map((g, i) => [names(f)[i]!, f.op.Mul(g, f.x[i]!)])),
});
