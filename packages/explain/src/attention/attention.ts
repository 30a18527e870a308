import { choice } from '../field.js';
import { attending, byHead, folded, folding } from './attend.js';

/** Vaswani et al. 2017; as an explanation, Clark et al. 2019. */
export const attention = attending({
  name: 'attention',
  title: 'Attention weights',
  paper: 'Vaswani et al. 2017, arXiv:1706.03762; Clark et al. 2019, arXiv:1906.04341',
  meaning: 'how much a token looks at this one, in each layer and head: where information is taken from, not what it does to the score',
  signed: false,
  forwardOnly: true,
  options: {
    ...folding,
    heads: choice(['each', 'mean', 'max', 'min'] as const, 'each', 'the heads of a layer one by one, or how they become one'),
  },
  *write(f, layers, { heads, discard }) {
    for (const layer of layers) {
      const a = byHead(f, layer.weights, layer);
      yield [layer.weights.name, heads === 'each' ? f.op.Identity(a) : folded(f, a, { heads, discard }), layer];
    }
  },
});
