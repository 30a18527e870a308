import { marginsOf } from '../margins.js';
import { total } from '../metric.js';
import type { Classified, Sample } from '../outcome.js';
import { ALL, rankingOf, walk } from '../ranking.js';
import type { CurveKind, Points } from './curve.js';

/** How frequent the class is. */
export const shareOf = (sample: Sample<Classified>, k: number): number =>
  k === ALL ? 1 / sample.outcome.classes.length : marginsOf(sample).actual[k]! / total(sample.counts);

function gainPoints({ outcome, counts }: Sample<Classified>, k: number): Points {
  const ranking = rankingOf(outcome, k);
  const [x, y, threshold] = [[0], [0], [Infinity]];
  walk(ranking, counts, (found, others, rank) => {
    x.push(found + others);
    y.push(found);
    threshold.push(ranking.scores[rank]!);
  });
  const [rows, all] = [x.at(-1)!, y.at(-1)!];
  return { x: x.map((v) => v / rows), y: y.map((v) => v / all), threshold };
}

export const gain: CurveKind = {
  name: 'gain',
  title: 'Cumulative gain',
  x: 'share of rows, highest scores first',
  y: 'share of the class found',
  meaning: 'how much of the class is among the rows that score highest',
  source: 'Ling & Li 1998',
  points: gainPoints,
  between: 'line',
  chance: () => (x) => x,
};

export const lift: CurveKind = {
  name: 'lift',
  title: 'Lift',
  x: 'share of rows, highest scores first',
  y: 'times as many as by chance',
  meaning: 'how many times more of the class are among the rows that score highest than among as many rows taken by chance',
  source: 'Ling & Li 1998',
  points(sample, k) {
    const { x, y, threshold } = gainPoints(sample, k);
    // Of no rows there is no lift.
    const from = x.findIndex((v) => v > 0);
    return { x: x.slice(from), y: y.slice(from).map((v, i) => v / x[from + i]!), threshold: threshold.slice(from) };
  },
  between: 'line',
  chance: () => () => 1,
};
