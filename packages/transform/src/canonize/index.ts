import type { DecompositionTable } from './decomposition.js';
import { normalize } from './decompose/normalize.js';
import { recurrent } from './decompose/recurrent.js';

/** Operators without a rule of their own, written out in operators that have one. */
export const decompositions: DecompositionTable = { ...normalize, ...recurrent };
