import type { RuleTable } from '../rule.js';
import { convolution } from './conv.js';
import { contraction } from './einsum.js';
import { elementwise } from './elementwise.js';
import { linear, shape } from './linear.js';
import { nondifferentiable } from './nondifferentiable.js';
import { normalize } from './normalize.js';
import { pooling } from './pool.js';
import { quantization } from './quantize.js';
import { quantized } from './quantized.js';
import { reduce } from './reduce.js';
import { resizing } from './resize.js';
import { scattering } from './scatter.js';
import { select } from './select.js';

/** Vector-Jacobian products: the gradient, a row per operator. */
export const vjps: RuleTable = {
  ...nondifferentiable,
  ...elementwise,
  ...linear,
  ...shape,
  ...reduce,
  ...normalize,
  ...select,
  ...scattering,
  ...quantization,
  ...quantized,
  ...convolution,
  ...pooling,
  ...resizing,
  ...contraction,
};
