import type { DecompositionTable } from '../../decomposition.js';
import { attentions } from './onnx.js';
import { groupQuery } from './groupQuery.js';
import { microsoft } from './microsoft.js';
import { rotary } from './rotary.js';

/** Attention in all its forms. */
export const attention = { ...attentions, ...groupQuery, ...microsoft, ...rotary } satisfies DecompositionTable;
