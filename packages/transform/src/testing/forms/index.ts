import type { FormTable } from '../form.js';
import { elementwise } from './elementwise.js';
import { linear } from './linear.js';
import { normalize } from './normalize.js';
import { recurrent } from './recurrent.js';
import { reduce } from './reduce.js';
import { resize } from './resize.js';
import { select } from './select.js';
import { shape } from './shape.js';
import { window } from './window.js';

/** Several forms of every operator that has a backward rule or is written out. */
export const forms: FormTable = {
  ...elementwise,
  ...linear,
  ...shape,
  ...reduce,
  ...select,
  ...normalize,
  ...window,
  ...resize,
  ...recurrent,
};
