import { decoderClasses, llamaLike, separateHeads } from '../decoder.js';
import { qwenMixture } from '../experts.js';
import type { Family } from '../family.js';

export const olmoe = {
  type: 'olmoe',
  classes: decoderClasses('Olmoe', {
    ...llamaLike,
    epsilon: ['rms_norm_eps', 1e-5],
    heads: (net, x) => {
      if (net.config.given('clip_qkv') !== undefined) net.config.refuse('clipped queries, keys and values (clip_qkv) are not supported');
      return separateHeads('self_attn.', { norm: 'rms', epsilon: ['rms_norm_eps', 1e-5], over: 'all' })(net, x);
    },
    dense: (net, x) => qwenMixture(net, x, net.config.size('intermediate_size'), false),
  }),
} satisfies Family;
