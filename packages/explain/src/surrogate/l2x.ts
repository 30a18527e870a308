import { explainer, type Found } from '../explainer.js';
import type { Measured } from '../explanation.js';
import { choice, int, number, type OptionsOf } from '../field.js';
import { probabilities } from '../arithmetic.js';
import { ExplainError } from '../error.js';
import type { Inquiry, Point } from '../inquiry.js';
import { blending } from '../perturbation/blending.js';
import { permutation } from '../perturbation/coalition.js';
import type { Partition } from '../perturbation/partition.js';
import { partitionFor, partsOption } from '../perturbation/dividing.js';
import { backgroundOf, learned, learnedFrom } from './background.js';
import { columnsOf, type Columns } from './columns.js';
import { decisionsIn, explainedIn, inTerms, judged, learnedOf, saidOf, type Decisions } from './decisions.js';
import { trainSelector, type Selector } from './selector.js';

/** Fewer examples than this teach nothing, and every fifth of them is held out. */
const [LEAST, HELD_OUT] = [20, 0.2];
/** Held-out examples that the model itself is asked about with only the chosen parts, and how many others the rest is taken from. */
const [MOST_ALONE, OTHERS] = [200, 10];
/** Steps that are taken unless epochs are given. */
const STEPS = 3000;

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

interface Learned {
  readonly columns: Columns;
  readonly scaling: Scaling;
  readonly features: number;
  readonly decisions: Decisions;
  readonly selector: Selector;
  readonly fidelity: readonly Measured[];
  readonly warnings: readonly string[];
}

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
    const { partition, known } = await learnedBy(q, given);
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
        { name: 'told alone', value: explainedIn(q, decisions, said), on: `this example, where the model says ${q.score.toPrecision(3)}` },
      ],
      warnings,
    };
  },
});

async function learnedBy(
  q: Inquiry,
  given: OptionsOf<typeof options>,
): Promise<{ readonly partition: Partition; readonly known: Learned }> {
  const points = backgroundOf(q, 'l2x', given.background, LEAST);
  const partition = partitionFor(q, given.parts);
  const { background: _, parts: __, ...how } = given;
  return { partition, known: await learned(q, points, partition, ['l2x', how], () => learn(q, points, partition, given), learnedOf(q)) };
}

async function learn(q: Inquiry, points: readonly Point[], partition: Partition, given: OptionsOf<typeof options>): Promise<Learned> {
  const columns = columnsOf(q.x, partition);
  const parts = columns.of.length;
  const features = given.features || Math.min(10, Math.max(1, Math.round(parts / 4)));
  if (features >= parts)
    throw new ExplainError('bad-option', `l2x chooses fewer parts than there are, and there are ${parts}: give features= below that`);
  const raw = await saidOf(q, points, points.length);
  const decisions = decisionsIn(raw);
  const said = raw.map((row) => inTerms(decisions, row));
  const scaling = scalingOf(points.map((point) => columns.read(point)));
  const drawn = permutation(points.length, q.random('held-out'));
  const cut = points.length - Math.round(HELD_OUT * points.length);
  const [seen, heldOut] = [drawn.slice(0, cut).sort(), drawn.slice(cut).sort()];
  const rowsOf = (rows: Uint32Array): Float32Array => joined(Array.from(rows, (row) => scaling.scaled(columns.read(points[row]!))));
  const batch = Math.min(given.batch, seen.length);
  const epochs = given.epochs || Math.ceil(STEPS / Math.floor(seen.length / batch));
  const selector = await trainSelector(
    q,
    {
      rows: rowsOf(seen),
      columns: columns.count,
      owner: columns.owner,
      parts,
      decisions,
      said: joined(Array.from(seen, (row) => said[row]!)),
    },
    { ...given, features, batch, epochs },
  );
  const rows = rowsOf(heldOut);
  const chosen = chosenOf(await selector.logits(rows), features);
  const so = Array.from(heldOut, (row) => said[row]!);
  const these = features === 1 ? 'the likeliest part' : `the ${features} likeliest parts`;
  const byTeller = judged(decisions, so, await selector.tell(rows, chosen), `told from ${these}`);
  const few = Array.from(heldOut.subarray(0, MOST_ALONE), (row) => points[row]!);
  const others = Array.from(seen, (row) => points[row]!);
  const alone = await saidAlone(q, decisions, few, chosen, partition, others);
  const byModel = judged(decisions, so.slice(0, few.length), alone, `by the model itself with ${these} of each, the rest from others`);
  return {
    columns,
    scaling,
    features,
    decisions,
    selector,
    fidelity: [...byTeller.fidelity, ...byModel.fidelity],
    warnings: warningsOf(byTeller, byModel, these, given.teller),
  };
}

/** What the model says of chosen parts of examples, on average over other examples that the rest is from. `chosen`: [points, parts] */
async function saidAlone(
  q: Inquiry,
  decisions: Decisions,
  points: readonly Point[],
  chosen: Float32Array,
  partition: Partition,
  others: readonly Point[],
): Promise<readonly ArrayLike<number>[]> {
  const uniform = q.random('others');
  const parts = partition.parts.length;
  const mixed = function* (): Iterable<Point> {
    for (const [i, point] of points.entries()) {
      const blend = blending(point, q.fixed, partition);
      for (let k = 0; k < OTHERS; k++)
        yield blend(chosen.subarray(i * parts, (i + 1) * parts), others[Math.floor(uniform() * others.length)]!);
    }
  };
  const said = (await saidOf(q, mixed(), points.length * OTHERS)).map((row) => inTerms(decisions, row));
  return points.map((_, i) =>
    Float64Array.from({ length: decisions.width }, (__, c) =>
      said.slice(i * OTHERS, (i + 1) * OTHERS).reduce((sum, row) => sum + row[c]! / OTHERS, 0),
    ),
  );
}

function warningsOf(teller: Judgement, model: Judgement, these: string, how: 'joint' | 'apart'): readonly string[] {
  if (teller.isPoor)
    return [
      `what the model says is told badly from ${these} alone (${shown(teller)}): choose more parts with features=, learn longer with epochs=, or give more examples`,
    ];
  if (model.isPoor)
    return [
      `what the model says does not follow from ${these} alone (${shown(model)}): ${how === 'joint' ? 'which parts are chosen may itself tell the answer, and teller=apart keeps them from it' : 'it depends on more parts than these: choose more with features='}`,
    ];
  return [];
}

type Judgement = ReturnType<typeof judged>;
const shown = ({ fidelity: [first], base }: Judgement): string =>
  `${first!.name} ${first!.value.toFixed(2)} on held-out examples, where knowing nothing gives ${base.toFixed(2)}`;

/** Brings columns to vary by 1 around 0: the mean is then what stands in for a part that is not chosen. */
interface Scaling {
  readonly means: Float64Array;
  readonly scales: Float64Array;
  scaled(row: Float64Array): Float32Array;
}

function scalingOf(rows: readonly Float64Array[]): Scaling {
  const means = meanOf(rows);
  const scales = meanOf(rows.map((row) => row.map((v, i) => (v - means[i]!) ** 2))).map((v) => Math.sqrt(v) || 1);
  return { means, scales, scaled: (row) => Float32Array.from(row, (v, i) => (v - means[i]!) / scales[i]!) };
}

function joined(rows: readonly ArrayLike<number>[]): Float32Array {
  const width = rows[0]!.length;
  const all = new Float32Array(rows.length * width);
  rows.forEach((row, i) => all.set(row, i * width));
  return all;
}

function meanOf(rows: readonly Float64Array[]): Float64Array {
  const sums = new Float64Array(rows[0]!.length);
  for (const row of rows) row.forEach((v, i) => (sums[i]! += v / rows.length));
  return sums;
}

/** 1 for the greatest so many of each row, 0 for the others. */
function chosenOf(rows: readonly Float32Array[], features: number): Float32Array {
  const width = rows[0]!.length;
  const chosen = new Float32Array(rows.length * width);
  rows.forEach((row, r) => {
    for (const i of [...row.keys()].toSorted((a, b) => row[b]! - row[a]! || a - b).slice(0, features)) chosen[r * width + i] = 1;
  });
  return chosen;
}
