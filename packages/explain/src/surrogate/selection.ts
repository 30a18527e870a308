import { ExplainError } from '../error.js';
import type { Measured } from '../explanation.js';
import type { Inquiry, Point } from '../inquiry.js';
import { blending } from '../perturbation/blending.js';
import { permutation } from '../perturbation/coalition.js';
import type { Partition } from '../perturbation/partition.js';
import { columnsOf, type Columns } from './columns.js';
import { decisionsIn, inTerms, judged, saidOf, type Decisions } from './decisions.js';
import { trainSelector, type Selector, type SelectorOptions } from './selector.js';

/** Every fifth example is held out. */
const HELD_OUT = 0.2;
/** Held-out examples that the model itself is asked about with only the chosen parts, and how many others the rest is taken from. */
const [MOST_ALONE, OTHERS] = [200, 10];
/** Steps that are taken unless epochs are given. */
export const STEPS = 3000;

/** 0 features are a quarter of the parts, 0 epochs as many as make so many steps. */
export type SelectionOptions = SelectorOptions;

/** What was learned: which parts tell what the model says, and how well. */
export interface Selection {
  readonly columns: Columns;
  readonly scaling: Scaling;
  readonly features: number;
  readonly decisions: Decisions;
  readonly selector: Selector;
  readonly fidelity: readonly Measured[];
  readonly warnings: readonly string[];
}

/** Trains the networks on most of the examples, and judges them on the others. @throws ExplainError; RuntimeError 'over-budget', 'cancelled' */
export async function learnSelection(
  q: Inquiry,
  points: readonly Point[],
  partition: Partition,
  given: SelectionOptions,
): Promise<Selection> {
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
  if (teller.base === 1)
    return [
      'the model decides the same for all held-out examples, so that no parts could tell how it decides: give examples of which it decides otherwise too',
    ];
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
export function chosenOf(rows: readonly Float32Array[], features: number): Float32Array {
  const width = rows[0]!.length;
  const chosen = new Float32Array(rows.length * width);
  rows.forEach((row, r) => {
    for (const i of [...row.keys()].toSorted((a, b) => row[b]! - row[a]! || a - b).slice(0, features)) chosen[r * width + i] = 1;
  });
  return chosen;
}
