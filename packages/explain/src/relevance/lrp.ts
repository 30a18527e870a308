import { compositeRules, composites, fuse, mergeBatchNorm, mergeBias, padApart, readComposite, type Composite } from '@vitrine/transform';
import { choice, described, number } from '../field.js';
import { relevance } from './relevance.js';

const names = Object.keys(composites) as readonly (keyof typeof composites)[];

/** Bach et al. 2015; Montavon et al. 2019. */
export const lrp = relevance({
  name: 'lrp',
  title: 'Layer-wise relevance propagation',
  paper: 'Bach et al. 2015, doi:10.1371/journal.pone.0130140; Montavon et al. 2019, doi:10.1007/978-3-030-28954-6_10',
  meaning: 'how much of the score this part carries: shares that add up to the score, less what biases keep',
  signed: true,
  options: {
    composite: described(names, 'epsilon-plus', 'which rule goes where: a name, or rows of your own in a .json file'),
    epsilon: number(1e-6, 'what keeps divisions finite', { min: 0 }),
    gamma: number(0.25, 'how much more positive contributions count, for the gamma rule', { min: 0 }),
    low: number(0, 'least value that an input can take, for the z-box rule'),
    high: number(1, 'greatest value that an input can take, for the z-box rule'),
    residual: choice(
      ['share', 'copy'] as const,
      'share',
      'what operands of a sum get: their share, which conserves; or a copy each, as tools without a canonizer for residual networks give',
    ),
    padding: choice(
      ['outside', 'apart'] as const,
      'outside',
      'whether asymmetric padding is part of the convolution, or a layer of its own that flat and z-box rules give relevance to',
    ),
  },
  canonize:
    ({ padding }) =>
    (graph) => {
      const layers = mergeBias(mergeBatchNorm(fuse(graph)));
      return padding === 'apart' ? padApart(layers) : layers;
    },
  rules: ({ composite, epsilon, gamma, low, high, residual }, f) =>
    compositeRules(
      withSums(typeof composite === 'string' ? composites[composite] : readComposite(composite, 'the composite'), residual),
      { epsilon, gamma, low, high },
      f && { graph: f.graph, from: f.x, to: f.graph.outputs },
    ),
});

const withSums = ({ rows }: Composite, residual: 'share' | 'copy'): Composite =>
  residual === 'share' ? { rows } : { rows: [{ op: ['Add', 'Sum'], rule: 'gradient' }, ...rows] };
