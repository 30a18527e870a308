import { marginsOf, presentIn } from '../margins.js';
import { allRows, type ClassificationMetric, type ClosedInterval, type Support } from '../metric.js';
import type { Classified, Sample } from '../outcome.js';
import { increasing, proportion, weightedSum, type Bounded } from '../../statistics/interval.js';

/** A metric of predicted classes alone, of all rows. */
export const ofLabels = (
  row: Pick<ClassificationMetric, 'name' | 'title' | 'meaning' | 'source' | 'of' | 'undefinedWhere' | 'interval'>,
): ClassificationMetric => ({ ...row, task: 'classification', per: 'model', needs: 'labels', better: 'higher', support: allRows });

/** `right` of `trials`, and what a number between 0 and 1 becomes of their share. */
export interface ClassShare {
  readonly name: string;
  readonly title: string;
  readonly meaning: string;
  readonly source: string;
  readonly trials: (sample: Sample<Classified>, k: number) => number;
  readonly trialsAre: string;
  readonly of?: (share: number) => number;
  /** The interval, as reports name it. */
  readonly interval: string;
}

/** Of class k: 0 of 0 is NaN. */
const boundedOf = ({ trials, of = (share) => share }: ClassShare, sample: Sample<Classified>, k: number, z: number): Bounded =>
  increasing(proportion(marginsOf(sample).right[k]!, trials(sample, k), z), of);

/** Of each class, and the averages of all: each class alike (macro), each row alike (micro), each class by its rows (weighted). */
export function classShare(share: ClassShare, micro: string): readonly ClassificationMetric[] {
  const { name, title, meaning, source, trials, trialsAre, interval } = share;
  const valueOf = (sample: Sample<Classified>, k: number): number => boundedOf(share, sample, k, 0).value;
  const averaged = (
    kind: string,
    which: string,
    weights: (sample: Sample<Classified>) => readonly (readonly [number, number])[],
  ): ClassificationMetric =>
    ofLabels({
      name: `${name}-${kind}`,
      title: `${title}, ${kind} average`,
      meaning: `${title} of each class, averaged: ${which}. A class that is true or predicted and has none counts 0`,
      source,
      of: (sample) => weights(sample).reduce((sum, [k, weight]) => sum + weight * (valueOf(sample, k) || 0), 0),
      undefinedWhere: 'there are no rows',
      interval: 'bootstrap',
    });
  return [
    {
      name,
      title,
      meaning,
      source,
      task: 'classification',
      per: 'class',
      needs: 'labels',
      better: 'higher',
      of: valueOf,
      undefinedWhere: `there are no ${trialsAre}`,
      support: (sample, k): Support => ({ count: trials(sample, k), of: trialsAre, events: true }),
      interval: { name: interval, at: (sample, k, z) => boundedOf(share, sample, k, z) },
    },
    averaged('macro', 'each class alike', (sample) => {
      const present = presentIn(marginsOf(sample));
      return present.map((k) => [k, 1 / present.length]);
    }),
    averaged('weighted', 'each class by its rows', (sample) => {
      const { actual, rows } = marginsOf(sample);
      return Array.from(actual, (count, k) => [k, count / rows] as const).filter(([, weight]) => weight > 0);
    }),
    ofLabels({
      name: `${name}-micro`,
      title: `${title}, micro average`,
      meaning: `${title} of all classes' rows taken together. ${micro}`,
      source,
      of: rightOfAll,
      undefinedWhere: 'there are no rows',
      interval: wilsonOfAll,
    }),
  ];
}

const sum = (values: Float64Array): number => values.reduce((all, value) => all + value, 0);

export const rightOfAll = (sample: Sample<Classified>): number => sum(marginsOf(sample).right) / marginsOf(sample).rows;
export const wilsonOfAll: ClosedInterval<Classified> = {
  name: 'Wilson',
  at: (sample, _, z) => proportion(sum(marginsOf(sample).right), marginsOf(sample).rows, z),
};

/** Of the mean over classes of independent shares. */
export const meanOfShares: ClosedInterval<Classified> = {
  name: 'Wilson of each class, joined (MOVER)',
  at(sample, _, z) {
    const { actual, right } = marginsOf(sample);
    const present = Array.from(actual.keys()).filter((k) => actual[k]! > 0);
    return weightedSum(present.map((k) => [1 / present.length, proportion(right[k]!, actual[k]!, z)]));
  },
};
