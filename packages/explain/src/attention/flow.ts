import { numbers } from '@vitrine/ir';
import { openAttention } from '@vitrine/transform';
import { ExplainError } from '../error.js';
import { collect, explainer } from '../explainer.js';
import type { Program } from '../program.js';
import { byHead, folded, folding, layersIn, mixed, oneStream, shared } from './attend.js';
import { maxFlow } from './maxFlow.js';
import { readingFor, placeIn } from './reading.js';
import { PLACE, placeOf, shown } from './shown.js';

/** Each input token is a maximum flow of its own, so that work grows with the cube of the tokens: seconds for one row of 256, or for 64 rows of 64. */
const MOST_TOKENS = { one: 256, all: 64 };
const LAYER = 'layer/';

const { upsample: _, ...rows } = shared;
const options = { ...folding, ...rows };

/**
 * The most that can flow from one token of the last layer to each token of the input, connections of a layer carrying at most their
 * attention (A + I)/2. Exact, for up to 256 tokens. Abnar and Zuidema 2020, section 3.
 */
export const attentionFlow = explainer({
  name: 'attention-flow',
  title: 'Attention flow',
  paper: 'Abnar and Zuidema 2020, arXiv:2005.00928',
  meaning: 'how much of this token can reach the one that is read, if each connection carries at most its attention',
  family: 'attention',
  signed: false,
  layer: 'none',
  forwardOnly: true,
  options,
  async explain(q, asked) {
    const program: Program = {
      key: `attention-flow:${JSON.stringify(asked)}:${placeIn(q.target)}`,
      canonize: openAttention,
      write(f) {
        const layers = oneStream(layersIn(f, asked, 'attention-flow'), 'attention-flow');
        const count = layers[0]!.keys;
        const reading = readingFor(f.graph, layers.at(-1)!, asked, q.target, 'attention-flow');
        const most = reading === 'mean' ? MOST_TOKENS.all : MOST_TOKENS.one;
        if (count > most)
          throw new ExplainError(
            'bad-option',
            `attention-flow is exact, and takes up to ${most} tokens for ${reading === 'mean' ? 'all rows' : 'a row'} where there are ${count}: ask attention-rollout`,
          );
        const capacities = layers.map((layer) => mixed(f, folded(f, byHead(f, layer.weights, layer), asked), layer, true));
        return {
          [PLACE]: placeOf(f, layers.at(-1)!, reading),
          ...Object.fromEntries(capacities.map((v, i) => [`${LAYER}${i}`, v])),
        };
      },
    };
    const [result] = await collect(q.evaluate(program, [q.x], 1));
    const matrices = [...result!].filter(([name]) => name.startsWith(LAYER)).map(([, tensor]) => Array.from(numbers(tensor), Number));
    const count = Math.sqrt(matrices[0]!.length);
    return { attributions: shown(result!.get(PLACE)!, count, asked.show, (row) => maxFlow(matrices, row, count)) };
  },
});
