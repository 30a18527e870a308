import type { Classified, Sample } from '../outcome.js';
import { rankingOf, walk } from '../ranking.js';
import { heightAt, type CurveKind, type Points } from './curve.js';

export const roc: CurveKind = {
  name: 'roc',
  title: 'ROC',
  x: 'false positive rate',
  y: 'true positive rate',
  meaning: 'at each threshold, the share of the class that is found, by the share of the others that is taken for it',
  source: 'Fawcett 2006',
  points({ outcome, counts }, k) {
    const ranking = rankingOf(outcome, k);
    const [x, y, threshold] = [[0], [0], [Infinity]];
    walk(ranking, counts, (found, others, rank) => {
      x.push(others);
      y.push(found);
      threshold.push(ranking.scores[rank]!);
    });
    const [others, found] = [x.at(-1)!, y.at(-1)!];
    return { x: x.map((v) => v / others), y: y.map((v) => v / found), threshold };
  },
  between: 'line',
  chance: () => (x) => x,
};

/** The mean over classes of the true positive rate at each false positive rate. Fawcett 2006, 10. */
export function rocMacro(sample: Sample<Classified>, classes: readonly number[]): Points {
  const curves = classes.map((k) => roc.points(sample, k));
  const x = [...new Set(curves.flatMap((curve) => curve.x))].toSorted((a, b) => a - b);
  const y = x.map((at) => curves.reduce((sum, curve) => sum + heightAt(curve, 'line', at), 0) / curves.length);
  return { x: [0, ...x], y: [0, ...y], threshold: [0, ...x].map(() => NaN) };
}
