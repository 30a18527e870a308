import { int } from '@vitrine/explain';
import { meanOf, orderOf } from '../curve.js';
import { metric } from '../metric.js';
import { predicted } from '../similar.js';
import { removing } from '../parts.js';

/** Dasgupta, Frost and Moshkovitz 2022, section 3: Pr(f(x') = f(x) | a(x') = a(x)), explanations being which parts count most. */
export const consistency = metric({
  name: 'consistency',
  title: 'Consistency',
  family: 'robustness',
  paper: 'Dasgupta, Frost and Moshkovitz 2022, arXiv:2202.00734',
  meaning: 'of other examples whose explanation names the same parts, the share that has the same class',
  better: 'higher',
  undefinedWhere: 'no other example has the same parts',
  options: { parts: removing('auto').parts, top: int(1, 'how many of the largest parts make up an explanation', { min: 1, max: 1000 }) },
  async measureAll(all, { parts, top }) {
    const classes = await Promise.all(all.map(predicted));
    const named = all.map((e) => {
      const most = orderOf(e.values(e.partition(parts)).map(Math.abs), 'most', e.random('ties')).subarray(0, top);
      return Array.from(most)
        .toSorted((a, b) => a - b)
        .join();
    });
    return all.map((_, i) => {
      const others = named.flatMap((name, j) => (j !== i && name === named[i] ? [classes[j] === classes[i] ? 1 : 0] : []));
      return { value: others.length === 0 ? NaN : meanOf(others) };
    });
  },
});
