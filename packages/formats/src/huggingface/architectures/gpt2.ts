import type { Value } from '@vitrine/ir';
import { split } from '../attention.js';
import { decoderClasses } from '../decoder.js';
import type { Family } from '../family.js';
import { linearInOut, activation } from '../layers.js';
import { widthOf } from '../net.js';

export const gpt2 = {
  type: 'gpt2',
  aliases: {
    hidden_size: 'n_embd',
    num_hidden_layers: 'n_layer',
    num_attention_heads: 'n_head',
    max_position_embeddings: 'n_positions',
    intermediate_size: 'n_inner',
    hidden_act: 'activation_function',
  },
  classes: decoderClasses(
    'GPT2',
    {
      base: 'transformer.',
      words: 'wte',
      places: 'wpe',
      layers: 'h',
      norm: 'layer',
      epsilon: ['layer_norm_epsilon', 1e-5],
      norms: { attention: 'ln_1', dense: 'ln_2', last: 'ln_f' },
      rotation: 0,
      heads: (net, x) => {
        const { op, b, config } = net;
        if (!config.flag('scale_attn_weights', true) || config.flag('scale_attn_by_inverse_layer_idx', false))
          config.refuse('attention scaled otherwise than by the width of its heads is not supported');
        const width = widthOf(x);
        const parts = op.Split(linearInOut(net, x, 'attn.c_attn', 3 * width), b.ints([width, width, width]), { axis: -1, outputs: 3 });
        const [queries, keys, values] = parts.map((part) => split(net, part, config.size('num_attention_heads'))) as [Value, Value, Value];
        return { queries, keys, values };
      },
      output: (net, x, width) => linearInOut(net, x, 'attn.c_proj', width),
      dense: (net, x) => {
        const up = linearInOut(net, x, 'mlp.c_fc', net.config.size('intermediate_size', 4 * widthOf(x)));
        return linearInOut(net, activation(net, up, 'hidden_act', 'gelu_new'), 'mlp.c_proj', widthOf(x));
      },
      head: 'lm_head',
    },
    'GPT2LMHeadModel',
  ),
} satisfies Family;
