import {
  compositeRules,
  composites,
  fuse,
  ruleNamesIn,
  mergeBatchNorm,
  mergeBias,
  padApart,
  readComposite,
  rowsGiven,
  type Composite,
  type RuleSet,
} from '@vitrine/transform';
import { valuesByName, type Graph } from '@vitrine/ir';
import { floats } from '../arithmetic.js';
import { ExplainError } from '../error.js';
import { choice, described, number, type OptionsOf } from '../field.js';
import type { Inquiry } from '../inquiry.js';
import type { Frame } from '../program.js';
import { relevance } from './relevance.js';

const names = Object.keys(composites) as readonly (keyof typeof composites)[];

/** What every method that rests on layer-wise relevance propagation can be asked. */
export const lrpOptions = {
  composite: described(names, 'epsilon-plus', 'which rule goes where: a name, or rows of your own in a .json file'),
  epsilon: number(1e-6, 'what keeps divisions finite', { min: 0 }),
  gamma: number(0.25, 'how much more positive contributions count, for the gamma rule', { min: 0 }),
  low: number(0, 'least value that an input can take, for the z-box rule'),
  high: number(1, 'greatest value that an input can take, for the z-box rule'),
  beyond: choice(['refuse', 'allow'] as const, 'refuse', 'what to do with inputs outside low and high, for the z-box rule'),
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
};
export type LrpOptions = OptionsOf<typeof lrpOptions>;

/** The graph as rules see it: batch normalization and biases merged, normalizations and activations in one piece. */
export const lrpGraph =
  ({ padding }: LrpOptions) =>
  (graph: Graph): Graph => {
    const layers = mergeBias(mergeBatchNorm(fuse(graph)));
    return padding === 'apart' ? padApart(layers) : layers;
  };

const compositeOf = ({ composite, residual }: LrpOptions): Composite => {
  const { rows }: Composite = typeof composite === 'string' ? composites[composite] : readComposite(composite, 'the composite');
  return residual === 'share' ? { rows } : { rows: [{ op: ['Add', 'Sum'], rule: 'gradient' }, ...rows] };
};

/** The rules of the composite; between the explained values and the outputs where there is a frame. @throws RuleError 'bad-rule' */
export const rulesOfLrp = (options: LrpOptions, f?: Frame): RuleSet => {
  const { epsilon, gamma, low, high } = options;
  return compositeRules(compositeOf(options), { epsilon, gamma, low, high }, f && { graph: f.graph, from: f.x, to: f.ends });
};

/** What the composite does at an operator wherever it stands. */
export const ruleNames = (options: LrpOptions): ReturnType<typeof ruleNamesIn> => ruleNamesIn(compositeOf(options));

/** z-box stands on bounds that hold the input. @throws ExplainError 'bad-option' */
export function boundsHold(q: Inquiry, options: LrpOptions): void {
  const composite = compositeOf(options);
  if (options.beyond === 'allow' || !composite.rows.some(({ rule }) => rule === 'z-box')) return;
  const graph = lrpGraph(options)(q.graph());
  const values = valuesByName(graph);
  const from = [...q.x.keys()].flatMap((name) => values.get(name) ?? []);
  for (const [node, row] of rowsGiven(composite, { graph, from, to: graph.outputs })) {
    if (row.rule !== 'z-box') continue;
    const { low, high } = { ...options, ...row };
    for (const [name, tensor] of q.x) {
      let [least, most] = [Infinity, -Infinity];
      for (const v of floats(tensor)) [least, most] = [Math.min(least, v), Math.max(most, v)];
      if (least < low || most > high)
        throw new ExplainError(
          'bad-option',
          `the z-box rule (at ${node.name}) holds for inputs between low and high, and ${name} goes from ${least.toPrecision(4)} to ${most.toPrecision(4)} where low is ${low} and high is ${high}: set both to what this input can be, or beyond=allow`,
        );
    }
  }
}

/** Bach et al. 2015; Montavon et al. 2019. */
export const lrp = relevance({
  name: 'lrp',
  title: 'Layer-wise relevance propagation',
  paper: 'Bach et al. 2015, doi:10.1371/journal.pone.0130140; Montavon et al. 2019, doi:10.1007/978-3-030-28954-6_10',
  meaning: 'how much of the score this part carries: shares that add up to the score, less what biases keep',
  signed: true,
  options: lrpOptions,
  ruleAt: ruleNames,
  canonize: lrpGraph,
  check: boundsHold,
  rules: rulesOfLrp,
});
