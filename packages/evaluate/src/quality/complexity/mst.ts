import { number } from '@vitrine/explain';
import { orderOf } from '../curve.js';
import { metric } from '../metric.js';
import { hullArea, treeLength, type Spot } from '../plane.js';

/** Mesgari 2026: points of large |a|, n / (√(area of their convex hull) · length of their minimum spanning tree). */
export const mstCompactness = metric({
  name: 'mst-compactness',
  title: 'Compactness by minimum spanning tree (MST-C)',
  family: 'complexity',
  paper: 'Mesgari 2026, github.com/understandable-machine-intelligence-lab/Quantus/pull/377',
  meaning: 'how close together the places that count most lie: their number by the root of their hull and the length of their tree',
  better: 'higher',
  needs: ['space'],
  undefinedWhere: 'the places that count most lie on one line',
  options: { share: number(0.01, 'the share of all places that counts as those that count most', { min: 0, max: 1 }) },
  measure(e, { share }) {
    const partition = e.partition('finest');
    const width = partition.field!.at(-1)!;
    const values = e.values(partition).map(Math.abs);
    const count = Math.min(values.length, Math.max(3, Math.round(share * values.length)));
    const spots = Array.from(orderOf(values, 'most', e.random('ties')).subarray(0, count), (p): Spot => [p % width, Math.floor(p / width)]);
    const area = hullArea(spots);
    return { value: area === 0 ? NaN : count / (Math.sqrt(area) * treeLength(spots)) };
  },
});
