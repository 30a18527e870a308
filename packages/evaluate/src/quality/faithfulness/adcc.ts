import { blending } from '@vitrine/explain';
import { pearson } from '../correlation.js';
import { meanOf } from '../curve.js';
import { first, sums } from '../evidence.js';
import { mapOf } from '../map.js';
import { metric } from '../metric.js';
import { removing } from '../parts.js';
import { numberOption } from '../remaining.js';
import { underMap } from './averageDrop.js';

/** Poppi et al. 2021, eq. 5: the harmonic mean of coherency, 1 − complexity and 1 − average drop. */
export const adcc = metric({
  name: 'adcc',
  title: 'ADCC (average drop, coherency, complexity)',
  family: 'faithfulness',
  paper: 'Poppi et al. 2021, arXiv:2104.10252',
  meaning: 'how little is lost under the map, how like the map is to the map of what is left, and how small it is, as one mean',
  better: 'higher',
  undefinedWhere: 'the map is the same all over',
  options: { ...removing('finest', 'zero'), number: numberOption('probability') },
  async measure(e, asked) {
    const partition = e.partition(asked.parts);
    const map = mapOf(e.values(partition));
    const [all, seen] = await underMap(e, asked);
    const blend = blending(e.x, e.probe.q.fixed, partition);
    const [standIn] = e.probe.removal(asked.baseline, 'removal').over(partition)(map);
    const again = mapOf(sums(await first(e.explain([blend(map, standIn!)])), partition));
    const coherency = (pearson(map, again) + 1) / 2;
    const [simple, kept] = [1 - meanOf(map), 1 - Math.max(0, all - seen) / all];
    const parts = [coherency, simple, kept];
    return { value: parts.some((p) => p <= 0) ? 0 : 3 / parts.reduce((sum, p) => sum + 1 / p, 0) };
  },
});
