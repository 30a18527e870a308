import type { Value } from '@vitrine/ir';
import { causal } from '../attention.js';
import { firstToken, type Family } from '../family.js';
import { linear, mlp, norms, positions, wordTable } from '../layers.js';
import { cast, type Net } from '../net.js';
import { layers, type Layer } from '../transformer.js';
import { patchCount, patches, withFirst } from '../vision.js';

const normal = (net: Net, x: Value, name: string): Value => norms.layer(net, x, name, net.config.number('layer_norm_eps', 1e-5));

const layer: Layer = {
  norms: 'pre',
  norm: normal,
  self: {
    query: 'self_attn.q_proj',
    key: 'self_attn.k_proj',
    value: 'self_attn.v_proj',
    output: 'self_attn.out_proj',
    norm: 'layer_norm1',
  },
  dense: { norm: 'layer_norm2', of: (net, x) => mlp(net, x, { up: 'mlp.fc1', down: 'mlp.fc2' }) },
};

const layerName = (i: number): string => `encoder.layers.${i}.`;

/** What a text or a picture is: its tokens' last state [B,S,D], and the state [B,D] that stands for it. */
interface States {
  readonly tokens: Value;
  readonly pooled: Value;
}

/** Each token sees those before it; the one that ends the text stands for it. Radford et al. 2021, section 2.4. */
function textStates(whole: Net): States {
  const net = whole.body('text_model.');
  const { op, b, config } = net;
  const width = config.size('hidden_size');
  const x = b.within('text/embeddings/', () => {
    const words = op.Gather(wordTable(net, 'embeddings.token_embedding', width), net.ids);
    const places = net.weight('embeddings.position_embedding.weight', [config.size('max_position_embeddings'), width]);
    return op.Add(words, op.Gather(places, positions(net)));
  });
  const y = layers(net, x, layer, layerName, { self: (inner) => ({ allowed: causal(inner) }) }, 'text/');
  const tokens = normal(net, y, 'final_layer_norm');
  const end = config.number('eos_token_id', 49407);
  // Configurations of the first networks say 2, and mean the greatest number.
  const marks = end === 2 ? net.ids : cast(net, op.Equal(net.ids, b.scalar(end, 'int64')), 'int64');
  return { tokens, pooled: op.GatherND(tokens, op.ArgMax(marks, { axis: 1, keepdims: 1 }), { batch_dims: 1 }) };
}

/** The class token stands for the picture. */
function pictureStates(whole: Net): States {
  const net = whole.body('vision_model.');
  const { op, b, config } = net;
  const width = config.size('hidden_size');
  const x = b.within('vision/embeddings/', () => {
    const all = withFirst(net, net.weight('embeddings.class_embedding', [width]), patches(net, 'embeddings.patch_embedding'));
    const placed = op.Add(all, net.weight('embeddings.position_embedding.weight', [patchCount(config) + 1, width]));
    return normal(net, placed, 'pre_layrnorm');
  });
  const tokens = layers(net, x, layer, layerName, { self: () => ({}) }, 'vision/');
  return { tokens, pooled: normal(net, firstToken(net, tokens), 'post_layernorm') };
}

/** Divided by its length: [B,P]. */
const unit = ({ op, b }: Net, x: Value): Value => op.Div(x, op.ReduceL2(x, b.ints([-1])));

/** What configurations of whole models leave out of their parts. */
const TEXT = {
  vocab_size: 49408,
  hidden_size: 512,
  intermediate_size: 2048,
  num_hidden_layers: 12,
  num_attention_heads: 8,
  max_position_embeddings: 77,
  hidden_act: 'quick_gelu',
};
const VISION = {
  hidden_size: 768,
  intermediate_size: 3072,
  num_hidden_layers: 12,
  num_attention_heads: 12,
  patch_size: 32,
  hidden_act: 'quick_gelu',
};

const textEmbedding = (net: Net, { pooled }: States): Value =>
  linear(net, pooled, 'text_projection', net.config.size('projection_dim', 512));
const pictureEmbedding = (net: Net, { pooled }: States): Value =>
  linear(net, pooled, 'visual_projection', net.config.size('projection_dim', 512));

export const clip = {
  type: 'clip',
  texts: 'texts',
  classes: {
    /** How well each picture goes with each text, [B,T], and both as vectors of length 1. */
    CLIPModel: (net) => {
      const { op, config } = net;
      const picture = unit(net, pictureEmbedding(net, pictureStates(net.by(config.part('vision_config', VISION)))));
      const text = unit(net, textEmbedding(net, textStates(net.by(config.part('text_config', TEXT)))));
      const likeness = op.MatMul(picture, op.Transpose(text, { perm: [1, 0] }));
      return { logits_per_image: op.Mul(likeness, op.Exp(net.weight('logit_scale', []))), image_embeds: picture, text_embeds: text };
    },
  },
} satisfies Family;

export const clipText = {
  type: 'clip_text_model',
  classes: {
    CLIPTextModel: (net) => {
      const { tokens, pooled } = textStates(net);
      return { last_hidden_state: tokens, pooler_output: pooled };
    },
    CLIPTextModelWithProjection: (net) => {
      const states = textStates(net);
      return { text_embeds: textEmbedding(net, states), last_hidden_state: states.tokens };
    },
  },
} satisfies Family;

export const clipVision = {
  type: 'clip_vision_model',
  classes: {
    CLIPVisionModel: (net) => {
      const { tokens, pooled } = pictureStates(net);
      return { last_hidden_state: tokens, pooler_output: pooled };
    },
    CLIPVisionModelWithProjection: (net) => {
      const states = pictureStates(net);
      return { image_embeds: pictureEmbedding(net, states), last_hidden_state: states.tokens };
    },
  },
} satisfies Family;
