import { decoderClasses, llamaLike } from '../decoder.js';
import type { Family } from '../family.js';

export const llama = { type: 'llama', classes: decoderClasses('Llama', llamaLike) } satisfies Family;
