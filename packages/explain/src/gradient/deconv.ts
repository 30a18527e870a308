import { deconvnet as deconvnetTable, firstOf, fromTable, guidedBackprop as guidedTable } from '@vitrine/transform';
import { single } from '../explainer.js';
import { gradients } from '../program.js';

export const guidedRules = firstOf(fromTable(guidedTable), gradients);
const deconvnetRules = firstOf(fromTable(deconvnetTable), gradients);

export const guidedBackprop = single({
  name: 'guided-backprop',
  title: 'Guided backpropagation',
  paper: 'Springenberg et al. 2015, arXiv:1412.6806',
  meaning: 'the pattern here that raises the score, with everything that lowers it left out',
  family: 'gradient',
  signed: true,
  layer: 'none',
  options: {},
  write: (f) => Object.fromEntries(f.gradient(f.x, { rules: guidedRules }).map((g, i) => [f.x[i]!.name, g])),
});

export const deconvnet = single({
  name: 'deconvnet',
  title: 'Deconvolution',
  paper: 'Zeiler and Fergus 2014, arXiv:1311.2901',
  meaning: 'the pattern here that would raise the score, whatever the input was',
  family: 'gradient',
  signed: true,
  layer: 'none',
  options: {},
  write: (f) => Object.fromEntries(f.gradient(f.x, { rules: deconvnetRules }).map((g, i) => [f.x[i]!.name, g])),
});
