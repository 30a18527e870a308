import {
  attentionRuleNames,
  attentionRules,
  compositeRules,
  dependents,
  fuse,
  kindByOperator,
  mergeBatchNorm,
  mergeBias,
  ruleNamesIn,
  weighing,
  type CompositeRow,
} from '@vitrine/transform';
import { number } from '../field.js';
import { relevance, type Propagation } from './relevance.js';

const options = {
  epsilon: number(0, 'what keeps divisions finite; 0 leaves out what divides by nothing', { min: 0 }),
  gamma: number(0, 'how much more positive contributions count in layers with weights; vision transformers are noisy without', { min: 0 }),
};

/** Layers by their weights, factors of a product alike, sums by share. */
const rowsFor = (gamma: number): readonly CompositeRow[] => [
  { kind: ['convolution', 'dense'], rule: gamma === 0 ? 'epsilon' : 'gamma' },
  { kind: ['activation', 'scale', 'normalization'], rule: 'pass' },
  { kind: ['sum', 'average'], rule: 'norm' },
  { kind: 'product', rule: 'uniform' },
  { kind: 'routing', rule: 'gradient' },
];

const ofTransformers = (
  kind: 'attn-lrp' | 'cp-lrp',
  about: Pick<Propagation<typeof options>, 'title' | 'paper' | 'meaning'>,
): ReturnType<typeof relevance<typeof options>> =>
  relevance({
    ...about,
    name: kind,
    signed: true,
    options,
    canonize: () => (graph) => mergeBias(mergeBatchNorm(fuse(graph))),
    ruleAt: ({ gamma }) => attentionRuleNames(kind, ruleNamesIn({ rows: rowsFor(gamma) })),
    rules({ epsilon, gamma }, f) {
      const weighs = f && weighing(f.graph, (node) => kindByOperator(node) === 'softmax', dependents(f.graph, f.x));
      const where = f && { graph: f.graph, from: f.x, to: f.ends };
      const base = compositeRules({ rows: rowsFor(gamma) }, { epsilon, gamma }, where);
      return attentionRules(kind, epsilon, base, weighs && ((node) => weighs.has(node)));
    },
  });

/** Achtibat et al. 2024, arXiv:2402.05602. */
export const attnLrp = ofTransformers('attn-lrp', {
  title: 'AttnLRP',
  paper: 'Achtibat et al. 2024, arXiv:2402.05602',
  meaning: 'how much of the score this part carries, through the values of attention and through its weights',
});

/** Ali et al. 2022, arXiv:2202.07304. */
export const cpLrp = ofTransformers('cp-lrp', {
  title: 'Conservative propagation',
  paper: 'Ali et al. 2022, arXiv:2202.07304',
  meaning: 'how much of the score this part carries through the values of attention, whose weights are taken as constant',
});
