import { decoderClasses, llamaLike, separateHeads } from '../decoder.js';
import type { Family } from '../family.js';
import { linear, mlp } from '../layers.js';

export const phi = {
  type: 'phi',
  classes: decoderClasses('Phi', {
    ...llamaLike,
    norm: 'layer',
    epsilon: ['layer_norm_eps', 1e-5],
    norms: { attention: 'input_layernorm', last: 'final_layernorm' },
    rotation: 0.5,
    heads: (net, x) => {
      if (net.config.flag('qk_layernorm', false)) net.config.refuse('normalized heads (qk_layernorm) are not supported');
      return separateHeads()(net, x);
    },
    output: (net, x, width) => linear(net, x, 'self_attn.dense', width),
    dense: (net, x) => mlp(net, x, { up: 'mlp.fc1', down: 'mlp.fc2' }),
    parallel: () => true,
  }),
} satisfies Family;
