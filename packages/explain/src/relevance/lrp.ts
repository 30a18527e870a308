import { compositeRules, composites, mergeBatchNorm, mergeBias, type CompositeRow } from '@vitrine/transform';
import { choice, number } from '../field.js';
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
    composite: choice(names, 'epsilon-plus', 'which rule goes where'),
    epsilon: number(1e-6, 'what keeps divisions finite', { min: 0 }),
    gamma: number(0.25, 'how much more positive contributions count, for the gamma rule', { min: 0 }),
    low: number(0, 'least value that an input can take, for the z-box rule'),
    high: number(1, 'greatest value that an input can take, for the z-box rule'),
  },
  canonize: () => (graph) => mergeBias(mergeBatchNorm(graph)),
  rules: ({ composite, epsilon, gamma, low, high }, f) =>
    compositeRules(
      { rows: composites[composite].rows as readonly CompositeRow[] },
      { epsilon, gamma, low, high },
      f && { graph: f.graph, from: f.x, to: f.graph.outputs },
    ),
});
