import { int, number } from '@vitrine/explain';
import { metric } from '../metric.js';
import { removing } from '../parts.js';
import { numberOption } from '../remaining.js';
import { squaredChanges } from '../squaredChanges.js';

/** Nguyen and Martínez 2020, definition 4.2: |A0 △ X0|, parts said to count nothing against parts that change nothing when drawn anew. */
export const nonSensitivity = metric({
  name: 'non-sensitivity',
  title: 'Non-sensitivity',
  family: 'axiomatic',
  paper: 'Nguyen and Martínez 2020, arXiv:2007.07584',
  meaning: 'how many parts are said to count nothing and change the number, or are said to count and change nothing',
  better: 'lower',
  undefinedWhere: 'never',
  options: {
    ...removing('auto', 'uniform'),
    number: numberOption('score'),
    samples: int(5, 'times each part is drawn anew', { min: 1, max: 10_000 }),
    threshold: number(1e-5, 'what counts as nothing, as a share of the largest', { min: 0, max: 1 }),
  },
  async measure(e, options) {
    const partition = e.partition(options.parts);
    const said = nothingIn(e.values(partition), options.threshold);
    const changes = nothingIn((await squaredChanges(e, partition, options)).map(Math.sqrt), options.threshold);
    return { value: said.reduce((sum, is, i) => sum + (is === changes[i] ? 0 : 1), 0) };
  },
});

function nothingIn(values: Float64Array, threshold: number): readonly boolean[] {
  const most = values.reduce((a, v) => Math.max(a, Math.abs(v)), 0);
  return Array.from(values, (v) => Math.abs(v) <= threshold * most);
}
