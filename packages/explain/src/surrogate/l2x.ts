import { dtypes, type Value } from '@vitrine/ir';
import { probabilities } from '../arithmetic.js';
import { ATTRIBUTION, explainer, type Found, type Learnt } from '../explainer.js';
import { choice, int, number, type OptionsOf } from '../field.js';
import type { Inquiry } from '../inquiry.js';
import { partitionFor, partsOption } from '../perturbation/dividing.js';
import type { Partition } from '../perturbation/partition.js';
import type { Program } from '../program.js';
import { held } from '../training/network.js';
import { backgroundOf, learned, learnedFrom } from './background.js';
import { explainedIn, inTerms, learnedOf, saidOf } from './decisions.js';
import { chosenOf, learnSelection, STEPS, type Selection } from './selection.js';

/** ONNX's number for single precision. */
const FLOAT = dtypes.float32.code;
/** Fewer examples than this teach nothing. */
const LEAST = 20;

const options = {
  parts: partsOption,
  background: learnedFrom,
  features: int(0, 'how many parts are chosen; 0 for a quarter of them, at most 10', { min: 0, max: 1000 }),
  teller: choice(
    ['joint', 'apart'],
    'joint',
    'how the network learns that tells the answer from chosen parts: along with the choice, as in the paper, or before it from parts drawn at random, so that the choice itself cannot tell the answer',
  ),
  hidden: int(100, 'units of each hidden layer', { min: 1, max: 5000 }),
  epochs: int(0, `how often each example is learned from; 0 for as many as make ${STEPS} steps`, { min: 0, max: 1_000_000 }),
  batch: int(64, 'examples of one step', { min: 1, max: 100_000 }),
  temperature: number(0.1, 'how soft the choice of parts is while it is learned', { min: 0.01, max: 10 }),
  rate: number(0.001, 'length of a step', { min: 1e-6, max: 1 }),
};

/** A network learns which few parts of an example tell the model's answer best, by what another network makes of them. */
export const l2x = explainer({
  name: 'l2x',
  title: 'L2X',
  paper: 'Chen, Song, Wainwright and Jordan 2018, arXiv:1802.07814',
  meaning: 'how likely it is to be among the few parts that a network learned to choose, so that they tell what the model says',
  family: 'surrogate',
  signed: false,
  layer: 'none',
  forwardOnly: true,
  learnsFrom: 10_000,
  options,
  async explain(q, given): Promise<Found> {
    const [own] = (await saidOf(q, [q.x], 1)) as readonly [Float32Array];
    const { partition, known } = await selectionFor(q, given);
    const { columns, scaling, features, selector, decisions, fidelity, warnings } = known;
    const x = scaling.scaled(columns.read(q.x));
    const [logits] = (await selector.logits(x)) as readonly [Float32Array];
    const [said] = (await selector.tell(x, chosenOf([logits], features))) as readonly [ArrayLike<number>];
    const values = probabilities(logits).map((p) => 1 - (1 - p) ** features);
    const each = Float64Array.from(columns.owner, (part) => values[part]! / columns.of[part]!.length);
    return {
      attributions: columns.spread(each),
      parts: { of: partition.of, values: partition.parts.map((part, i) => ({ ...part, value: values[i]! })) },
      fidelity: [
        ...fidelity,
        {
          name: 'told alone',
          value: explainedIn(q, decisions, said),
          on: `this example, where the model says ${explainedIn(q, decisions, inTerms(decisions, own)).toPrecision(3)}`,
        },
      ],
      warnings,
    };
  },
  async learn(q, given): Promise<Learnt> {
    const { known } = await selectionFor(q, given);
    return { at: [...q.x.keys()], program: selectionProgram(q, known), fidelity: known.fidelity, warnings: known.warnings };
  },
});

async function selectionFor(
  q: Inquiry,
  given: OptionsOf<typeof options>,
): Promise<{ readonly partition: Partition; readonly known: Selection }> {
  const points = backgroundOf(q, 'l2x', given.background, LEAST);
  const partition = partitionFor(q, given.parts);
  const { background: _, parts: __, ...how } = given;
  const known = await learned(q, points, partition, ['l2x', how], () => learnSelection(q, points, partition, given), learnedOf(q));
  return { partition, known };
}

/** The network that chooses, as one graph from the attributed values to how likely each part is chosen. */
function selectionProgram(q: Inquiry, { columns, scaling, features, selector }: Selection): Program {
  const names = [...q.x.keys()];
  return {
    key: 'l2x',
    write({ b, op, x }) {
      const row = (values: ArrayLike<number>, name: string): Value =>
        b.initializer({ dtype: 'float32', dims: [1, values.length], data: Float32Array.from(values) }, name);
      const valueOf = (at: string): Value => op.Cast(x[names.indexOf(at)]!, { to: FLOAT });
      const read = op.Div(op.Sub(columns.write(b, valueOf), row(scaling.means, 'means')), row(scaling.scales, 'scales'));
      const drawn = op.Softmax(selector.selecting.write(b, read, held(b, selector.weights)), { axis: 1 });
      const chosen = op.Sub(1, op.Pow(op.Sub(1, drawn), features));
      const each = op.Mul(op.Gather(chosen, b.ints([...columns.owner]), { axis: 1 }), row(Array.from(columns.owner, (part) => 1 / columns.of[part]!.length), 'shares')); // prettier-ignore
      return Object.fromEntries([...columns.writeBack(b, each)].map(([at, value]) => [ATTRIBUTION + at, value]));
    },
  };
}
