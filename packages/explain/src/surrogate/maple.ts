import { explainer, type Found } from '../explainer.js';
import type { Measured } from '../explanation.js';
import { int, number, type OptionsOf } from '../field.js';
import type { Inquiry, Point } from '../inquiry.js';
import { partitionFor, partsOption } from '../perturbation/dividing.js';
import { ranking } from '../perturbation/ranking.js';
import type { Table } from '../training/tree.js';
import { backgroundOf, learned, learnedFrom, scoresOf } from './background.js';
import { columnsOf, type Columns } from './columns.js';
import { effective, errorsOf, explained, type Line } from './line.js';
import { learnLines, type Lines } from './lines.js';

/** Fewer examples than this make no forest. */
const LEAST = 20;
/** Neighbours worth fewer than this tell nothing of how well a line fits. */
const FEW = 5;
const POOR = 0.5;
/** The share of the scores' variance that is told. */
const SHARE = 'R²';

const options = {
  parts: partsOption,
  background: learnedFrom,
  trees: int(100, 'trees of the forest', { min: 1, max: 2000 }),
  leaf: int(10, 'least examples of a leaf: more make the neighbourhood wider', { min: 1, max: 10_000 }),
  share: number(0.5, 'share of the numbers that each split chooses from', { min: 0.01, max: 1 }),
  features: int(0, 'how many parts the line uses; 0 for as many as predict held-out examples best', { min: 0 }),
  ridge: number(0.001, 'what the squares of the coefficients cost, in numbers that vary by 1', { min: 0 }),
};

/** A linear model of the score among the examples that a forest of the scores puts together with this one. */
export const maple = explainer({
  name: 'maple',
  title: 'MAPLE',
  paper: 'Plumb, Molitor and Talwalkar 2018, arXiv:1807.02910',
  meaning: 'its slope in a linear model fitted to the neighbours, times how far it lies from their mean',
  family: 'surrogate',
  signed: true,
  layer: 'none',
  forwardOnly: true,
  learnsFrom: 1000,
  options,
  async explain(q, given): Promise<Found> {
    const points = backgroundOf(q, 'maple', given.background, LEAST);
    const partition = partitionFor(q, given.parts);
    const { background: _, parts: __, ...how } = given;
    const columns = columnsOf(q.x, partition);
    const lines = await learned(q, points, partition, ['maple', how], () => learn(q, points, columns, given));
    const x = columns.read(q.x);
    const { line, weights, others } = lines.near(x);
    const { each, away, values } = contributions(line, columns, x);
    const standardErrors = errorsOf(line, lines.grown.table, lines.grown.y, weights, away);
    const used = new Set(line.sums.columns.map((column) => columns.owner[column]!));
    const ranks = standardErrors && ranking(values, standardErrors, q.random);
    const fidelity = [
      ...fidelityOf(line, lines, weights, others),
      { name: 'the line says', value: line.at(x), on: `this example, where the model says ${q.score.toPrecision(3)}` },
    ];
    return {
      attributions: columns.spread(each),
      parts: {
        of: partition.of,
        values: partition.parts.map((part, i) => ({
          ...part,
          value: values[i]!,
          // A part that the line leaves out counts nothing, which is no estimate.
          ...(standardErrors && used.has(i) && { standardError: standardErrors[i]! }),
          ...(ranks?.has(i) && used.has(i) && { rank: ranks.get(i)! }),
        })),
      },
      fidelity,
      warnings: warningsOf(fidelity, standardErrors === undefined, effective(weights), line.freedom),
    };
  },
});

/** What the model says of the background, and the lines learned from it. */
async function learn(q: Inquiry, points: readonly Point[], columns: Columns, given: OptionsOf<typeof options>): Promise<Lines> {
  const y = await scoresOf(q, points);
  const values = new Float64Array(points.length * columns.count);
  points.forEach((point, i) => values.set(columns.read(point), i * columns.count));
  return learnLines({ table: { values, columns: columns.count }, y }, columns.of, given, q.random, q.signal);
}

/** What each column and each part counts, and how far the columns of each part lie from the neighbours' mean. */
function contributions(
  { sums, slopes }: Line,
  { count, of, owner }: Columns,
  x: Float64Array,
): { readonly each: Float64Array; readonly away: readonly Float64Array[]; readonly values: Float64Array } {
  const [each, values] = [new Float64Array(count), new Float64Array(of.length)];
  const away = of.map(() => new Float64Array(slopes.length));
  slopes.forEach((slope, i) => {
    const column = sums.columns[i]!;
    const distance = x[column]! - sums.means[i]!;
    each[column] = slope * distance;
    values[owner[column]!]! += slope * distance;
    away[owner[column]!]![i] = distance;
  });
  return { each, away, values };
}

function fidelityOf(line: Line, { grown, heldOut, tells }: Lines, weights: Float64Array, others: Float64Array): readonly Measured[] {
  const toldOf = ({ values, columns }: Table): Float64Array =>
    Float64Array.from({ length: values.length / columns }, (_, row) => line.at(values, row * columns));
  const measured = (value: number | undefined, on: string): readonly Measured[] =>
    value === undefined ? [] : [{ name: SHARE, value, on }];
  const neighbours = (own: Float64Array): number => own.filter((w) => w > 0).length;
  const outside = effective(others) >= FEW ? explained(heldOut.y, toldOf(heldOut.table), others) : undefined;
  return [
    ...measured(explained(grown.y, toldOf(grown.table), weights), `${neighbours(weights)} neighbours that the line was fitted to`),
    ...measured(outside, `${neighbours(others)} held-out neighbours`),
    ...measured(tells.share, `${tells.count} held-out examples, each by a line of its own`),
  ];
}

function warningsOf(fidelity: readonly Measured[], isTooFew: boolean, neighbours: number, freedom: number): readonly string[] {
  const poor = fidelity.find(({ name, value }) => name === SHARE && value < POOR);
  return [
    ...(poor === undefined
      ? []
      : [
          `the line explains ${Math.round(100 * Math.max(0, poor.value))} % of how the score varies among ${poor.on}: what a feature counts here is not what a line tells`,
        ]),
    ...(isTooFew
      ? [
          `the neighbours are worth ${neighbours.toFixed(0)} examples, too few to say how sure a line with ${Math.round(freedom)} slopes is: give more rows`,
        ]
      : []),
  ];
}
