import { lazily } from '../../lazily.js';
import { marginsOf } from '../margins.js';
import type { ClassificationMetric, ClosedInterval, Support } from '../metric.js';
import type { Classified, Sample } from '../outcome.js';
import { ALL } from '../ranking.js';

export interface RankMetric {
  readonly name: string;
  readonly title: string;
  readonly meaning: string;
  readonly source: string;
  readonly of: (sample: Sample<Classified>, k: number) => number;
  readonly interval: ClosedInterval<Classified>;
}

/** What there is least of: rows of the class, or of the others. */
const scarcer = (sample: Sample<Classified>, k: number): number => {
  const { actual, rows } = marginsOf(sample);
  return Math.min(actual[k]!, rows - actual[k]!);
};

/** Classes that some row is of, and some is not. */
const tellable = (sample: Sample<Classified>): readonly number[] =>
  [...sample.outcome.classes.keys()].filter((k) => scarcer(sample, k) > 0);

/** Of how scores order rows: of each class against the others, and averages. */
export function rankMetric({ of: measured, interval, ...row }: RankMetric): readonly ClassificationMetric[] {
  // Two averages look at the same classes.
  const known = lazily<Sample<Classified>, Map<number, number>>(() => new Map());
  const of = (sample: Sample<Classified>, k: number): number => {
    const own = known(sample);
    const value = own.get(k) ?? measured(sample, k);
    own.set(k, value);
    return value;
  };
  const common = { ...row, task: 'classification', needs: 'scores', better: 'higher' } as const;
  const averaged = (kind: string, which: string, value: (sample: Sample<Classified>) => number): ClassificationMetric => ({
    ...common,
    name: `${row.name}-${kind}`,
    title: `${row.title}, ${kind} average`,
    meaning: `${row.title}, ${which}`,
    per: 'model',
    of: value,
    undefinedWhere: 'only one class is true',
    support(sample): Support {
      const counts = tellable(sample).map((k) => scarcer(sample, k));
      return { count: counts.length === 0 ? 0 : Math.min(...counts), of: 'rows of the rarest class, or of the others', events: true };
    },
    interval: 'bootstrap',
  });
  return [
    {
      ...common,
      per: 'class',
      of,
      undefinedWhere: 'all rows are of the class, or none is',
      support: (sample, k): Support => ({ count: scarcer(sample, k), of: 'rows of the class, or of the others', events: true }),
      interval,
    },
    averaged('macro', 'each class against the others, averaged: each class alike', (sample) => {
      const classes = tellable(sample);
      return classes.reduce((sum, k) => sum + of(sample, k), 0) / classes.length;
    }),
    averaged('weighted', 'each class against the others, averaged: each class by its rows', (sample) => {
      const [classes, { actual }] = [tellable(sample), marginsOf(sample)];
      const rows = classes.reduce((sum, k) => sum + actual[k]!, 0);
      return classes.reduce((sum, k) => sum + (of(sample, k) * actual[k]!) / rows, 0);
    }),
    averaged('micro', 'the scores of all classes in one order', (sample) => of(sample, ALL)),
  ];
}
