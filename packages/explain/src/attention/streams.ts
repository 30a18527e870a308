import { producers, uses, type Graph, type Value } from '@vitrine/ir';
import type { Sized } from './attend.js';

/** The streams of tokens that a layer looks from and at. */
export interface Streams {
  readonly queries: number;
  readonly keys: number;
}

/**
 * Streams of tokens, told apart by how many they have where cross-attention joins different numbers, else as an encoder, which a
 * cross-attention looks at, and a decoder. Without cross-attention those that never meet in attention, as the texts and pictures of CLIP.
 */
export function streamsOf(graph: Graph, layers: readonly Sized[]): readonly Streams[] {
  const crossing = layers.filter(({ kind, queries, keys }) => kind === 'cross' || queries !== keys);
  if (crossing.length === 0) return apart(graph, layers);
  if (crossing.every(({ queries, keys }) => queries !== keys)) {
    const counts = [...new Set(layers.flatMap(({ queries, keys }) => [queries, keys]))];
    return layers.map(({ queries, keys }) => ({ queries: counts.indexOf(queries), keys: counts.indexOf(keys) }));
  }
  const seen = ancestors(
    graph,
    crossing.map(({ from }) => from.keys),
  );
  return layers.map(({ weights, kind }) => {
    const own = seen.has(weights) ? 0 : 1;
    return kind === 'cross' ? { queries: 1, keys: 0 } : { queries: own, keys: own };
  });
}

/** A stream for each layer that none before leads to. */
function apart(graph: Graph, layers: readonly Sized[]): readonly Streams[] {
  const found: number[] = [];
  for (const { weights } of layers) {
    const seen = ancestors(graph, [weights]);
    const before = layers.slice(0, found.length).findLastIndex((layer) => seen.has(layer.weights));
    found.push(before < 0 ? new Set(found).size : found[before]!);
  }
  return found.map((stream) => ({ queries: stream, keys: stream }));
}

/** Everything that these values are made from. */
export function ancestors(graph: Graph, values: readonly Value[]): ReadonlySet<Value> {
  const producer = producers(graph);
  const found = new Set<Value>(values);
  for (const v of found) for (const input of producer.has(v) ? uses(producer.get(v)!) : []) found.add(input);
  return found;
}
