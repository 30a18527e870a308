import { flag, floats, int, number, type Partition, type Point } from '@vitrine/explain';
import { divided, meanOf } from '../curve.js';
import type { Evidence } from '../evidence.js';
import { metric } from '../metric.js';
import { removing } from '../parts.js';
import { isRate } from '../rates.js';
import { numberOption } from '../remaining.js';
import { subsets, sumOver } from '../subsets.js';

/**
 * Yeh et al. 2019, definition 2.1: E[(I · Φ − (f(x) − f(x − I)))²], where I is the difference from the baseline on a random set of parts.
 * Shares of the score are rates times I already, and are added up.
 */
export const infidelity = metric({
  name: 'infidelity',
  title: 'Infidelity',
  family: 'faithfulness',
  paper: 'Yeh et al. 2019, arXiv:1901.09392',
  meaning: 'the mean squared difference between what sets of parts are said to change and what they change',
  better: 'lower',
  undefinedWhere: 'never',
  options: {
    ...removing('auto'),
    number: numberOption('score'),
    samples: int(100, 'sets that are drawn', { min: 1, max: 100_000 }),
    share: number(0.25, 'the share of all parts that a set holds', { min: 0, max: 1 }),
    scaled: flag(false, 'whether the explanation is first multiplied by the one number that fits best, so that its unit does not matter'),
  },
  async measure(e, options) {
    const { partition, values, score } = await divided(e, options);
    const said = isRate(e.probe.explainer) ? timesDifference(e, partition, options.baseline) : values;
    const size = Math.min(values.length, Math.max(1, Math.round(options.share * values.length)));
    const gone = subsets(values.length, size, options.samples, e.random('subsets'));
    const [all] = await score([new Uint8Array(values.length).fill(1)], 1);
    const left = await score(
      gone.map((set) => set.map((is) => 1 - is)),
      gone.length,
    );
    const claimed = gone.map((set) => sumOver(said, set));
    const [own, both] = [meanOf(claimed.map((c) => c * c)), meanOf(claimed.map((c, k) => c * (all! - left[k]!)))];
    const scale = !options.scaled ? 1 : own === 0 ? 0 : both / own;
    return { value: meanOf(claimed.map((c, k) => (scale * c - (all! - left[k]!)) ** 2)) };
  },
});

/** What rates of change say of each part: the sum of Φ (x − baseline). With several baselines the mean of theirs. */
function timesDifference(e: Evidence, partition: Partition, baseline: Parameters<Evidence['probe']['removal']>[0]): Float64Array {
  const removal = e.probe.removal(baseline, 'removal');
  const count = partition.parts.length;
  const standIns = removal.over(partition)(new Uint8Array(count));
  const products = standIns.map((standIn) => sumsOfProducts(e, partition, standIn));
  return Float64Array.from({ length: count }, (_, i) => meanOf(products.map((p) => p[i]!)));
}

const sumsOfProducts = (e: Evidence, { parts }: Partition, standIn: Point): Float64Array =>
  Float64Array.from(parts, ({ runs }) => {
    let sum = 0;
    for (const [name, list] of runs) {
      const [x, b, phi] = [e.x.get(name), standIn.get(name), e.attribution.get(name)];
      if (x === undefined || b === undefined || phi === undefined) continue;
      const [here, gone, rate] = [floats(x), floats(b), floats(phi)];
      for (const [start, end] of list) for (let i = start; i < end; i++) sum += rate[i]! * (here[i]! - gone[i]!);
    }
    return sum;
  });
