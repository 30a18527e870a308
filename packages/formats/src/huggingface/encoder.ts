import type { Value } from '@vitrine/ir';
import { padding, type Heads, type Scoring } from './attention.js';
import { mlp, norms, positions, wordTable } from './layers.js';
import type { Net } from './net.js';
import { layer, layers, type Layer, type Seen } from './transformer.js';

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

/** The transformer as first published: each part is normalized after its sum. Vaswani et al. 2017, section 3.1. */
const published = (names: LayerNames): Layer => ({
  norms: 'post',
  norm: (net, x, name) => norms.layer(net, x, name, epsilonOf(net)),
  self: { ...names, norm: names.attentionNorm },
  dense: { norm: names.outputNorm, of: (net, x) => mlp(net, x, names) },
});

const seenBy = (rescored: Rescored = () => ({})): Seen => ({
  self: (net, heads) => ({ allowed: padding(net), ...rescored(net, heads) }),
});

/** One layer. x: [B,S,D] */
export const encoderLayer = (net: Net, x: Value, names: LayerNames, scope: string): Value =>
  layer(net, x, published(names), scope, seenBy());

/** All layers, one after the other; `prefix` says what the tensors of the i-th start with. */
export const encoderLayers = (net: Net, x: Value, prefix: (i: number) => string, names: LayerNames, rescored?: Rescored): Value =>
  layers(net, x, published(names), prefix, seenBy(rescored));
