import { decoderClasses, llamaLike, windows } from '../decoder.js';
import { mixture } from '../experts.js';
import type { Family } from '../family.js';

export const mistral = { type: 'mistral', classes: decoderClasses('Mistral', { ...llamaLike, window: windows.all }) } satisfies Family;

export const mixtral = {
  type: 'mixtral',
  classes: decoderClasses('Mixtral', {
    ...llamaLike,
    epsilon: ['rms_norm_eps', 1e-5],
    window: windows.all,
    dense: (net, x) => {
      const { config } = net;
      const base = 'block_sparse_moe';
      return mixture(net, x, {
        router: `${base}.gate`,
        expert: (e) => ({ gate: `${base}.experts.${e}.w1`, up: `${base}.experts.${e}.w3`, down: `${base}.experts.${e}.w2` }),
        inner: config.size('intermediate_size'),
        count: config.size('num_local_experts'),
        chosen: config.size('num_experts_per_tok'),
        even: true,
      });
    },
  }),
} satisfies Family;
