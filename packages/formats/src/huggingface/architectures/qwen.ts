import { decoderClasses, llamaLike, separateHeads, windows } from '../decoder.js';
import type { Family } from '../family.js';

export const qwen2 = { type: 'qwen2', classes: decoderClasses('Qwen2', { ...llamaLike, window: windows.some }) } satisfies Family;

export const qwen3 = {
  type: 'qwen3',
  classes: decoderClasses('Qwen3', {
    ...llamaLike,
    heads: separateHeads('self_attn.', { norm: 'rms', epsilon: llamaLike.epsilon }),
    window: windows.some,
  }),
} satisfies Family;
