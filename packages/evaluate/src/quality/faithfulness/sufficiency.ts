import { number } from '@vitrine/explain';
import { meanOf } from '../curve.js';
import { metric } from '../metric.js';
import { predicted, similar } from '../similar.js';
import { removing } from '../parts.js';

/** Dasgupta, Frost and Moshkovitz 2022, section 3: Pr(f(x') = f(x)) over the inputs x' that the explanation of x holds for as well. */
export const sufficiency = metric({
  name: 'sufficiency',
  title: 'Sufficiency',
  family: 'faithfulness',
  paper: 'Dasgupta, Frost and Moshkovitz 2022, arXiv:2202.00734',
  meaning: 'of other examples with nearly the same explanation, the share that has the same class',
  better: 'higher',
  undefinedWhere: 'no other example has nearly the same explanation',
  options: {
    parts: removing('auto').parts,
    threshold: number(0.6, 'explanations are nearly the same within this share of the largest distance between two', { min: 0, max: 1 }),
  },
  async measureAll(all, { parts, threshold }) {
    const classes = await Promise.all(all.map(predicted));
    const near = similar(
      all.map((e) => e.values(e.partition(parts))),
      threshold,
    );
    return all.map((_, i) => {
      const others = near(i);
      return { value: others.length === 0 ? NaN : meanOf(others.map((j) => (classes[j] === classes[i] ? 1 : 0))) };
    });
  },
});
