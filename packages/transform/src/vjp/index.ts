import type { RuleTable } from '../rule.js';
import { contraction } from './einsum.js';
import { elementwise, nondifferentiable } from './elementwise.js';
import { linear, shape } from './linear.js';
import { normalize } from './normalize.js';
import { reduce } from './reduce.js';
import { resizing } from './resize.js';
import { select } from './select.js';
import { window } from './window.js';

/** Vector-Jacobian products: the gradient, a row per operator. */
export const vjps: RuleTable = {
  ...nondifferentiable,
  ...elementwise,
  ...linear,
  ...shape,
  ...reduce,
  ...normalize,
  ...select,
  ...window,
  ...resizing,
  ...contraction,
};
