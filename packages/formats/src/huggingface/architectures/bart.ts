import { tensorOf, type Value } from '@vitrine/ir';
import {
  repeated,
  repeatedTextClasses,
  seenByDecoder,
  seenByEncoder,
  sharedTable,
  spoken,
  type EncoderDecoder,
} from '../encoderDecoder.js';
import { answerSpans, lastHidden, type Build, type Family } from '../family.js';
import { mlp, norms, positions, vocabulary } from '../layers.js';
import type { Net } from '../net.js';
import { layers, type AttentionNames, type Layer, type Seen } from '../transformer.js';

/** Epsilon of PyTorch's layer normalization where nothing else is said. */
const EPSILON = 1e-5;

export const normal = (net: Net, x: Value, name: string): Value => norms.layer(net, x, name, EPSILON);

const attention = (name: string): AttentionNames => ({
  query: `${name}.q_proj`,
  key: `${name}.k_proj`,
  value: `${name}.v_proj`,
  output: `${name}.out_proj`,
  norm: `${name}_layer_norm`,
});

/** A layer of BART's encoder and of those after it. */
export const encoderLayer = (normed: Layer['norms']): Layer => ({
  norms: normed,
  norm: normal,
  self: attention('self_attn'),
  dense: { norm: 'final_layer_norm', of: (net, x) => mlp(net, x, { up: 'fc1', down: 'fc2' }) },
});

/** The same of its decoder. */
export const decoderLayer = (normed: Layer['norms']): Layer => ({ ...encoderLayer(normed), cross: attention('encoder_attn') });

/** The network of one half, `encoder` or `decoder`, by what config.json says of it. */
export const halfOf = ({ config, under }: Net, half: 'encoder' | 'decoder'): Net =>
  under(`${half}.`).by(
    config.renamed({
      num_hidden_layers: `${half}_layers`,
      num_attention_heads: `${half}_attention_heads`,
      intermediate_size: `${half}_ffn_dim`,
    }),
  );

export const layerName = (i: number): string => `layers.${i}.`;

/** What differs between BART and its kin. */
interface Variant {
  readonly norms: Layer['norms'];
  /** Whether the sum of words and places is normalized. */
  readonly normedWords: boolean;
  /** Whether the last state is. */
  readonly normedLast: boolean;
  readonly places: (net: Net, width: number) => Value;
}

/** A learned table of places, the first two of which stand for none. */
const learned: Variant['places'] = (net, width) => {
  const table = net.weight('embed_positions.weight', [net.config.size('max_position_embeddings') + 2, width]);
  return net.op.Gather(table, net.op.Add(positions(net), 2));
};

/** Sines, then cosines, of places [S,D], stored or not. Vaswani et al. 2017, section 3.5. */
const sinusoidal: Variant['places'] = (net, width) => {
  const { op, b, config } = net;
  const count = config.size('max_position_embeddings');
  const stored = 'embed_positions.weight';
  if (net.has(stored)) return op.Gather(net.weight(stored, [count, width]), positions(net));
  if (count * width > 2 ** 28) config.refuse(`${count} places of width ${width} are too many`);
  const half = Math.ceil(width / 2);
  const angle = (place: number, pair: number): number => place / 10000 ** ((2 * pair) / width);
  const values = Array.from({ length: count * width }, (_, i) => {
    const [place, column] = [Math.floor(i / width), i % width];
    return column < half ? Math.sin(angle(place, column)) : Math.cos(angle(place, column - half));
  });
  return op.Gather(b.initializer(tensorOf('float32', [count, width], values), 'places'), positions(net));
};

function half(whole: Net, words: Value, variant: Variant, name: 'encoder' | 'decoder', seen: Seen): Value {
  const net = halfOf(whole, name);
  const { op, b, config } = net;
  const width = config.size('hidden_size');
  return b.within(`${name}/`, () => {
    const x = b.within(`${name}/embeddings/`, () => {
      const scaled = config.flag('scale_embedding', false) ? op.Mul(words, Math.sqrt(width)) : words;
      const placed = op.Add(scaled, variant.places(net, width));
      return variant.normedWords ? normal(net, placed, 'layernorm_embedding') : placed;
    });
    const spec = name === 'encoder' ? encoderLayer(variant.norms) : decoderLayer(variant.norms);
    const y = layers(net, x, spec, layerName, seen, `${name}/`);
    return variant.normedLast ? normal(net, y, 'layer_norm') : y;
  });
}

const specOf = (variant: Variant): EncoderDecoder => ({
  base: 'model.',
  table: (net) => {
    if (!net.config.flag('share_encoder_decoder_embeddings', true))
      net.config.refuse('two vocabularies (share_encoder_decoder_embeddings: false) are not supported');
    return sharedTable(net);
  },
  encode: (net, words) => half(net, words, variant, 'encoder', seenByEncoder()),
  decode: (net, words, text) => half(net, words, variant, 'decoder', seenByDecoder(text)),
});

/** Scores of the next token [B,T,V]. */
const generation =
  (spec: EncoderDecoder): Build =>
  (net) => {
    const y = vocabulary(net, spoken(net, spec), 'lm_head', spec.table(net.body(spec.base)));
    const bias = 'final_logits_bias';
    return { logits: net.has(bias) ? net.op.Add(y, net.weight(bias, [1, net.config.size('vocab_size')])) : y };
  };

const aliases = { hidden_size: 'd_model', hidden_act: 'activation_function' };

const bartVariant: Variant = { norms: 'post', normedWords: true, normedLast: false, places: learned };
const bartSpec = specOf(bartVariant);
const mbartSpec = specOf({ ...bartVariant, norms: 'pre', normedLast: true });
const marianSpec = specOf({ ...bartVariant, normedWords: false, places: sinusoidal });
const pegasusSpec = specOf({ norms: 'pre', normedWords: false, normedLast: true, places: sinusoidal });

const both = (name: string, spec: EncoderDecoder, head = `${name}ForConditionalGeneration`): Family['classes'] => ({
  [`${name}Model`]: lastHidden((net) => spoken(net, spec)),
  [head]: generation(spec),
});

export const bart = {
  type: 'bart',
  aliases,
  classes: {
    ...both('Bart', bartSpec),
    BartForSequenceClassification: repeatedTextClasses(bartSpec),
    BartForQuestionAnswering: answerSpans(repeated(bartSpec)),
  },
} satisfies Family;
export const mbart = { type: 'mbart', aliases, classes: both('MBart', mbartSpec) } satisfies Family;
export const marian = { type: 'marian', aliases, classes: both('Marian', marianSpec, 'MarianMTModel') } satisfies Family;
export const pegasus = { type: 'pegasus', aliases, classes: both('Pegasus', pegasusSpec) } satisfies Family;
