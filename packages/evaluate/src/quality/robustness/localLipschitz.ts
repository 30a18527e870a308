import { distance } from '../distance.js';
import { metric } from '../metric.js';
import { explained, nearby, nearOptions } from '../near.js';

/** Alvarez-Melis and Jaakkola 2018, eq. 2: the largest ‖a(x) − a(x')‖ / ‖x − x'‖ over points x' near x. */
export const localLipschitz = metric({
  name: 'local-lipschitz',
  title: 'Local Lipschitz estimate',
  family: 'robustness',
  paper: 'Alvarez-Melis and Jaakkola 2018, arXiv:1806.08049',
  meaning: 'the most that the explanation changes by what the input changes, near the example; in the unit of the explanation',
  better: 'lower',
  undefinedWhere: 'no point near the example differs from it',
  options: nearOptions,
  async measure(e, options) {
    const ratios = (await explained(e, nearby(e, options)))
      .map(([x, a]) => distance(e.attribution, a) / distance(e.x, x))
      .filter((ratio) => Number.isFinite(ratio));
    return { value: ratios.length === 0 ? NaN : Math.max(...ratios) };
  },
});
