import { blending, text, type Point } from '@vitrine/explain';
import type { Tensor } from '@vitrine/ir';
import { EvaluateError } from '../../error.js';
import { meanOf, orderOf } from '../curve.js';
import { metric } from '../metric.js';
import { removing } from '../parts.js';
import { classesOf, decisionOf } from '../probability.js';
import { sharesIn } from '../shares.js';

/** Rong et al. 2022, section 4: whether the class stays as the pixels that count most are imputed from what is left around them. */
export const road = metric({
  name: 'road',
  title: 'ROAD (remove and debias)',
  family: 'faithfulness',
  paper: 'Rong et al. 2022, arXiv:2202.00449',
  meaning: 'how often the model still decides the same while what counts most is filled in from its surroundings',
  better: 'lower',
  undefinedWhere: 'the class that is explained is not the one that the model decides for',
  options: {
    ...removing('finest', 'inpaint'),
    percentages: text('10 20 30 40 50 60 70 80 90', 'shares of all parts that are removed, in percent'),
  },
  async measure(e, { parts, baseline, percentages }) {
    const shares = sharesIn('percentages', percentages);
    const partition = e.partition(parts);
    const order = orderOf(e.values(partition), 'most', e.random('ties'));
    const removal = e.probe.removal(baseline, 'removal');
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
    const decide = await decisionOf(e.probe);
    if (decide === undefined)
      throw new EvaluateError(
        'bad-input',
        'road watches which class the model decides for, and what is explained is not one of several classes',
      );
    const found: Tensor[] = [];
    for await (const output of e.probe.outputs(points(), 1 + shares.length * removal.points)) found.push(output);
    const { at, scores } = classesOf(e.probe, found[0]!)!;
    const decided = decide(found[0]!);
    const isExplained = scores.length === 1 || decided === at;
    const stays = found.map((output) => (decide(output) === decided ? 1 : 0));
    const each = stays.slice(1);
    const values = shares.map((_, i) => meanOf(each.slice(i * removal.points, (i + 1) * removal.points)));
    return { value: isExplained ? meanOf(values) : NaN, curve: { along: shares, values } };
  },
});
