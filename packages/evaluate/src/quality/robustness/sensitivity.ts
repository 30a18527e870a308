import { flag } from '@vitrine/explain';
import { meanOf } from '../curve.js';
import { distance, lengthOf } from '../distance.js';
import type { Evidence } from '../evidence.js';
import { metric } from '../metric.js';
import { explained, nearby, nearOptions } from '../near.js';

const options = {
  ...nearOptions,
  relative: flag(true, 'whether changes are told as shares of the length of the explanation, so that its unit does not matter'),
};

async function changes(
  e: Evidence,
  { relative, ...near }: { readonly relative: boolean; readonly samples: number; readonly radius: number },
): Promise<readonly number[]> {
  const unit = relative ? lengthOf(e.attribution) : 1;
  return (await explained(e, nearby(e, near))).map(([, a]) => (unit === 0 ? NaN : distance(e.attribution, a) / unit));
}

const shared = {
  family: 'robustness',
  paper: 'Yeh et al. 2019, arXiv:1901.09392',
  better: 'lower',
  undefinedWhere: 'every attribution is zero',
  options,
} as const;

/** Yeh et al. 2019, definition 3.1: the largest ‖a(x') − a(x)‖ over points within a radius. */
export const maxSensitivity = metric({
  ...shared,
  name: 'max-sensitivity',
  title: 'Max-sensitivity',
  meaning: 'the most that the explanation changes near the example, as a share of its length',
  measure: async (e, given) => ({ value: Math.max(...(await changes(e, given))) }),
});

/** The same, its mean. */
export const avgSensitivity = metric({
  ...shared,
  name: 'avg-sensitivity',
  title: 'Avg-sensitivity',
  meaning: 'how much the explanation changes near the example on average, as a share of its length',
  measure: async (e, given) => ({ value: meanOf(await changes(e, given)) }),
});
