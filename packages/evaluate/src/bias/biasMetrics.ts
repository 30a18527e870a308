import { difference, proportion, weightedSum, type Bounded } from '../statistics/interval.js';
import {
  acceptance,
  accuracy,
  apart,
  arePositive,
  outcome,
  over,
  precision,
  recall,
  rowsIn,
  saidNegative,
  saidPositive,
  treatment,
  turned,
  type Cells,
} from './cells.js';

/** Group d beside the rows that are not in it, a; and the same within each stratum of a column that may explain the difference. */
export interface Facets {
  readonly a: Cells;
  readonly d: Cells;
  readonly strata: readonly { readonly a: Cells; readonly d: Cells }[];
}

/** One way to say how unlike two groups are treated. */
export interface BiasMetric {
  readonly name: string;
  readonly title: string;
  readonly meaning: string;
  /** As Amazon SageMaker Clarify calls it. */
  readonly clarify: string;
  /** Its value where groups are treated alike. */
  readonly none: 0 | 1;
  /** Values that are taken for alike unless other bounds are given; none where no bound is customary. */
  readonly bounds: readonly [number, number] | undefined;
  readonly at: (facets: Facets, z: number) => Bounded;
  readonly interval: string;
  /** How many rows of the smaller count it rests on, beside the rows of each group. */
  readonly events: (facets: Facets) => { readonly count: number; readonly of: string };
  /** What of it could not be told. */
  readonly note?: (facets: Facets) => string | undefined;
}

const JOINED = 'Wilson of each group, joined (MOVER)';
/** A tenth of all. */
const TENTH = [-0.1, 0.1] as const;
const least = ({ a, d }: Facets, count: (cells: Cells) => number, of: string): { readonly count: number; readonly of: string } => ({
  count: Math.min(count(a), count(d)),
  of,
});

export const biasMetrics: readonly BiasMetric[] = [
  {
    name: 'DPL',
    title: 'Difference in proportions of predicted labels',
    meaning: 'share predicted positive, the others’ less the group’s: q̂(a) − q̂(d)',
    clarify: 'DPPL',
    none: 0,
    bounds: TENTH,
    at: ({ a, d }, z) => apart(acceptance, a, d, z),
    interval: JOINED,
    events: (facets) => least(facets, rowsIn, 'rows of a group'),
  },
  {
    name: 'DI',
    title: 'Disparate impact',
    meaning: 'share predicted positive, the group’s over the others’: q̂(d) / q̂(a)',
    clarify: 'DI',
    none: 1,
    // The four-fifths rule of the US Uniform Guidelines on Employee Selection Procedures, 29 CFR 1607.4 D, to both sides.
    bounds: [0.8, 1.25],
    at: ({ a, d }, z) => over(acceptance, d, a, z),
    interval: 'Wilson of each group, their ratio (MOVER-R)',
    events: ({ a }) => ({ count: saidPositive(a), of: 'others predicted positive' }),
  },
  {
    name: 'DCO',
    title: 'Difference in conditional outcomes',
    meaning: 'positives for each predicted positive, the others’ less the group’s: n(a,1)/n̂(a,1) − n(d,1)/n̂(d,1)',
    clarify: 'DCAcc',
    none: 0,
    bounds: undefined,
    at: ({ a, d }, z) => apart(outcome, a, d, z),
    interval: 'Bonett–Price of each group, joined (MOVER)',
    events: (facets) => least(facets, saidPositive, 'rows of a group predicted positive'),
  },
  {
    name: 'DCO-rejection',
    title: 'Difference in conditional outcomes, rejection',
    meaning: 'negatives for each predicted negative, the group’s less the others’: n(d,0)/n̂(d,0) − n(a,0)/n̂(a,0)',
    clarify: 'DCR',
    none: 0,
    bounds: undefined,
    at: ({ a, d }, z) => apart(outcome, turned(d), turned(a), z),
    interval: 'Bonett–Price of each group, joined (MOVER)',
    events: (facets) => least(facets, saidNegative, 'rows of a group predicted negative'),
  },
  {
    name: 'RD',
    title: 'Recall difference',
    meaning: 'share of positives that are found, the others’ less the group’s',
    clarify: 'RD',
    none: 0,
    bounds: TENTH,
    at: ({ a, d }, z) => apart(recall, a, d, z),
    interval: JOINED,
    events: (facets) => least(facets, arePositive, 'positive rows of a group'),
  },
  {
    name: 'DLR',
    title: 'Difference in label rates',
    meaning: 'share of predicted positives that are (precision), the others’ less the group’s',
    clarify: 'DAR',
    none: 0,
    bounds: TENTH,
    at: ({ a, d }, z) => apart(precision, a, d, z),
    interval: JOINED,
    events: (facets) => least(facets, saidPositive, 'rows of a group predicted positive'),
  },
  {
    name: 'DLR-rejection',
    title: 'Difference in label rates, rejection',
    meaning: 'share of predicted negatives that are, the group’s less the others’',
    clarify: 'DRR',
    none: 0,
    bounds: TENTH,
    at: ({ a, d }, z) => apart(precision, turned(d), turned(a), z),
    interval: JOINED,
    events: (facets) => least(facets, saidNegative, 'rows of a group predicted negative'),
  },
  {
    name: 'AD',
    title: 'Accuracy difference',
    meaning: 'share predicted right, the others’ less the group’s',
    clarify: 'AD',
    none: 0,
    bounds: TENTH,
    at: ({ a, d }, z) => apart(accuracy, a, d, z),
    interval: JOINED,
    events: (facets) => least(facets, rowsIn, 'rows of a group'),
  },
  {
    name: 'TE',
    title: 'Treatment equality',
    meaning: 'false negatives for each false positive, the group’s less the others’: FN(d)/FP(d) − FN(a)/FP(a)',
    clarify: 'TE',
    none: 0,
    bounds: undefined,
    at: ({ a, d }, z) => apart(treatment, d, a, z),
    interval: JOINED,
    events: (facets) => least(facets, ({ fn, fp }) => fn + fp, 'wrong predictions of a group'),
  },
  {
    name: 'CDDPL',
    title: 'Conditional demographic disparity of predicted labels',
    meaning:
      'the group’s share of the rejected less its share of the accepted, within each stratum, averaged by the strata’s rows: more than 0 is to its disadvantage',
    clarify: 'CDDPL',
    none: 0,
    bounds: TENTH,
    at: ({ strata }, z) => disparity(strata, z),
    interval: JOINED,
    events: ({ strata }) => {
      const told = strata.filter(hasBoth);
      const count = (of: (cells: Cells) => number): number => told.reduce((sum, { a, d }) => sum + of(a) + of(d), 0);
      return { count: Math.min(count(saidPositive), count(saidNegative)), of: 'rows accepted, or rejected, in strata that have both' };
    },
    note({ strata }) {
      const own = strata.filter(({ a, d }) => rowsIn(a) + rowsIn(d) > 0);
      const left = own.filter((each) => !hasBoth(each)).length;
      return left === 0 ? undefined : `${left} of ${own.length} strata left out: all of their rows were accepted, or all rejected`;
    },
  },
];

/** Where all are accepted, or all rejected, nobody is treated unlike: such strata tell nothing. */
const hasBoth = ({ a, d }: { readonly a: Cells; readonly d: Cells }): boolean =>
  saidPositive(a) + saidPositive(d) > 0 && saidNegative(a) + saidNegative(d) > 0;

function disparity(strata: Facets['strata'], z: number): Bounded {
  const told = strata.filter(hasBoth);
  const rows = told.reduce((sum, { a, d }) => sum + rowsIn(a) + rowsIn(d), 0);
  return weightedSum(
    told.map(({ a, d }) => [
      (rowsIn(a) + rowsIn(d)) / rows,
      difference(
        proportion(saidNegative(d), saidNegative(a) + saidNegative(d), z),
        proportion(saidPositive(d), saidPositive(a) + saidPositive(d), z),
      ),
    ]),
  );
}
