import type { Value } from '@vitrine/ir';
import { attend, split, type Heads, type Scoring } from './attention.js';
import { headWidth } from './config.js';
import { linear } from './layers.js';
import { widthOf, type Net } from './net.js';

/** Names of an attention's tensors, below the layer's own. */
export interface AttentionNames {
  readonly query: string;
  readonly key: string;
  readonly value: string;
  readonly output: string;
  readonly norm: string;
}

/** A layer, by its parts: attention to its own text, in decoders attention to what an encoder read, and the dense part. */
export interface Layer {
  /** Whether a part reads the normalized state, or the sum of state and part is normalized. */
  readonly norms: 'pre' | 'post';
  readonly norm: (net: Net, x: Value, name: string) => Value;
  readonly self: AttentionNames;
  readonly cross?: AttentionNames;
  readonly dense: { readonly norm: string; readonly of: (net: Net, x: Value) => Value };
}

/** How scores become weights, from queries and keys. */
export type Scored = (net: Net, heads: Heads) => Scoring;

/** What attention sees: its own text, and what an encoder read [B,S,E]. */
export interface Seen {
  readonly self: Scored;
  readonly cross?: { readonly memory: Value; readonly scored: Scored };
}

/** What `of` says of the state is added to it. */
function part(net: Net, x: Value, { norms, norm }: Layer, name: string, of: (x: Value) => Value): Value {
  const { op } = net;
  return norms === 'pre' ? op.Add(x, of(norm(net, x, name))) : norm(net, op.Add(x, of(x)), name);
}

/** Attention from x [B,S,D] to `memory` [B,K,E], each head on a part of the width: [B,S,D]. Vaswani et al. 2017, section 3.2. */
export function multiHead(net: Net, x: Value, memory: Value, names: Omit<AttentionNames, 'norm'>, scored: Scored): Value {
  const heads = net.config.size('num_attention_heads');
  const project = (from: Value, name: string): Value => split(net, linear(net, from, name, heads * headWidth(net.config)), heads);
  const parts = { queries: project(x, names.query), keys: project(memory, names.key), values: project(memory, names.value) };
  return linear(net, attend(net, parts, scored(net, parts)), names.output, widthOf(x));
}

/** A layer on the state x [B,S,D]. `scope` is for names of nodes. */
export function layer(net: Net, x: Value, spec: Layer, scope: string, { self, cross }: Seen): Value {
  const { b } = net;
  let y = b.within(`${scope}/attention/`, () => part(net, x, spec, spec.self.norm, (v) => multiHead(net, v, v, spec.self, self)));
  const { cross: names } = spec;
  if (names !== undefined && cross !== undefined)
    y = b.within(`${scope}/cross/`, () => part(net, y, spec, names.norm, (v) => multiHead(net, v, cross.memory, names, cross.scored)));
  return b.within(`${scope}/mlp/`, () => part(net, y, spec, spec.dense.norm, (v) => spec.dense.of(net, v)));
}

/** All layers, one after the other; `prefix` says what the tensors of the i-th start with, `scope` what the names of their nodes do. */
export function layers(net: Net, x: Value, spec: Layer, prefix: (i: number) => string, seen: Seen, scope = ''): Value {
  let y = x;
  for (let i = 0; i < net.config.size('num_hidden_layers'); i++) y = layer(net.under(prefix(i)), y, spec, `${scope}layers.${i}`, seen);
  return y;
}
