import type { Value } from '@vitrine/ir';
import { decoderClasses } from '../decoder.js';
import { headWidth } from '../config.js';
import type { Family } from '../family.js';
import { linear, mlp } from '../layers.js';

export const gptNeox = {
  type: 'gpt_neox',
  aliases: { partial_rotary_factor: 'rotary_pct' },
  classes: decoderClasses('GPTNeoX', {
    base: 'gpt_neox.',
    words: 'embed_in',
    layers: 'layers',
    norm: 'layer',
    epsilon: ['layer_norm_eps', 1e-5],
    norms: { attention: 'input_layernorm', dense: 'post_attention_layernorm', last: 'final_layer_norm' },
    rotation: 0.25,
    /** Each head's query, key and value lie side by side. */
    heads: (net, x) => {
      const { op, b, config } = net;
      const [heads, width] = [config.size('num_attention_heads'), headWidth(config)];
      const all = linear(net, x, 'attention.query_key_value', 3 * heads * width);
      const byHead = op.Transpose(op.Reshape(all, b.ints([0, 0, heads, 3 * width])), { perm: [0, 2, 1, 3] });
      const [queries, keys, values] = op.Split(byHead, b.ints([width, width, width]), { axis: -1, outputs: 3 }) as readonly [
        Value,
        Value,
        Value,
      ];
      return { queries, keys, values };
    },
    output: (net, x, width) => linear(net, x, 'attention.dense', width),
    dense: (net, x) => mlp(net, x, { up: 'mlp.dense_h_to_4h', down: 'mlp.dense_4h_to_h' }),
    parallel: (config) => config.flag('use_parallel_residual', true),
    head: 'embed_out',
  }),
} satisfies Family;
