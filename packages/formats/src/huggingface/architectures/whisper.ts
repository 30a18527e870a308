import type { Value } from '@vitrine/ir';
import { saidSoFar, seenByDecoder } from '../encoderDecoder.js';
import { lastHidden, type Family } from '../family.js';
import { linear, positions, vocabulary, wordTable } from '../layers.js';
import type { Net } from '../net.js';
import { layers } from '../transformer.js';
import { decoderLayer, encoderLayer, halfOf, layerName, normal } from './bart.js';

/** A convolution along time [B,C,L], then its activation. */
function convolved(net: Net, x: Value, name: string, channels: number, stride: number): Value {
  const { op, config } = net;
  const width = config.size('hidden_size');
  const [weight, bias] = [net.weight(`${name}.weight`, [width, channels, 3]), net.weight(`${name}.bias`, [width])];
  return op.Gelu(op.Conv(x, weight, bias, { kernel_shape: [3], strides: [stride], pads: [1, 1] }));
}

/** The last state [B,S,D] of a sound, an input input_features [B,C,2S]: the energy in C bands of frequency. Radford et al. 2023, section 2.2. */
function heard(whole: Net): Value {
  const net = halfOf(whole, 'encoder');
  const { op, b, config } = net;
  const [width, bands, length] = [config.size('hidden_size'), config.size('num_mel_bins'), config.size('max_source_positions')];
  const x = b.within('encoder/embeddings/', () => {
    const sound = net.input('input_features', { dtype: 'float32', shape: ['batch', bands, 2 * length] });
    const waves = convolved(net, convolved(net, sound, 'conv1', bands, 1), 'conv2', width, 2);
    return op.Add(op.Transpose(waves, { perm: [0, 2, 1] }), net.weight('embed_positions.weight', [length, width]));
  });
  return normal(net, layers(net, x, encoderLayer('pre'), layerName, { self: () => ({}) }, 'encoder/'), 'layer_norm');
}

/** The last state [B,T,D] of what is said of it, and the table of words [V,D]. */
function spoken(whole: Net): { readonly x: Value; readonly table: Value } {
  const net = whole.body('model.');
  const memory = heard(net);
  const said = halfOf(saidSoFar(net), 'decoder');
  const { op, b, config } = said;
  const width = config.size('hidden_size');
  const table = wordTable(said, 'embed_tokens', width);
  const x = b.within('decoder/embeddings/', () => {
    const places = said.weight('embed_positions.weight', [config.size('max_target_positions'), width]);
    return op.Add(op.Gather(table, said.ids), op.Gather(places, positions(said)));
  });
  const y = layers(said, x, decoderLayer('pre'), layerName, seenByDecoder({ memory, allowed: undefined }), 'decoder/');
  return { x: normal(said, y, 'layer_norm'), table };
}

export const whisper = {
  type: 'whisper',
  aliases: { hidden_size: 'd_model', hidden_act: 'activation_function' },
  classes: {
    WhisperModel: lastHidden((net) => spoken(net).x),
    /** Scores of the next token [B,T,V]. */
    WhisperForConditionalGeneration: (net) => {
      const { x, table } = spoken(net);
      return { logits: vocabulary(net, x, 'proj_out', table) };
    },
    WhisperForAudioClassification: (net) => {
      const { op, b, config } = net;
      if (config.flag('use_weighted_layer_sum', false)) config.refuse('a sum over all layers (use_weighted_layer_sum) is not supported');
      const states = linear(net, heard(net), 'projector', config.size('classifier_proj_size', 256));
      return { logits: linear(net, op.ReduceMean(states, b.ints([1]), { keepdims: 0 }), 'classifier') };
    },
  },
} satisfies Family;
