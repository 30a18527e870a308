import { EvaluateError } from '../../error.js';
import { first, sums } from '../evidence.js';
import { metric } from '../metric.js';
import { removing } from '../parts.js';
import { classesOf } from '../probability.js';
import { alike, similarityOptions } from '../similarity.js';

/** Sixt, Granz and Landgraf 2020, section 5: how like the explanation of a class is to that of another. */
export const randomLogit = metric({
  name: 'random-logit',
  title: 'Random logit test',
  family: 'randomisation',
  paper: 'Sixt, Granz and Landgraf 2020, arXiv:1912.09818',
  meaning: 'how like the explanation of the class is to that of another class, drawn at random',
  better: 'lower',
  undefinedWhere: 'the explanation is the same all over',
  options: { parts: removing('finest').parts, ...similarityOptions },
  async measure(e, { parts, ...how }) {
    const { probe } = e;
    const found = classesOf(probe, await first(probe.outputs([e.x], 1)));
    if (found === undefined || found.scores.length < 2 || probe.target.kind !== 'index')
      throw new EvaluateError(
        'bad-input',
        'random-logit explains another class, and what is explained is not one of several: leave it out',
      );
    const drawn = Math.floor(e.random('class')() * (found.scores.length - 1));
    const other = drawn < found.at ? drawn : drawn + 1;
    const { index } = probe.target;
    const output = probe.target.output === undefined ? {} : { output: probe.target.output };
    const asked = await probe.retargeted({ kind: 'index', ...output, index: [...index.slice(0, -1), other] });
    const partition = e.partition(parts);
    const value = alike(e.values(partition), sums((await e.about(asked)).attribution, partition), how);
    return { value, note: `class ${other}` };
  },
});
