import type { Value } from '@vitrine/ir';
import { attend, padding, split, type Heads, type Scoring } from './attention.js';
import { headWidth } from './config.js';
import { linear, mlp, norms, positions, wordTable } from './layers.js';
import { widthOf, type Net } from './net.js';

/** Names of an encoder layer's tensors, below the layer's own. */
export interface LayerNames {
  readonly query: string;
  readonly key: string;
  readonly value: string;
  readonly output: string;
  readonly attentionNorm: string;
  readonly up: string;
  readonly down: string;
  readonly outputNorm: string;
}

export const epsilonOf = (net: Net): number => net.config.number('layer_norm_eps', 1e-12);

/** Sum of the embeddings of words, segments and places, normalized: [B,S,E]. Places are 0, 1, … where they are not given, and null where the model has none. */
export function embeddings(
  net: Net,
  width: number,
  { types = true, places }: { readonly types?: boolean; readonly places?: Value | null } = {},
): Value {
  const { op, config } = net;
  return net.b.within('embeddings/', () => {
    let x = op.Gather(wordTable(net, 'embeddings.word_embeddings', width), net.ids);
    if (types)
      x = op.Add(x, op.Gather(net.weight('embeddings.token_type_embeddings.weight', [config.size('type_vocab_size'), width]), net.types()));
    if (places !== null) {
      const table = net.weight('embeddings.position_embeddings.weight', [config.size('max_position_embeddings'), width]);
      x = op.Add(x, op.Gather(table, places ?? positions(net)));
    }
    return norms.layer(net, x, 'embeddings.LayerNorm', epsilonOf(net));
  });
}

/** What a model does to scores beside scaling them, from queries and keys. */
export type Rescored = (net: Net, heads: Heads) => Omit<Scoring, 'allowed'>;

const scaledOnly: Rescored = () => ({});

/** A layer of the transformer as first published: attention, then the dense part, each normalized after its sum. x: [B,S,D]. Vaswani et al. 2017, section 3.1. */
export function encoderLayer(net: Net, x: Value, names: LayerNames, scope: string, rescored = scaledOnly): Value {
  const { op, config } = net;
  const [heads, width] = [config.size('num_attention_heads'), config.size('hidden_size')];
  headWidth(config);
  const part = (name: string): Value => split(net, linear(net, x, name, width), heads);
  const after = (y: Value, name: string): Value => norms.layer(net, y, name, epsilonOf(net));
  const attended = net.b.within(`${scope}/attention/`, () => {
    const parts = { queries: part(names.query), keys: part(names.key), values: part(names.value) };
    const mixed = attend(net, parts, { allowed: padding(net), ...rescored(net, parts) });
    return after(op.Add(x, linear(net, mixed, names.output, widthOf(x))), names.attentionNorm);
  });
  return net.b.within(`${scope}/mlp/`, () => after(op.Add(attended, mlp(net, attended, names)), names.outputNorm));
}

/** All layers, one after the other; `prefix` says what the tensors of the i-th start with. */
export function encoderLayers(net: Net, x: Value, prefix: (i: number) => string, names: LayerNames, rescored?: Rescored): Value {
  let y = x;
  for (let i = 0; i < net.config.size('num_hidden_layers'); i++) y = encoderLayer(net.under(prefix(i)), y, names, `layers.${i}`, rescored);
  return y;
}
