import type { DecompositionTable } from './decomposition.js';
import { attention } from './decompose/attention/index.js';
import { fused } from './decompose/fused.js';
import { fusedNormalize } from './decompose/fusedNormalize.js';
import { ml } from './decompose/ml.js';
import { normalize } from './decompose/normalize.js';
import { quantization } from './decompose/quantized.js';
import { recurrent } from './decompose/recurrent.js';
import { sampling } from './decompose/sampling/index.js';
import { sequences } from './decompose/sequence.js';

/** Operators without a rule of their own, written out in operators that have one. */
export const decompositions: DecompositionTable = {
  ...attention,
  ...fused,
  ...fusedNormalize,
  ...ml,
  ...normalize,
  ...quantization,
  ...recurrent,
  ...sampling,
  ...sequences,
};
