import type { FormTable } from '../form.js';
import { attention } from './attention.js';
import { elementwise } from './elementwise.js';
import { fused } from './fused.js';
import { groupQuery } from './groupQuery.js';
import { linear } from './linear.js';
import { ml } from './ml.js';
import { normalize } from './normalize.js';
import { quantized } from './quantized.js';
import { recurrent } from './recurrent.js';
import { reduce } from './reduce.js';
import { resize } from './resize.js';
import { sampling } from './sampling.js';
import { select } from './select.js';
import { shape } from './shape.js';
import { window } from './window.js';

/** Several forms of every operator that has a backward rule or is written out. */
export const forms: FormTable = {
  ...attention,
  ...elementwise,
  ...fused,
  ...groupQuery,
  ...linear,
  ...shape,
  ...reduce,
  ...select,
  ...ml,
  ...normalize,
  ...window,
  ...resize,
  ...quantized,
  ...recurrent,
  ...sampling,
};
