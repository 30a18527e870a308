import type { Value } from '@vitrine/ir';
import { attend, causal, split, type Heads } from './attention.js';
import { headWidth, type Config } from './config.js';
import { lastHidden, lastMarked, textClasses, type Build } from './family.js';
import { gatedMlp, linear, norms, positions, vocabulary, wordTable, type Norm } from './layers.js';
import { widthOf, type Net, type Outputs } from './net.js';
import { rotated, rotation, type Rotation } from './rotary.js';

/** A decoder, by its parts: what differs between Llama, GPT-2 and their kin. Names of tensors are below `base`, those of a layer below `layer`. */
export interface Decoder {
  readonly base: string;
  readonly words: string;
  /** Learned positions; without them positions are in the rotation. */
  readonly places?: string;
  /** What the looked up words are multiplied by. */
  readonly scaled?: (config: Config) => number;
  /** The layers' common name: `layers` for `layers.0.…`. */
  readonly layers: string;
  readonly norm: Norm;
  /** Where config.json has the norms' epsilon, and what holds without it. */
  readonly epsilon: readonly [key: string, otherwise: number];
  /** The norm before attention, that before the dense part, and the last. Without `dense`, one norm serves both parts. */
  readonly norms: { readonly attention: string; readonly dense?: string; readonly last: string };
  /** The share of a head that is rotated; 0 without rotation. */
  readonly rotation: number;
  readonly heads: (net: Net, x: Value) => Heads;
  readonly output: (net: Net, x: Value, width: number) => Value;
  readonly dense: (net: Net, x: Value) => Value;
  /** How many of the nearest keys the i-th layer sees; all of them where undefined. */
  readonly window?: (config: Config, i: number) => number | undefined;
  /** Whether attention and dense part read the same state, and their sum is added to it. */
  readonly parallel?: (config: Config) => boolean;
  readonly head: string;
}

/** The state of each text's last token [B,D]. x: [B,S,D] */
function lastToken(net: Net, x: Value): Value {
  const { op, b, mask } = net;
  return mask === undefined ? op.Gather(x, b.scalar(-1, 'int64'), { axis: 1 }) : lastMarked(net, x, mask);
}

/** The classes of a decoder: its body, the one that scores the next token, and the one that scores a text. */
export const decoderClasses = (name: string, spec: Decoder, head = `${name}ForCausalLM`): { readonly [className: string]: Build } => ({
  [`${name}Model`]: lastHidden((net) => body(net, spec).x),
  [head]: (net): Outputs => {
    const { x, table } = body(net, spec);
    return { logits: vocabulary(net, x, spec.head, table) };
  },
  [`${name}ForSequenceClassification`]: textClasses((net) => body(net, spec).x, lastToken, 'score'),
});

function body(whole: Net, spec: Decoder): { readonly x: Value; readonly table: Value } {
  const net = whole.body(spec.base);
  const { op, b, config } = net;
  const width = config.size('hidden_size');
  const table = wordTable(net, spec.words, width);
  let x = b.within('embeddings/', () => {
    const words = op.Gather(table, net.ids);
    const scaled = spec.scaled ? op.Mul(words, spec.scaled(config)) : words;
    if (spec.places === undefined) return scaled;
    return op.Add(scaled, op.Gather(net.weight(`${spec.places}.weight`, [config.size('max_position_embeddings'), width]), positions(net)));
  });
  const turns = spec.rotation === 0 ? undefined : b.within('rotation/', () => rotation(net, spec.rotation));
  for (let i = 0; i < config.size('num_hidden_layers'); i++) x = layer(net.under(`${spec.layers}.${i}.`), x, spec, i, turns);
  return { x: norms[spec.norm](net, x, spec.norms.last, config.number(...spec.epsilon)), table };
}

/** One layer: parts read the normalized state, and are added to the state. */
function layer(net: Net, x: Value, spec: Decoder, i: number, turns: Rotation | undefined): Value {
  const { op, b, config } = net;
  const normal = (v: Value, name: string): Value => norms[spec.norm](net, v, name, config.number(...spec.epsilon));
  const turned = (v: Value): Value => (turns === undefined ? v : rotated(net, v, turns));
  const read = b.within(`layers.${i}/attention/`, () => normal(x, spec.norms.attention));
  const attended = b.within(`layers.${i}/attention/`, () => {
    const { queries, keys, values } = spec.heads(net, read);
    const seen = { keys: turned(keys), values };
    const all = net.past?.extended(i, seen) ?? seen;
    const mixed = attend(net, { queries: turned(queries), ...all }, { allowed: causal(net, spec.window?.(config, i)) });
    return spec.output(net, mixed, widthOf(x));
  });
  return b.within(`layers.${i}/mlp/`, () => {
    const between = spec.parallel?.(config) ? x : op.Add(x, attended);
    const dense = spec.dense(net, spec.norms.dense === undefined ? read : normal(between, spec.norms.dense));
    return spec.parallel?.(config) ? op.Add(op.Add(attended, dense), x) : op.Add(between, dense);
  });
}

/** How heads are normalized: each by itself, as Qwen3's are, or all at once, as OLMoE's are. */
interface HeadNorm {
  readonly norm: Norm;
  readonly epsilon: readonly [key: string, otherwise: number];
  readonly over: 'head' | 'all';
}

/** Queries, keys and values by a product each; queries and keys may be normalized. */
export const separateHeads =
  (base = 'self_attn.', normal?: HeadNorm) =>
  (net: Net, x: Value): Heads => {
    const { config } = net;
    const heads = config.size('num_attention_heads');
    const own = config.size('num_key_value_heads', heads);
    if (heads % own !== 0) config.refuse(`${heads} heads of queries cannot share ${own} heads of keys`);
    const even = (v: Value, name: string, over: HeadNorm['over']): Value =>
      normal?.over === over ? norms[normal.norm](net, v, `${base}${name}_norm`, config.number(...normal.epsilon)) : v;
    const part = (name: string, count: number): Value => linear(net, x, `${base}${name}_proj`, count * headWidth(config));
    const normed = (name: string, count: number): Value => even(split(net, even(part(name, count), name, 'all'), count), name, 'head');
    return { queries: normed('q', heads), keys: normed('k', own), values: split(net, part('v', own), own) };
  };

/** Windows by what config.json says of each layer, or of all. */
export const windows = {
  /** All layers, where `sliding_window` is given. */
  all: (config: Config): number | undefined => (config.given('sliding_window') === undefined ? undefined : config.size('sliding_window')),
  /** The layers that `layer_types` calls sliding; before there was such a list, those from `max_window_layers` on. */
  some(config: Config, i: number): number | undefined {
    const types = config.given('layer_types');
    if (!config.flag('use_sliding_window', false) || windows.all(config) === undefined) return undefined;
    const slides = Array.isArray(types) ? types[i] === 'sliding_attention' : i >= config.number('max_window_layers', 28);
    return slides ? windows.all(config) : undefined;
  },
};

/** The parts that Llama shares with most that came after it. */
export const llamaLike = {
  base: 'model.',
  words: 'embed_tokens',
  layers: 'layers',
  norm: 'rms',
  epsilon: ['rms_norm_eps', 1e-6],
  norms: { attention: 'input_layernorm', dense: 'post_attention_layernorm', last: 'norm' },
  rotation: 1,
  heads: separateHeads(),
  output: (net, x, width) => linear(net, x, 'self_attn.o_proj', width),
  dense: (net, x) => gatedMlp(net, x, { gate: 'mlp.gate_proj', up: 'mlp.up_proj', down: 'mlp.down_proj' }),
  head: 'lm_head',
} as const satisfies Decoder;
