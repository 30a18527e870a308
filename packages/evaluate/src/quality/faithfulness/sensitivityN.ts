import { int } from '@vitrine/explain';
import { pearson } from '../correlation.js';
import { divided, meanOf } from '../curve.js';
import { metric } from '../metric.js';
import { removing } from '../parts.js';
import { numberOption } from '../remaining.js';
import { subsets, sumOver } from '../subsets.js';

/** The largest sets hold this share of all parts. Ancona et al. 2018, section 4. */
const MOST = 0.8;

/** Ancona et al. 2018, section 4: for sets of n parts, their attributions added up against what the score loses without them; the mean over n. */
export const sensitivityN = metric({
  name: 'sensitivity-n',
  title: 'Sensitivity-n',
  family: 'faithfulness',
  paper: 'Ancona et al. 2018, arXiv:1711.06104',
  meaning: 'how well what sets of parts are said to count goes with what the score loses, the mean over sizes of sets',
  better: 'higher',
  undefinedWhere: 'for no size of sets both vary',
  options: {
    ...removing('auto'),
    number: numberOption('score'),
    sizes: int(10, 'sizes of sets, evenly spaced on a logarithmic scale up to four fifths of all parts', { min: 1, max: 1000 }),
    samples: int(50, 'sets of each size', { min: 2, max: 100_000 }),
  },
  async measure(e, options) {
    const { values, score } = await divided(e, options);
    const sizes = spaced(Math.max(1, Math.floor(MOST * values.length)), options.sizes);
    const [all] = await score([new Uint8Array(values.length).fill(1)], 1);
    const found: number[] = [];
    for (const size of sizes) {
      const gone = subsets(values.length, size, options.samples, e.random(`subsets of ${size}`));
      const left = await score(
        gone.map((set) => set.map((is) => 1 - is)),
        gone.length,
      );
      found.push(
        pearson(
          gone.map((set) => sumOver(values, set)),
          left.map((s) => all! - s),
        ),
      );
    }
    const told = found.filter((r) => !Number.isNaN(r));
    return { value: told.length === 0 ? NaN : meanOf(told), curve: { along: sizes.map((n) => n / values.length), values: found } };
  },
});

/** Whole numbers from 1 to `most`, each once. */
const spaced = (most: number, count: number): readonly number[] => [
  ...new Set(Array.from({ length: count }, (_, k) => Math.round(most ** (count === 1 ? 1 : k / (count - 1))))),
];
