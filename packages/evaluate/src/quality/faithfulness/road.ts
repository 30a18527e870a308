import { blending, text, type Point } from '@vitrine/explain';
import { EvaluateError } from '../../error.js';
import { meanOf, orderOf } from '../curve.js';
import { metric } from '../metric.js';
import { removing } from '../parts.js';
import { classesOf, topOf } from '../probability.js';

/** Rong et al. 2022, section 4: whether the class stays as the pixels that count most are imputed from what is left around them. */
export const road = metric({
  name: 'road',
  title: 'ROAD (remove and debias)',
  family: 'faithfulness',
  paper: 'Rong et al. 2022, arXiv:2202.00449',
  meaning: 'how often the class is still the first while what counts most is filled in from its surroundings',
  better: 'lower',
  undefinedWhere: 'the class that is explained is not the first at the example',
  options: {
    ...removing('finest', 'inpaint'),
    percentages: text('10 20 30 40 50 60 70 80 90', 'shares of all parts that are removed, in percent'),
  },
  async measure(e, { parts, baseline, percentages }) {
    const shares = percentages
      .trim()
      .split(/[\s,]+/)
      .map((p) => Number(p) / 100);
    if (shares.some((share) => !(share >= 0 && share <= 1)))
      throw new EvaluateError('bad-option', `road: option percentages must be numbers from 0 to 100, not ${percentages}`);
    const partition = e.partition(parts);
    const order = orderOf(e.values(partition), 'most', e.random('ties'));
    const filled = isImputed(e.x, baseline) ? baseline : 'auto';
    const removal = e.probe.removal(filled, 'removal');
    const blend = blending(e.x, e.probe.q.fixed, partition);
    const standIns = removal.over(partition);
    const points = function* (): Iterable<Point> {
      yield e.x;
      for (const share of shares) {
        const presence = new Uint8Array(order.length).fill(1);
        for (const i of order.subarray(0, Math.round(share * order.length))) presence[i] = 0;
        for (const standIn of standIns(presence)) yield blend(presence, standIn);
      }
    };
    const stays: number[] = [];
    for await (const output of e.probe.outputs(points(), 1 + shares.length * removal.points)) {
      const found = classesOf(e.probe, output);
      if (found === undefined || found.scores.length < 2)
        throw new EvaluateError('bad-input', 'road watches which class is the first, and what is explained is not one of several classes');
      stays.push(topOf(found.scores) === found.at ? 1 : 0);
    }
    const [here, ...each] = stays;
    const values = shares.map((_, i) => meanOf(each.slice(i * removal.points, (i + 1) * removal.points)));
    return { value: here === 1 ? meanOf(values) : NaN, curve: { along: shares, values } };
  },
});

/** Only pictures and series have surroundings. */
const isImputed = (x: Point, baseline: unknown): boolean => baseline !== 'inpaint' || [...x.values()].every(({ dims }) => dims.length >= 3);
