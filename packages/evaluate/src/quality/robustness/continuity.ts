import { int } from '@vitrine/explain';
import { blockDistance, distance } from '../distance.js';
import { metric } from '../metric.js';
import { explained, shifted } from '../near.js';

/** Montavon, Samek and Müller 2018, section 7.1: the largest ‖R(x) − R(x')‖₁ / ‖x − x'‖₂, where x' is x moved a little. */
export const continuity = metric({
  name: 'continuity',
  title: 'Continuity',
  family: 'robustness',
  paper: 'Montavon, Samek and Müller 2018, doi:10.1016/j.dsp.2017.10.011',
  meaning:
    'the most that the explanation changes by what the input changes, when it moves along its last axis; in the unit of the explanation',
  better: 'lower',
  undefinedWhere: 'the input is the same all along',
  options: { shifts: int(4, 'by how many places it moves at most', { min: 1, max: 10_000 }) },
  async measure(e, { shifts }) {
    const points = Array.from({ length: shifts }, (_, k) => shifted(e, k + 1));
    const along = (await explained(e, points)).map(([x, a]) => blockDistance(e.attribution, a) / distance(e.x, x));
    const ratios = along.filter((ratio) => Number.isFinite(ratio));
    return { value: ratios.length === 0 ? NaN : Math.max(...ratios), curve: { along: points.map((_, k) => k + 1), values: along } };
  },
});
