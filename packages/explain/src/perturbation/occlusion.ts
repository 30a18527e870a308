import { ExplainError } from '../error.js';
import { text } from '../field.js';
import { everyone, type Coalition } from './coalition.js';
import { slidingWindows, windowed } from './partition.js';
import { perturbing, removing, type Sampling } from './perturbing.js';

/** Whole numbers with x between them, as 2 or 1x4x4; undefined where the text is something else. */
const sizes = (given: string): readonly number[] | undefined =>
  /^[1-9]\d*(x[1-9]\d*)*$/.test(given) ? given.split('x').map(Number) : undefined;

const refuse = (option: string, given: string): never => {
  throw new ExplainError(
    'bad-option',
    `occlusion: option ${option} must be parts, as 2, or elements along each axis, as 1x4x4, not ${given}`,
  );
};

/** What the score loses when one part is taken away. Zeiler and Fergus 2014, section 4.2; of text, Li et al. 2016, eq. 1 without the division. */
export const occlusion = perturbing({
  name: 'occlusion',
  title: 'Occlusion (leave-one-out)',
  paper: 'Zeiler and Fergus 2014, arXiv:1311.2901; Li, Monroe and Jurafsky 2016, arXiv:1612.08220',
  meaning: 'what the score loses without it',
  options: {
    ...removing,
    window: text('1', 'how many neighbouring parts are taken away together; or a window of elements that slides over the value, as 1x4x4'),
    stride: text('', 'how far one window starts behind the last, as 2 or 1x2x2; unless given, windows do not overlap'),
  },
  divide(partition, { x }, { window, stride }) {
    const size = sizes(window) ?? refuse('window', window);
    const step = stride === '' ? size : (sizes(stride) ?? refuse('stride', stride));
    if (step.length !== size.length) refuse('stride', `${stride} beside a window of ${window}`);
    return size.length === 1 ? windowed(partition, size[0]!, step[0]!) : slidingWindows(x, size, step);
  },
  sampling: leaveOneOut,
});

/** Captum's name for it where parts are groups of features: what the score loses when a group has what stands in for it. Kokhlikyan et al. 2020, section 2. */
export const featureAblation = perturbing({
  name: 'feature-ablation',
  title: 'Feature ablation',
  paper: 'Kokhlikyan et al. 2020, arXiv:2009.07896; Li, Monroe and Jurafsky 2016, arXiv:1612.08220',
  meaning: 'what the score loses without it',
  options: removing,
  sampling: leaveOneOut,
});

function leaveOneOut(players: number): Sampling {
  return {
    fixed: players,
    draw: 0,
    draws: 0,
    *coalitions(): Iterable<Coalition> {
      for (let i = 0; i < players; i++) yield everyone(players).with(i, 0);
    },
    fit: (scores, full) => ({ values: scores.map((score) => full - score) }),
  };
}
