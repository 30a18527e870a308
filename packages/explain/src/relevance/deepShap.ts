import { baselineOption } from '../baseline.js';
import { lifted } from './lifted.js';

/** DeepLIFT's multipliers averaged over a background: they approximate Shapley values. Lundberg and Lee 2017, section 4.2. */
export const deepShap = lifted({
  name: 'deepshap',
  title: 'Deep SHAP',
  paper: 'Lundberg and Lee 2017, arXiv:1705.07874',
  meaning: "this element's part in the difference between the score here and its mean over the background",
  options: {
    baseline: {
      ...baselineOption,
      doc: baselineOption.doc.replace('where the path starts', 'the background that the example is compared with'),
    },
  },
  reads: ({ baseline }) => ({ baseline, rule: 'rescale' }),
});
