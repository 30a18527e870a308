import { baselineOption } from '../baseline.js';
import { choice } from '../field.js';
import { lifted } from './lifted.js';

/** Shrikumar et al. 2017. */
export const deepLift = lifted({
  name: 'deeplift',
  title: 'DeepLIFT',
  paper: 'Shrikumar, Greenside and Kundaje 2017, arXiv:1704.02685',
  meaning: "this element's part in the difference between the score here and at the baseline",
  options: {
    baseline: { ...baselineOption, doc: baselineOption.doc.replace('where the path starts', 'what the example is compared with') },
    rule: choice(
      ['rescale', 'reveal-cancel'] as const,
      'rescale',
      'how nonlinear operators pass differences on: in proportion, or with what raises a value and what lowers it kept apart',
    ),
  },
  reads: (options) => options,
});
