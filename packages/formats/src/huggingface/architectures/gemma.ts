import { decoderClasses, llamaLike } from '../decoder.js';
import type { Family } from '../family.js';

export const gemma = {
  type: 'gemma',
  classes: decoderClasses('Gemma', {
    ...llamaLike,
    norm: 'rms-plus-one',
    scaled: (config) => Math.sqrt(config.size('hidden_size')),
  }),
} satisfies Family;
