import { number } from '@vitrine/explain';
import { orderOf } from '../curve.js';
import { isEmpty, masked, NO_MASK } from '../masked.js';
import { metric } from '../metric.js';
import { removing } from '../parts.js';

/** Zhang et al. 2018, section 5.1: a hit where the largest value lies in the mask, or no farther from it than a tolerance (15 pixels there). */
export const pointingGame = metric({
  name: 'pointing-game',
  title: 'Pointing game',
  family: 'localisation',
  paper: 'Zhang et al. 2018, arXiv:1608.00507',
  meaning: '1 where what counts most lies in the mask, else 0',
  better: 'higher',
  needs: ['mask'],
  undefinedWhere: NO_MASK,
  options: {
    parts: removing('finest').parts,
    tolerance: number(0, 'how far outside the mask still counts, in pixels of a picture', { min: 0, max: 10_000 }),
  },
  measure(e, { parts, tolerance }) {
    const partition = e.partition(parts);
    const inside = masked(e, partition);
    if (isEmpty(inside)) return { value: NaN };
    const most = orderOf(e.values(partition), 'most', e.random('ties'))[0]!;
    const width = partition.field?.at(-1);
    const near = (i: number): boolean =>
      i === most ||
      (width !== undefined && Math.hypot((i % width) - (most % width), Math.floor(i / width) - Math.floor(most / width)) <= tolerance);
    return { value: inside.some((is, i) => is === 1 && near(i)) ? 1 : 0 };
  },
});
