import { meanOf, stops, without, orderOf, divided } from '../curve.js';
import { metric } from '../metric.js';
import { removing } from '../parts.js';
import { numberOption } from '../remaining.js';

/** Rieger and Hansen 2020, eq. 1: the area over the curve f(x without l segments) / f(x), segments by their mean attribution. */
export const irof = metric({
  name: 'irof',
  title: 'IROF (iterative removal of features)',
  family: 'faithfulness',
  paper: 'Rieger and Hansen 2020, arXiv:2003.08747',
  meaning: 'the share of the probability that is lost on average while segments are taken away, what counts most first',
  better: 'higher',
  undefinedWhere: 'the number is 0 at the example',
  options: { ...removing('superpixels', 'mean'), number: numberOption('auto') },
  async measure(e, options) {
    const { partition, values, score } = await divided(e, options);
    const means = partition.parts.map(({ runs }, i) => {
      let size = 0;
      for (const [name, list] of runs) if (e.x.has(name)) for (const [start, end] of list) size += end - start;
      return values[i]! / Math.max(1, size);
    });
    const order = orderOf(means, 'most', e.random('ties'));
    const gone = stops(order.length, order.length);
    const found = await score(without(order, gone), gone.length);
    const shares = [...found].map((s) => s / found[0]!);
    return { value: found[0] === 0 ? NaN : 1 - meanOf(shares), curve: { along: gone.map((k) => k / order.length), values: shares } };
  },
});
