import { number } from '@vitrine/explain';
import { divided, orderOf, without } from '../curve.js';
import { metric } from '../metric.js';
import { removing } from '../parts.js';
import { numberOption } from '../remaining.js';

/** Nguyen and Martínez 2020, definition 4.4: the least k so that the score is kept, up to a tolerance, with only the k parts of largest |a| there. */
export const effectiveComplexity = metric({
  name: 'effective-complexity',
  title: 'Effective complexity',
  family: 'complexity',
  paper: 'Nguyen and Martínez 2020, arXiv:2007.07584',
  meaning: 'how many of the largest parts must be there for the score to be nearly what it is with all',
  better: 'lower',
  undefinedWhere: 'the score is the same with no part there',
  options: {
    ...removing('auto'),
    number: numberOption('score'),
    tolerance: number(0.1, 'how far from the score, as a share of its difference from that with no part there', { min: 0, max: 1 }),
  },
  async measure(e, options) {
    const { values, score } = await divided(e, options);
    const order = orderOf(values.map(Math.abs), 'most', e.random('ties'));
    const kept = Array.from({ length: order.length + 1 }, (_, k) => k);
    const found = await score(without(order, kept, true), kept.length);
    const [none, all] = [found[0]!, found[order.length]!];
    const near = [...found].findIndex((s) => Math.abs(s - all) <= options.tolerance * Math.abs(all - none));
    return { value: all === none ? NaN : near, curve: { along: kept.map((k) => k / order.length), values: [...found] } };
  },
});
