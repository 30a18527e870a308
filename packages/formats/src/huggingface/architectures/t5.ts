import { tensorOf, type Value } from '@vitrine/ir';
import type { Config } from '../config.js';
import {
  encoderOnly,
  repeatedTextClasses,
  seenByDecoder,
  seenByEncoder,
  sharedTable,
  spoken,
  type EncoderDecoder,
} from '../encoderDecoder.js';
import { lastHidden, tokenClasses, type Build, type Family } from '../family.js';
import { activated, linear, norms, positions, vocabulary } from '../layers.js';
import { widthOf, type Net } from '../net.js';
import { layers, type Layer } from '../transformer.js';

/** The bucket of each distance from a query to a key, from -most to most: near ones have their own, far ones share by their logarithm. Raffel et al. 2020, section 2.1. */
export function bucketsOf(count: number, most: number, bothWays: boolean): readonly number[] {
  const side = bothWays ? count / 2 : count;
  const exact = Math.floor(side / 2);
  // In float32 step by step, as the published code does: it decides where buckets begin.
  const { fround: f, log } = Math;
  const ofFar = (far: number): number => exact + Math.trunc(f(f(f(log(f(far / exact))) / f(log(most / exact))) * (side - exact)));
  const ofSize = (size: number): number => (size < exact ? size : Math.min(ofFar(size), side - 1));
  return Array.from({ length: 2 * most + 1 }, (_, i) => {
    const ahead = i - most;
    if (bothWays) return (ahead > 0 ? side : 0) + ofSize(Math.abs(ahead));
    return ofSize(Math.max(-ahead, 0));
  });
}

/** What is added to scores for the distance of query and key: [1,H,S,S], the same in every layer. */
function distanceBias(net: Net, bothWays: boolean): Value {
  const { op, b, config } = net;
  const [count, most] = [config.size('relative_attention_num_buckets', 32), config.size('relative_attention_max_distance', 128)];
  if (count % 2 !== 0 || count >= 2 * most || most > 2 ** 16)
    config.refuse(
      `${count} buckets for distances up to ${most} are not supported: their number must be even, and less than twice the distance`,
    );
  const table = net.weight('block.0.layer.0.SelfAttention.relative_attention_bias.weight', [count, config.size('num_attention_heads')]);
  const buckets = b.initializer(tensorOf('int64', [2 * most + 1], bucketsOf(count, most, bothWays)), 'buckets');
  const apart = op.Sub(op.Unsqueeze(positions(net), b.ints([0])), op.Unsqueeze(positions(net), b.ints([1])));
  const places = op.Gather(buckets, op.Add(op.Clip(apart, -most, most), most));
  return op.Unsqueeze(op.Transpose(op.Gather(table, places), { perm: [2, 0, 1] }), b.ints([0]));
}

const attention = (at: number, name: string): Layer['self'] => ({
  query: `layer.${at}.${name}.q`,
  key: `layer.${at}.${name}.k`,
  value: `layer.${at}.${name}.v`,
  output: `layer.${at}.${name}.o`,
  norm: `layer.${at}.layer_norm`,
});

/** wo(act(wi x)), or wo(act(wi_0 x) ∘ wi_1 x) where the activation is called gated. */
function dense(whole: Net, x: Value, at: number): Value {
  const net = whole.under(`layer.${at}.DenseReluDense.`);
  const inner = net.config.size('intermediate_size');
  const said = net.config.text('feed_forward_proj', 'relu');
  const name = said.replace(/^gated-/, '');
  if (name === said) return linear(net, activated(net, linear(net, x, 'wi', inner), name), 'wo', widthOf(x));
  // Only this one is computed otherwise than its name says.
  const open = activated(net, linear(net, x, 'wi_0', inner), name === 'gelu' ? 'gelu_new' : name);
  return linear(net, net.op.Mul(open, linear(net, x, 'wi_1', inner)), 'wo', widthOf(x));
}

const normal = (net: Net, x: Value, name: string): Value => norms.rms(net, x, name, net.config.number('layer_norm_epsilon', 1e-6));

const encoderLayer: Layer = {
  norms: 'pre',
  norm: normal,
  self: attention(0, 'SelfAttention'),
  dense: { norm: 'layer.1.layer_norm', of: (net, x) => dense(net, x, 1) },
};

const decoderLayer: Layer = {
  ...encoderLayer,
  cross: attention(1, 'EncDecAttention'),
  dense: { norm: 'layer.2.layer_norm', of: (net, x) => dense(net, x, 2) },
};

/** Scores are not scaled. */
const UNSCALED = { scale: 1 };

const layerName = (i: number): string => `block.${i}.`;

const spec: EncoderDecoder = {
  base: 'transformer.',
  table: sharedTable,
  encode: (whole, words) =>
    whole.b.within('encoder/', () => {
      const net = whole.under('encoder.');
      const seen = seenByEncoder({ ...UNSCALED, added: distanceBias(net, true) });
      return normal(net, layers(net, words, encoderLayer, layerName, seen, 'encoder/'), 'final_layer_norm');
    }),
  decode: (whole, words, text) =>
    whole.b.within('decoder/', () => {
      const { config } = whole;
      const own = config.given('num_decoder_layers') === undefined ? config : config.renamed({ num_hidden_layers: 'num_decoder_layers' });
      const net = whole.under('decoder.').by(own);
      const seen = seenByDecoder(text, { ...UNSCALED, added: distanceBias(net, false) }, UNSCALED);
      return normal(net, layers(net, words, decoderLayer, layerName, seen, 'decoder/'), 'final_layer_norm');
    }),
};

/** Scores of the next token [B,T,V]. Older networks, whose head is the table of words, divide states by the root of their width. */
const generation =
  (scales: (config: Config) => boolean): Build =>
  (net) => {
    const { op, config } = net;
    const x = spoken(net, spec);
    const y = scales(config) ? op.Mul(x, config.size('hidden_size') ** -0.5) : x;
    return { logits: vocabulary(net, y, 'lm_head', spec.table(net)) };
  };

const classesOf = (name: string, scales: (config: Config) => boolean): Family['classes'] => ({
  [`${name}Model`]: lastHidden((net) => spoken(net, spec)),
  [`${name}ForConditionalGeneration`]: generation(scales),
  [`${name}EncoderModel`]: lastHidden(encoderOnly(spec)),
  [`${name}ForTokenClassification`]: tokenClasses(encoderOnly(spec)),
  [`${name}ForSequenceClassification`]: repeatedTextClasses(spec),
});

const aliases = {
  hidden_size: 'd_model',
  num_hidden_layers: 'num_layers',
  num_attention_heads: 'num_heads',
  head_dim: 'd_kv',
  intermediate_size: 'd_ff',
};

const scales = (config: Config): boolean => config.flag('scale_decoder_outputs', config.flag('tie_word_embeddings', true));

export const t5 = { type: 't5', aliases, classes: classesOf('T5', scales) } satisfies Family;
export const mt5 = { type: 'mt5', aliases, classes: classesOf('MT5', () => false) } satisfies Family;
